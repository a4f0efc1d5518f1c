"""The ``alerts`` topic as a reader of the command line sees it: what is retained, then what comes. No group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Self

from services.contracts import codec, topics
from services.contracts.messages import Alert
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import LogReader
from services.runtime.messages.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Record:
    """One revision, decoded and as it was sent."""

    alert: Alert
    value: bytes

    @property
    def line(self) -> str:
        """The message as one line, with its end."""
        return self.value.decode("utf-8", "replace") + "\n"


class AlertLog:
    """The topic, from its beginning. Use it as an async context manager."""

    def __init__(self, kafka: KafkaAccess, *, topic: str = topics.ALERTS) -> None:
        self._reader = LogReader(kafka, topic)

    async def __aenter__(self) -> Self:
        """Connect. Raises :class:`UsageError` where no broker answers or the topic is not there."""
        await self._reader.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._reader.__aexit__(*error)

    async def retained(self) -> Sequence[Record]:
        """What the topic holds now."""
        return [found async for batch in self._reader.retained() for each in batch if (found := _record(each))]

    async def coming(self) -> AsyncIterator[Record]:
        """What comes from where :meth:`retained` ended, for ever."""
        async for delivery in self._reader.coming():
            if found := _record(delivery):
                yield found


def _record(delivery: Delivery) -> Record | None:
    try:
        return Record(codec.decode(delivery.value, Alert), delivery.value or b"")
    except codec.UndecodableError:
        return None  # not ours: anyone may write to a topic, and a reader must not die of it
