"""What the notifier needs of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from services.notifier.core.deliveries import Notification, TestRequest
from services.notifier.core.schedule import ReleaseTime
from services.notifier.core.watches import Route

EnqueueResult = Literal["known", "queued", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnqueueRequest:
    """A delivery to be queued if it is not known. ``per_hour`` limits its watch; what is over is held."""

    notification: Notification
    release: ReleaseTime
    per_hour: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notification that this process may send now, and how often that was tried."""

    notification: Notification
    attempts: int


@dataclass(frozen=True, slots=True, order=True)
class Batch:
    """Where deliveries are collected for one digest."""

    watch_id: str
    channel_id: str


class Outbox(Protocol):
    """What waits to be delivered. Each method is atomic and safe to repeat; it waits while the store is away."""

    async def enqueue(self, requests: Sequence[EnqueueRequest], *, now: datetime) -> Sequence[EnqueueResult]:
        """Queue what matched one revision of an alert, in one step. What was queued before is ``known``."""

    async def take_tests(self) -> Sequence[TestRequest]:
        """The tests that persons asked for; each is handed out once."""

    async def channels(self) -> Sequence[str]:
        """Ids of channels for which something may wait."""

    async def claim(self, channel_id: str, *, now: datetime, lease_seconds: float) -> Claimed | None:
        """The notification that has been due longest, or None. Nobody else is given it until the lease has ended."""

    async def sent(self, notification: Notification, *, now: datetime) -> bool:
        """The other side has it. False where that was noted before."""

    async def retry(self, notification: Notification, *, at: datetime, error: str) -> None:
        """Try it again at ``at``."""

    async def dead(self, notification: Notification, *, now: datetime, error: str) -> bool:
        """Give it up and list it as dead. False where it was sent or given up before."""

    async def due_batches(self, *, now: datetime) -> Sequence[Batch]:
        """The batches whose digest is due."""

    async def collected(self, batch: Batch, *, limit: int) -> Sequence[Notification]:
        """What a batch holds, in order of arrival."""

    async def close_batch(self, batch: Batch, digest: Notification | None, *, now: datetime) -> bool:
        """Take the digest's members out of the batch and queue the digest instead, due now, in one step.

        Without a digest an empty batch is forgotten. False where the batch no longer holds all of them.
        """

    async def postpone(self, batch: Batch, *, at: datetime) -> None:
        """Look at the batch again at ``at``."""

    async def sizes(self) -> tuple[int, int]:
        """How many notifications are queued, and how many deliveries are held."""


class Sender(Protocol):
    """A way to deliver through channels of one kind."""

    async def send(self, notification: Notification, route: Route) -> None:
        """Returns once the other side has said that it has it. Raises :class:`SendError`."""
