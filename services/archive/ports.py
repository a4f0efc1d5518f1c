"""What the archive needs of the world."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.archive.core.rows import ArticleRow, RevisionRow
from services.runtime.messages.delivery import Delivery

Row = ArticleRow | RevisionRow
Positions = Mapping[tuple[str, int], int]
"""(topic, partition) to the next offset."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What retention has dropped: how many of ``what`` (articles, alerts), and why (age, size)."""

    what: str
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file holds, and when its oldest article was first seen."""

    used_bytes: int
    oldest: datetime | None


class ArchiveFile(Protocol):
    """The file. Waits while its disk is full; raises ``ArchiveFileError`` where a person has to do something."""

    async def add(self, rows: Sequence[Row], positions: Positions) -> Sequence[bool]:
        """Write all of it and how far the topics are read, in one step; whether each row is new."""

    async def positions(self) -> Positions:
        """How far the topics are read."""

    async def drop(self, *, before: datetime, most_bytes: int) -> Sequence[Dropped]:
        """Drop what is older than ``before``, then the oldest until the file holds no more than ``most_bytes``."""

    async def state(self) -> FileState:
        """How the file stands."""


class Log(Protocol):
    """The topics as Kafka has them. Raises ``TransientError`` while it is away."""

    async def committed(self) -> Positions:
        """What the consumer group has committed, wherever the file is that holds it."""

    def read(self, topic: str, begin: Mapping[int, int]) -> AsyncIterator[Sequence[Delivery]]:
        """What lies there now, from these offsets on; a partition that is not named is read from its beginning."""
