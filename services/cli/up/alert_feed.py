"""The ``alerts`` topic as ``wirewatch up`` watches it: what stood there before, and then each revision as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

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


@asynccontextmanager
async def connected(kafka: KafkaAccess) -> AsyncIterator[AlertLog]:
    """The topic, waited for where it has just been created. It is read without a group, and nothing is remembered."""
    backoff = Backoff()
    async with AsyncExitStack() as stack:
        while True:
            try:
                log = await stack.enter_async_context(AlertLog(kafka))
                break
            except UsageError:
                if backoff.attempts >= _ATTEMPTS:
                    raise
                await asyncio.sleep(backoff.next())
        yield log


async def seen(log: AlertLog, *, began: datetime | None = None) -> AsyncIterator[Seen]:
    """The latest revision of every earlier alert, oldest first, and from then on every new revision, once.

    ``began`` is when the run began whose alerts are no earlier ones, though they may stand there already.
    """
    latest: dict[str, Alert] = {}
    for alert in sorted((record.alert for record in await log.revisions()), key=lambda one: one.revision):
        latest[alert.id] = alert
    for alert in sorted(latest.values(), key=lambda one: (one.last_updated, one.id)):
        yield Seen(alert, earlier=began is None or alert.stages.alerted_at < began)
    revisions = {alert.id: alert.revision for alert in latest.values()}
    async for record in log.new_revisions():
        if revisions.get(record.alert.id, 0) < record.alert.revision:
            revisions[record.alert.id] = record.alert.revision
            yield Seen(record.alert, earlier=False)
