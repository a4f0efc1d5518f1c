"""Alerts to queued deliveries: decode, match, queue; one status per message. Sending is the dispatcher's work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from services.contracts import codec
from services.contracts.messages import Alert
from services.notifier.core import deliveries, schedule
from services.notifier.core.match import matches
from services.notifier.core.watches import ActiveWatches
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import EnqueueRequest, Outbox
from services.notifier.status import Status
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery
from services.runtime.ports import Publisher
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)


class NotifierHandler:
    """See :class:`services.runtime.ports.StreamHandler`. ``use`` may be called at any time, for the next alert on."""

    def __init__(
        self,
        *,
        watches: ActiveWatches,
        outbox: Outbox,
        publisher: Publisher,
        stale_after: timedelta,
        clock: Clock,
        metrics: NotifierMetrics,
        wake: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._publisher = publisher
        self._stale_after = stale_after
        self._clock = clock
        self._metrics = metrics
        self._wake = wake
        self._active = watches
        self.use(watches)

    def use(self, watches: ActiveWatches) -> None:
        """Match with these watches from now on."""
        self._active = watches
        self._metrics.watches.set(len(watches.watches))

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """Queue what each alert of a batch is to be delivered to. Returns once the store has all of it."""
        began = self._clock.monotonic()
        statuses = [await self._handle(delivery) for delivery in batch]
        seconds = self._clock.monotonic() - began
        self._metrics.finished(batch, statuses, now=self._clock.now(), seconds=seconds)
        if "matched" in statuses:
            self._wake()
        return statuses

    async def _handle(self, delivery: Delivery) -> Status:
        value = delivery.value or b""
        try:
            alert = codec.decode(delivery.value, Alert)
        except codec.UndecodableError as error:
            return await self._dead(delivery, "undecodable", error)
        now = self._clock.now()
        if now - alert.last_updated > self._stale_after:
            return "stale"
        try:
            requests = self._requests(alert, value)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            log.exception("matching_failed", alert_id=alert.id, trace=delivery.trace)
            return await self._dead(delivery, "defect", error)
        if not requests:
            return "unmatched"
        results = await self._outbox.enqueue(requests, now=now)
        for request, result in zip(requests, results, strict=True):
            if result != "known":
                kind = self._active.routes[request.notification.channel_id].channel.kind
                self._metrics.delivery(kind, result)
        return "known" if all(result == "known" for result in results) else "matched"

    def _requests(self, alert: Alert, value: bytes) -> list[EnqueueRequest]:
        """One for each channel of each watch that the alert matches."""
        now = self._clock.now()
        found: list[EnqueueRequest] = []
        for watch in self._active.watches:
            if not matches(watch, alert):
                continue
            release = schedule.release_time(watch, alert.severity, now)
            for channel_id in watch.channels:
                notification = deliveries.notification_of(
                    alert, value, watch_id=watch.id, watch_name=watch.name, channel_id=channel_id, queued_at=now
                )
                found.append(EnqueueRequest(notification=notification, release=release, per_hour=watch.per_hour))
        return found

    async def _dead(self, delivery: Delivery, reason: str, error: BaseException) -> Status:
        letter = set_aside(delivery, reason, error, now=self._clock.now(), metrics=self._metrics)
        await self._publisher.publish([letter])
        return "dead"
