"""What the handler needs of the world. ``edges`` implements it on Redis, ``tests/support/alerts.py`` in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alert_store.records import Record, Write
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember


@dataclass(frozen=True, slots=True)
class StoryKey:
    """Where a story's members are: the deduper's bucket (from the language) and the story."""

    bucket: str
    story_id: str


class AlertStore(Protocol):
    """See :class:`services.alert_store.redis.AlertRecords`. Every method waits for as long as the store is away."""

    async def load(self, keys: Sequence[str]) -> Sequence[Record]:
        """Each record, ``ABSENT`` where there is none."""

    async def write(self, writes: Sequence[Write]) -> Sequence[bool]:
        """Each write, in order, atomically by itself. False where a record was no longer as it was read."""

    async def acknowledge(self, alerts: Sequence[Alert]) -> None:
        """Kafka has these revisions: note it, and leave the outbox what has a later one."""

    async def unpublished(self, *, older_than_seconds: float, limit: int) -> Sequence[Alert]:
        """Latest revisions that have waited in the outbox for that long, the longest waiting first."""

    async def outbox_size(self) -> int:
        """How many alerts wait in the outbox."""

    async def purge_expired(self, limit: int) -> int:
        """Remove up to ``limit`` alerts whose retention is over, from everywhere; how many there were."""


class StoryReader(Protocol):
    """The deduper's stories."""

    async def members(self, keys: Sequence[StoryKey]) -> Sequence[Sequence[StoryMember]]:
        """The members of each story, none where it is no longer kept."""
