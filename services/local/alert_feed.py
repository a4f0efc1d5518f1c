"""The ``alerts`` topic as ``wirewatch up`` watches it: what stood there before, and then each revision as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.contracts import topics
from services.contracts.codec import UndecodableError, decode
from services.contracts.messages import Alert
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import LogReader
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
        self._reader = LogReader(kafka, topics.ALERTS, client_id="wirewatch-up")
        self._revisions: dict[str, int] = {}

    async def start(self) -> None:
        """Connect. Waits for a topic that has just been created to be known."""
        backoff = Backoff()
        while True:
            try:
                await self._reader.__aenter__()
            except UsageError:
                if backoff.attempts >= _ATTEMPTS:
                    raise
                await asyncio.sleep(backoff.next())
            else:
                return

    async def stop(self) -> None:
        """Close the connection."""
        await self._reader.__aexit__()

    async def alerts(self) -> AsyncIterator[Seen]:
        """The latest revision of every earlier alert, oldest first, and from then on every new revision, once."""
        for alert in await self._earlier():
            self._revisions[alert.id] = alert.revision
            yield Seen(alert, earlier=True)
        async for delivery in self._reader.coming():
            came = _alert(delivery.value)
            if came is not None and self._revisions.get(came.id, 0) < came.revision:
                self._revisions[came.id] = came.revision
                yield Seen(came, earlier=False)

    async def _earlier(self) -> list[Alert]:
        latest: dict[str, Alert] = {}
        async for batch in self._reader.retained():
            for found in (_alert(delivery.value) for delivery in batch):
                if found is not None and (found.id not in latest or latest[found.id].revision < found.revision):
                    latest[found.id] = found
        return sorted(latest.values(), key=lambda alert: (alert.last_updated, alert.id))


def _alert(value: bytes | None) -> Alert | None:
    try:
        return decode(value, Alert)
    except UndecodableError as error:
        log.warning("unreadable_alert", error=str(error))
        return None
