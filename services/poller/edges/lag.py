"""How far the readers of ``articles`` are behind, so that polling can wait for them instead of burying them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.contracts import topics
from services.poller.metrics import PollerMetrics
from services.runtime.access import KafkaAccess
from services.runtime.clock import Clock
from services.runtime.logging import get

log = get(__name__)

GROUP: Final = "wirewatch-deduper"
LOOK_SECONDS: Final = 10.0


class ConsumerLag:
    """Looks every few seconds. Over ``limit`` messages :attr:`held_back` is true until half of them are worked off.

    A broker that does not answer changes nothing: publishing waits for it anyway.
    """

    def __init__(self, *, kafka: KafkaAccess, limit: int, metrics: PollerMetrics, clock: Clock) -> None:
        self._kafka = kafka
        self._limit = limit
        self._metrics = metrics
        self._clock = clock
        self.held_back = False

    async def watch(self) -> None:
        """Run until cancelled. Without a limit there is nothing to look at."""
        if self._limit <= 0:
            await asyncio.Event().wait()
        while True:
            try:
                await self._watch_connected()
            except (KafkaError, OSError) as error:
                log.debug("consumer_lag_unknown", error=repr(error))
            await self._clock.sleep(LOOK_SECONDS)

    async def _watch_connected(self) -> None:
        admin = AIOKafkaAdminClient(**self._kafka.client())
        reader = AIOKafkaConsumer(**self._kafka.client(), group_id=None)
        try:
            await admin.start()
            await reader.start()
            while True:
                self._judge(await self._lag(admin, reader))
                await self._clock.sleep(LOOK_SECONDS)
        finally:
            with contextlib.suppress(KafkaError, OSError):
                await reader.stop()
                await admin.close()

    async def _lag(self, admin: Any, reader: Any) -> int:
        (described,) = await admin.describe_topics([topics.ARTICLES])
        partitions = [TopicPartition(topics.ARTICLES, found["partition"]) for found in described["partitions"]]
        begin, end = await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)
        committed = await admin.list_consumer_group_offsets(GROUP, partitions=partitions)
        lag = 0
        for partition in partitions:
            kept = committed.get(partition)
            done = max(begin[partition], kept.offset if kept is not None else 0)
            lag += max(0, end[partition] - done)
        return lag

    def _judge(self, lag: int) -> None:
        self._metrics.consumer_lag.set(lag)
        held = lag > (self._limit / 2 if self.held_back else self._limit)
        if held != self.held_back:
            log.warning("polling_held_back" if held else "polling_resumed", lag=lag, limit=self._limit)
            self._metrics.held_back_since.set(self._clock.now().timestamp() if held else 0)
        self.held_back = held
        self._metrics.held_back.set(held)
