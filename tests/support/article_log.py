"""What the deduper has sent, as the log that it rebuilds its index from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from services.contracts import topics
from services.runtime.messages.delivery import Delivery, Outgoing
from tests.support.publisher import deliver


class SentLog:
    """See :class:`services.deduper.ports.ArticleLog`: the messages of a fake publisher, ``at_once`` of them a batch.

    ``between`` is called before each batch, with its number.
    """

    def __init__(
        self, sent: Sequence[Outgoing], at_once: int = 3, between: Callable[[int], None] = lambda _: None
    ) -> None:
        self.sent = [message for message in sent if message.topic in (topics.UNIQUE, topics.DUPLICATES)]
        self._at_once = at_once
        self._between = between

    async def read(self, since: datetime) -> AsyncIterator[tuple[Sequence[Delivery], float]]:
        for first in range(0, len(self.sent), self._at_once):
            self._between(first // self._at_once)
            batch = deliver(self.sent[first : first + self._at_once])
            yield batch, min(1.0, (first + len(batch)) / len(self.sent))
