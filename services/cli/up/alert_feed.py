"""The ``alerts`` topic as ``wirewatch up`` watches it: what stood there before, and then each revision as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from services.cli.alerts.log import AlertLog
from services.contracts.messages import Alert
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.process.outages import Backoff

_ATTEMPTS = 8  # about ten seconds


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert read from the topic; ``earlier`` where it was raised before the watch began."""

    alert: Alert
    earlier: bool


class AlertFeed:
    """Reads without a group, so it disturbs nobody and remembers nothing: each run begins with all that is there."""

    def __init__(self, log: AlertLog, began: datetime | None) -> None:
        self._log = log
        self._began = began

    @classmethod
    @asynccontextmanager
    async def of(cls, kafka: KafkaAccess, *, began: datetime | None = None) -> AsyncIterator[Self]:
        """Connected. Waits for a topic that has just been created to be known.

        ``began`` is when the run began whose alerts are no earlier ones, though they may stand there already.
        """
        log, backoff = AlertLog(kafka), Backoff()
        while True:
            try:
                await log.__aenter__()
                break
            except UsageError:
                if backoff.attempts >= _ATTEMPTS:
                    raise
                await asyncio.sleep(backoff.next())
        try:
            yield cls(log, began)
        finally:
            await log.__aexit__()

    async def alerts(self) -> AsyncIterator[Seen]:
        """The latest revision of every earlier alert, oldest first, and from then on every new revision, once."""
        latest: dict[str, Alert] = {}
        for alert in sorted((record.alert for record in await self._log.retained()), key=lambda one: one.revision):
            latest[alert.id] = alert
        for alert in sorted(latest.values(), key=lambda one: (one.last_updated, one.id)):
            yield Seen(alert, earlier=self._began is None or alert.stages.alerted_at < self._began)
        revisions = {alert.id: alert.revision for alert in latest.values()}
        async for record in self._log.coming():
            if revisions.get(record.alert.id, 0) < record.alert.revision:
                revisions[record.alert.id] = record.alert.revision
                yield Seen(record.alert, earlier=False)
