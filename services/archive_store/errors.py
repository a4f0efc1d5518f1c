"""What the archive refuses.

UsageError
├── ArchiveFileError    the file cannot be used: missing, damaged, of a newer version, in use by another writer
WirewatchError
├── SearchError         a search that cannot be answered as it stands; the sentence says where and what to give
TransientError
└── ArchiveFullError    the disk takes no more for now
"""

from services.runtime.errors import TransientError, UsageError, WirewatchError


class ArchiveFileError(UsageError):
    """The file cannot be used; the sentence names it and says what to do."""


class SearchError(WirewatchError):
    """A search cannot be answered. ``position`` is the character of the query, from 1, where it is known."""

    def __init__(self, sentence: str, position: int | None = None) -> None:
        super().__init__(sentence if position is None else f"Character {position}: {sentence}")
        self.position = position


class ArchiveFullError(TransientError):
    """The disk takes no more for now."""
