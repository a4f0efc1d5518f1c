"""What the handler needs of the world. ``edges`` implements it on Redis, ``tests/support/alerts.py`` in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerter.core.alert import NOTHING_KNOWN, Known
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A story as the store holds it. ``token`` names this state of it and is asked for when writing.

    ``published`` is the last revision that Kafka has acknowledged. ``indexed`` are the index keys that list it.
    """

    token: str = ""
    known: Known = NOTHING_KNOWN
    alert: Alert | None = None
    published: int = 0
    indexed: tuple[str, ...] = ()


NOTHING = Stored()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The new state of a story. It replaces ``before`` or, if that is no longer what is stored, nothing.

    With ``publish`` the alert enters the outbox and the followers' stream in the same step.
    """

    story_id: str
    before: Stored
    known: Known
    alert: Alert | None
    publish: bool


@dataclass(frozen=True, slots=True)
class StoryKey:
    """Where a story's members are: the deduper's bucket (from the language) and the story."""

    bucket: str
    story_id: str


class AlertStore(Protocol):
    """Alerts and dossiers, by story. Every method waits for as long as the store is away."""

    async def load(self, story_ids: Sequence[str]) -> Sequence[Stored]:
        """The stored state of each story, :data:`NOTHING` where there is none."""
        ...

    async def put(self, writes: Sequence[Write]) -> Sequence[bool]:
        """Write each, atomically by itself. False where another writer was first: load again and decide again."""
        ...

    async def published(self, alerts: Sequence[Alert]) -> None:
        """Kafka has these revisions: tick them off, and leave the outbox what has a later revision."""
        ...

    async def unpublished(self, *, older_than_seconds: float, limit: int) -> Sequence[Alert]:
        """Latest revisions that have waited in the outbox for that long, the longest waiting first."""
        ...

    async def outbox_size(self) -> int:
        """How many alerts wait in the outbox."""
        ...

    async def tidy(self, limit: int) -> int:
        """Remove up to ``limit`` alerts whose retention is over, from everywhere; how many there were."""
        ...


class StoryReader(Protocol):
    """The deduper's stories."""

    async def members(self, keys: Sequence[StoryKey]) -> Sequence[Sequence[StoryMember]]:
        """The members of each story, none where it is no longer kept."""
        ...
