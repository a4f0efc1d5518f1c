"""What the archive refuses.

UsageError
└── ArchiveFileError    the file cannot be used: missing, damaged, of a newer version, in use by another writer
WirewatchError
└── SearchError         a search that cannot be answered as it stands; the sentence says where and what to give

A file that cannot be used now (its disk is full, somebody holds it) is a TransientError.
"""

from services.runtime.errors import UsageError, WirewatchError


class ArchiveFileError(UsageError):
    """The file cannot be used; the sentence names it and says what to do."""


class SearchError(WirewatchError):
    """A search cannot be answered. ``position`` is the character of the query, from 1, where it is known."""

    def __init__(self, sentence: str, position: int | None = None) -> None:
        super().__init__(sentence if position is None else f"Character {position}: {sentence}")
        self.position = position
