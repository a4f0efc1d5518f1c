"""What can be wrong with the samples.

UsageError
├── SampleFileError   a file of seeds/samples is not a sample feed
└── PortTakenError    another program listens where the feeds are to be served
"""

from __future__ import annotations

from pathlib import Path

from services.runtime.errors import UsageError


class SampleFileError(UsageError):
    """A file does not hold a feed; the sentence names it and the place in it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a sample feed: {why}. See seeds/samples/README.md.")


class PortTakenError(UsageError):
    """The address is in use."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"The sample feeds cannot be served at {host}:{port} ({why}): "
            f"stop what listens there, or set WIREWATCH_SAMPLES_PORT to another port."
        )
