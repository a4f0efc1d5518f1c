"""What handlers need of the world, as protocols. Edges implement them; tests use hand-written fakes."""

from collections.abc import Sequence
from typing import Protocol

from services.runtime.messages.delivery import Delivery, Outgoing


class Publisher(Protocol):
    """Sends messages to Kafka."""

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Send all and return once the broker has acknowledged every one; the order within a key is kept.

        Waits for as long as the broker is away. Returns the messages that the broker refused for good (too large);
        an empty sequence means that all of them are safe.
        """


class StreamHandler(Protocol):
    """A stream service, seen from its Faust agent."""

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        """Process a batch and return one status per delivery, in order. Never raises for what a message holds."""
