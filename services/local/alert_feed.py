"""The ``alerts`` topic as ``wirewatch up`` watches it: what stood there before, and then each revision as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.contracts import topics
from services.contracts.codec import UndecodableError, decode
from services.contracts.messages import Alert
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.process.logging import get
from services.runtime.process.outages import Backoff

log = get(__name__)

_ATTEMPTS = 8  # about ten seconds


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert read from the topic; ``earlier`` where it stood there before the watch began."""

    alert: Alert
    earlier: bool


class AlertFeed:
    """Reads without a group, so it disturbs nobody and remembers nothing: each run begins with all that is there."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._kafka = kafka
        self._consumer: Any = None
        self._ends: dict[TopicPartition, int] = {}
        self._revisions: dict[str, int] = {}

    async def start(self) -> None:
        """Connect, and note where "earlier" ends. Waits for a topic that has just been created to be known."""
        backoff = Backoff()
        while True:
            self._consumer = AIOKafkaConsumer(
                topics.ALERTS,
                **self._kafka.client(),
                client_id="wirewatch-up",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=100,
            )
            try:
                await self._consumer.start()
                self._ends = await self._consumer.end_offsets(self._consumer.assignment())
            except KafkaError:
                await self._consumer.stop()
                if backoff.attempts >= _ATTEMPTS:
                    raise
                await asyncio.sleep(backoff.next())
            else:
                return

    async def stop(self) -> None:
        """Close the connection."""
        await self._consumer.stop()

    async def alerts(self) -> AsyncIterator[Seen]:
        """The latest revision of every earlier alert, oldest first, and from then on every new revision, once."""
        for alert in await self._earlier():
            self._revisions[alert.id] = alert.revision
            yield Seen(alert, earlier=True)
        while True:
            message = await self._consumer.getone()
            came = _alert(message.value)
            if came is not None and self._revisions.get(came.id, 0) < came.revision:
                self._revisions[came.id] = came.revision
                yield Seen(came, earlier=False)

    async def _earlier(self) -> list[Alert]:
        latest: dict[str, Alert] = {}
        while behind := [part for part, end in self._ends.items() if await self._consumer.position(part) < end]:
            batches = await self._consumer.getmany(*behind, timeout_ms=500)
            for message in (message for messages in batches.values() for message in messages):
                found = _alert(message.value)
                if found is not None and (found.id not in latest or latest[found.id].revision < found.revision):
                    latest[found.id] = found
        return sorted(latest.values(), key=lambda alert: (alert.last_updated, alert.id))


def _alert(value: bytes | None) -> Alert | None:
    try:
        return decode(value, Alert)
    except UndecodableError as error:
        log.warning("unreadable_alert", error=str(error))
        return None
