"""Reads a topic in a consumer group, for a process that is no stream processor and must not depend on it."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.runtime.kafka import records
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Delivery, delivery_of
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

RETRY_SECONDS: Final = 30.0
MOST_RECORDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReader:
    """Hands over batches, and commits a batch once it was handled: each comes at least once.

    A broker that is away or forbids it is asked again later, for as long as the process lives.
    """

    kafka: KafkaAccess
    group: str
    topic: str
    handle: Callable[[Sequence[Delivery]], Awaitable[None]]
    clock: Clock

    async def run(self) -> None:
        """Read until cancelled."""
        records.install()
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                log.warning("topic_not_read", topic=self.topic, group=self.group, error=repr(error))
            await self.clock.sleep(RETRY_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            self.topic,
            **self.kafka.client(),
            client_id=self.group,
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            while True:
                batches = await consumer.getmany(timeout_ms=1000, max_records=MOST_RECORDS)
                batch = [delivery_of(record) for of_one in batches.values() for record in of_one]
                if batch:
                    await self.handle(batch)
                    await consumer.commit()
        finally:
            with contextlib.suppress(KafkaError, OSError):
                await consumer.stop()
