"""A publisher that keeps what it is given."""

from __future__ import annotations

from collections.abc import Sequence

from services.runtime.messages.delivery import Delivery, Outgoing


class FakePublisher:
    """Keeps messages in order; refuses values over ``max_bytes`` as the broker would."""

    def __init__(self, max_bytes: int = 1_000_000) -> None:
        self.sent: list[Outgoing] = []
        self.max_bytes = max_bytes

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        refused = [m for m in messages if len(m.value) > self.max_bytes]
        self.sent += [m for m in messages if len(m.value) <= self.max_bytes]
        return refused

    def on(self, topic: str) -> list[Outgoing]:
        """What was sent to one topic."""
        return [m for m in self.sent if m.topic == topic]


def deliver(messages: Sequence[Outgoing], *, partition: int = 0, first_offset: int = 0) -> list[Delivery]:
    """Messages as the next service receives them."""
    return [
        Delivery(
            topic=m.topic, partition=partition, offset=first_offset + n, key=m.key, value=m.value, headers=m.headers
        )
        for n, m in enumerate(messages)
    ]
