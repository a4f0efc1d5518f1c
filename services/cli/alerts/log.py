"""The ``alerts`` topic as a reader of the command line sees it: what is retained, then what comes. No group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.contracts import codec, topics
from services.contracts.messages import Alert
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess

_POLL_MS = 500


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
        self._kafka = kafka
        self._topic = topic
        self._consumer: Any = None
        self._partitions: list[TopicPartition] = []

    async def __aenter__(self) -> Self:
        """Connect. Raises :class:`UsageError` where no broker answers or the topic is not there."""
        self._consumer = AIOKafkaConsumer(
            self._topic,
            **self._kafka.client(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await self._consumer.start()
            known = await self._consumer.topics()
        except (KafkaError, OSError) as error:
            await self._consumer.stop()
            raise UsageError(f"Kafka at {self._kafka} does not answer ({error}): is `wirewatch up` running?") from None
        if self._topic not in known:
            await self._consumer.stop()
            raise UsageError(f"Kafka at {self._kafka} has no topic {self._topic!r}: run `wirewatch topics create`.")
        self._partitions = sorted(self._consumer.assignment())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def retained(self) -> Sequence[Record]:
        """What the topic holds now, up to the ends of its partitions at this moment."""
        await self._consumer.seek_to_beginning(*self._partitions)
        ends = await self._consumer.end_offsets(self._partitions)
        found: list[Record] = []
        while any([await self._consumer.position(p) < ends[p] for p in self._partitions]):
            found += await self._poll()
        return found

    async def coming(self) -> AsyncIterator[Record]:
        """What comes from where :meth:`retained` ended, for ever."""
        while True:
            for record in await self._poll():
                yield record

    async def _poll(self) -> list[Record]:
        batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        found: list[Record] = []
        for messages in batches.values():
            for message in messages:
                try:
                    found.append(Record(codec.decode(message.value, Alert), message.value))
                except codec.UndecodableError:
                    continue  # not ours: anyone may write to a topic, and a reader must not die of it
        return found
