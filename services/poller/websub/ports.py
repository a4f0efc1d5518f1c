"""What subscriptions need of the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.poller.core.model import Fetched
from services.poller.ports import Push
from services.poller.websub.protocol import Subscription


class PushStore(Protocol):
    """Subscriptions to hubs, and what the hubs pushed. Waits while its server is away."""

    async def subscription(self, feed_id: str) -> Subscription | None:
        """The feed's subscription."""

    async def replace(self, feed_id: str, before: Subscription | None, after: Subscription) -> bool:
        """Store ``after`` unless somebody has changed ``before`` meanwhile; False then."""

    async def forget(self, feed_id: str) -> None:
        """Remove the subscription: its callback is unknown from now on."""

    async def subscribed(self) -> Sequence[str]:
        """All feeds that have a subscription."""

    async def feed_of(self, token: str) -> str | None:
        """Whose callback has this token."""

    async def due_subscriptions(self, now: datetime, limit: int) -> Sequence[str]:
        """Feeds whose subscription somebody has to act on; this process has a minute for it."""

    async def later(self, feed_id: str, until: datetime) -> None:
        """Act on the subscription at ``until``, without a change to it."""

    async def enqueue(self, feed_id: str, push: Push) -> bool:
        """Keep a push and make its feed due now. False where too much waits already."""


class HubClient(Protocol):
    """Asks hubs; never raises for what the world answers."""

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        """Send a form."""
