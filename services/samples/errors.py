"""What can be wrong with the samples.

UsageError
└── SampleFileError   a file of seeds/samples is not a sample feed
"""

from pathlib import Path

from services.runtime.errors import UsageError


class SampleFileError(UsageError):
    """A file does not hold a feed; the sentence names it and the place in it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a sample feed: {why.rstrip('.')}. See seeds/samples/README.md.")
