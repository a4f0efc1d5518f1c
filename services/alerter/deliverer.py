"""Tells those who watch: notes deliveries when a revision is published, and tries each until it has arrived.

A delivery is noted after Kafka has the revision and before the outbox is ticked off; it is marked as done only after
the receiver's answer. So it arrives at least once, under an id by which a second arrival can be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from services.alerter.core.deliveries import GIVE_UP_AFTER, PendingDelivery, delay_seconds, deliveries
from services.alerter.core.watches import Watch, is_news, matching
from services.alerter.metrics import AlerterMetrics
from services.alerter.ports import DeliveryStore, Sender
from services.contracts.messages import Alert
from services.runtime.clock import Clock
from services.runtime.logging import get

log = get(__name__)

AT_ONCE = 16


class Deliverer:
    """See :class:`services.alerter.ports.Notifier`."""

    def __init__(
        self,
        *,
        watches: Sequence[Watch],
        store: DeliveryStore,
        sender: Sender,
        clock: Clock,
        metrics: AlerterMetrics,
    ) -> None:
        self._watches = tuple(watches)
        self._store = store
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        for watch in self._watches:
            metrics.watch_matches.labels(watch.id)

    async def notify(self, alerts: Sequence[Alert]) -> None:
        """Note a delivery for each watch and channel that a revision is news to."""
        now = self._clock.now()
        noted: list[PendingDelivery] = []
        for alert in alerts:
            for watch in matching(alert, self._watches) if is_news(alert) else ():
                self._metrics.watch_matches.labels(watch.id).inc()
                noted += deliveries(alert, watch, now=now)
        if noted:
            await self._store.add(noted)

    async def deliver(self) -> int:
        """Try what is due once. Returns how many that were."""
        due = await self._store.due(AT_ONCE)
        await asyncio.gather(*(self._attempt(delivery) for delivery in due))
        self._metrics.deliveries_waiting.set(await self._store.size())
        return len(due)

    async def _attempt(self, delivery: PendingDelivery) -> None:
        problem = await self._sender.send(delivery)
        if problem is None:
            await self._store.done(delivery)
            self._metrics.deliveries.labels("sent").inc()
            return
        failed = replace(delivery, attempts=delivery.attempts + 1, problem=problem)
        if self._clock.now() - delivery.noted_at >= GIVE_UP_AFTER:
            await self._store.give_up(failed, reason=problem)
            self._metrics.deliveries.labels("given_up").inc()
            log.error("delivery_given_up", delivery=failed.id, attempts=failed.attempts, problem=problem)
            return
        await self._store.retry(failed, after_seconds=delay_seconds(failed.attempts))
        self._metrics.deliveries.labels("retried").inc()
        log.warning("delivery_failed", delivery=failed.id, attempts=failed.attempts, problem=problem)
