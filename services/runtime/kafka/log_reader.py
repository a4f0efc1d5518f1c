"""Reads topics from one end to the other, without a group: for commands and screens, never for a stream.

Every record that lies there arrives as a :class:`Delivery`, whatever it is (see ``runtime.kafka.records``).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from services.runtime.errors import UsageError
from services.runtime.kafka import records
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Delivery, delivery_of

_POLL_MS = 500


@dataclass(slots=True)
class LogReader:
    """The records of one topic. Use it as an async context manager."""

    kafka: KafkaAccess
    topic: str
    client_id: str = "wirewatch-cli"
    _consumer: Any = None
    _partitions: list[TopicPartition] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        """Connect. Raises :class:`UsageError` where no broker answers or the topic is not there."""
        records.install()
        self._consumer = AIOKafkaConsumer(
            self.topic,
            **self.kafka.client(),
            client_id=self.client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
        )
        try:
            await self._consumer.start()
        except UnknownTopicOrPartitionError:
            self._partitions = []
        except (KafkaError, OSError) as error:
            await self._consumer.stop()
            raise UsageError(f"Kafka at {self.kafka} does not answer ({error}): is it running?") from None
        else:
            self._partitions = sorted(self._consumer.assignment())
        if not self._partitions:
            await self._consumer.stop()
            raise UsageError(f"Kafka at {self.kafka} has no topic {self.topic!r}: run `wirewatch topics create`.")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def retained(
        self, *, since: datetime | None = None, begin: Mapping[int, int] | None = None
    ) -> AsyncIterator[Sequence[Delivery]]:
        """What lies there now, in batches, oldest first within a partition; then :meth:`coming` goes on behind it.

        With ``since`` only what the broker took from then on; with ``begin`` only from an offset on, by partition: one
        that lies behind the end is of a topic that was made again, and says nothing. Raises :class:`UsageError` where
        the broker goes away.
        """
        try:
            ends = await self._consumer.end_offsets(self._partitions)
            await self._consumer.seek_to_beginning(*self._partitions)
            if since is not None:
                await self._seek(since, ends)
            for place in self._partitions:
                if (offset := (begin or {}).get(place.partition)) is not None and offset <= ends[place]:
                    self._consumer.seek(place, offset)
            while left := [part for part in self._partitions if await self._consumer.position(part) < ends[part]]:
                yield await self._poll(left)
        except (KafkaError, OSError) as error:
            raise UsageError(f"Kafka at {self.kafka} cannot be read ({error}): is it running?") from None

    async def coming(self) -> AsyncIterator[Delivery]:
        """What comes, for ever: from where :meth:`retained` ended, else from the beginning."""
        while True:
            for delivery in await self._poll(self._partitions):
                yield delivery

    async def at(self, partition: int, offset: int) -> Delivery | None:
        """The record at one place, or None where it is no longer (or never was) there."""
        place = TopicPartition(self.topic, partition)
        if place not in self._partitions:
            return None
        first, end = await self._consumer.beginning_offsets([place]), await self._consumer.end_offsets([place])
        if not first[place] <= offset < end[place]:
            return None
        self._consumer.seek(place, offset)
        found = await self._poll([place], most=1, within_ms=10 * _POLL_MS)
        return next((delivery for delivery in found if delivery.offset == offset), None)

    async def _seek(self, since: datetime, ends: dict[TopicPartition, int]) -> None:
        milliseconds = int(since.timestamp() * 1000)
        first = await self._consumer.offsets_for_times(dict.fromkeys(self._partitions, milliseconds))
        for place, found in first.items():
            self._consumer.seek(place, ends[place] if found is None else found.offset)

    async def _poll(
        self, places: Sequence[TopicPartition], *, most: int | None = None, within_ms: int = _POLL_MS
    ) -> list[Delivery]:
        batches = await self._consumer.getmany(*places, timeout_ms=within_ms, max_records=most)
        return [delivery_of(record) for of_one in batches.values() for record in of_one]


async def read_all(kafka: KafkaAccess, topic: str, *, since: datetime | None = None) -> AsyncIterator[Delivery]:
    """Every record that lies in a topic now, or that the broker took from ``since`` on."""
    async with LogReader(kafka, topic) as reader:
        async for batch in reader.retained(since=since):
            for delivery in batch:
                yield delivery


async def read_one(kafka: KafkaAccess, topic: str, partition: int, offset: int) -> Delivery | None:
    """The record at one place, or None where it is no longer (or never was) there."""
    async with LogReader(kafka, topic) as reader:
        return await reader.at(partition, offset)
