"""Reads what the deduper has sent, for the rebuild: two topics, merged by time, never through a consumer group."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.contracts import topics
from services.runtime.errors import TransientError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Delivery, delivery_of
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Waiting, until_available

_POLL_MS = 500
_AT_ONCE = 256
_BATCH = 32  # articles that are put back at once


class KafkaArticleLog:
    """See :class:`services.deduper.ports.ArticleLog`. Waits for as long as the broker is away."""

    def __init__(self, kafka: KafkaAccess, clock: Clock, waiting: Waiting) -> None:
        self._kafka = kafka
        self._clock = clock
        self._waiting = waiting

    async def read(self, since: datetime) -> AsyncIterator[tuple[Sequence[Delivery], float]]:
        async def start() -> _Reader:
            reader = _Reader(
                AIOKafkaConsumer(
                    topics.UNIQUE,
                    topics.DUPLICATES,
                    **self._kafka.client(),
                    enable_auto_commit=False,
                    auto_offset_reset="earliest",
                )
            )
            try:
                await reader.start(since)
            except (KafkaError, OSError) as error:
                await reader.consumer.stop()
                raise TransientError(f"{type(error).__name__}: {error}") from error
            return reader

        reader = await until_available(start, server="kafka", clock=self._clock, waiting=self._waiting)
        try:
            batch: list[Delivery] = []
            async for delivery in reader.merged():
                batch.append(delivery)
                if len(batch) == _BATCH:
                    yield batch, reader.share()
                    batch = []
            if batch:
                yield batch, 1.0
        finally:
            await reader.consumer.stop()


class _Reader:
    """One pass over all partitions, each held at its next messages, so that the earliest of all can be taken."""

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer
        self._held: dict[TopicPartition, deque[Any]] = {}
        self._begins: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._taken = 0

    async def start(self, since: datetime) -> None:
        """Go to the first message of each partition since a time, and note where each ends now."""
        await self.consumer.start()
        partitions = sorted(self.consumer.assignment())
        self._ends = await self.consumer.end_offsets(partitions)
        found = await self.consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
        for partition in partitions:
            at = found.get(partition)
            self._begins[partition] = self._ends[partition] if at is None else at.offset
            self.consumer.seek(partition, self._begins[partition])
            self._held[partition] = deque()

    def share(self) -> float:
        """How much has been taken, from 0 to 1."""
        whole = sum(self._ends[partition] - begin for partition, begin in self._begins.items())
        return min(1.0, self._taken / whole) if whole else 1.0

    async def merged(self) -> AsyncIterator[Delivery]:
        """Messages by the time they were sent at, until where the partitions ended at the start."""
        await self._fill()
        heads = [self._head(partition) for partition, held in self._held.items() if held]
        heapify(heads)
        while heads:
            partition = heads[0][-1]
            held = self._held[partition]
            self._taken += 1
            yield delivery_of(held.popleft())
            if not held:
                await self._fill()
            if held:
                heapreplace(heads, self._head(partition))
            else:
                heappop(heads)

    def _head(self, partition: TopicPartition) -> tuple[int, bool, int, TopicPartition]:
        """Where the next message of a partition comes among all."""
        sent_ms = self._held[partition][0].timestamp
        return sent_ms, partition.topic == topics.DUPLICATES, partition.partition, partition

    async def _fill(self) -> None:
        """Wait until each partition that has not been read to its end holds a message."""
        while waiting := [one for one, held in self._held.items() if not held and await self._goes_on(one)]:
            found = await self.consumer.getmany(*waiting, timeout_ms=_POLL_MS, max_records=_AT_ONCE)
            for partition, records in found.items():
                self._held[partition].extend(record for record in records if record.offset < self._ends[partition])

    async def _goes_on(self, partition: TopicPartition) -> bool:
        position: int = await self.consumer.position(partition)
        return position < self._ends[partition]
