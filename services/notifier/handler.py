"""Alerts to queued deliveries: decode, match, queue; one status per message. Sending is the dispatcher's work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(slots=True, kw_only=True)
class NotifierHandler:
    """See :class:`services.runtime.ports.StreamHandler`. ``use`` may be called at any time, for the next alert on."""

    watches: ActiveWatches
    outbox: Outbox
    publisher: Publisher
    stale_after: timedelta
    clock: Clock
    metrics: NotifierMetrics
    wake: Callable[[], None]

    def __post_init__(self) -> None:
        self.use(self.watches)

    def use(self, watches: ActiveWatches) -> None:
        """Match with these watches from now on."""
        self.watches = watches
        self.metrics.watches.set(len(watches.watches))

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """Queue what each alert of a batch is to be delivered to. Returns once the store has all of it."""
        began = self.clock.monotonic()
        statuses = [await self._handle(delivery) for delivery in batch]
        seconds = self.clock.monotonic() - began
        self.metrics.finished(batch, statuses, now=self.clock.now(), seconds=seconds)
        if "matched" in statuses:
            self.wake()
        return statuses

    async def _handle(self, delivery: Delivery) -> Status:
        value = delivery.value or b""
        try:
            alert = codec.decode(delivery.value, Alert)
        except codec.UndecodableError as error:
            return await self._dead(delivery, "undecodable", error)
        now = self.clock.now()
        if now - alert.last_updated > self.stale_after:
            return "stale"
        try:
            requests = self._requests(alert, value)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            log.exception("matching_failed", alert_id=alert.id, trace=delivery.trace)
            return await self._dead(delivery, "defect", error)
        if not requests:
            return "unmatched"
        results = await self.outbox.enqueue(requests, now=now)
        for request, result in zip(requests, results, strict=True):
            if result != "known":
                kind = self.watches.routes[request.notification.channel_id].channel.kind
                self.metrics.delivery(kind, result)
        return "known" if all(result == "known" for result in results) else "matched"

    def _requests(self, alert: Alert, value: bytes) -> list[EnqueueRequest]:
        """One for each channel of each watch that the alert matches."""
        now = self.clock.now()
        found: list[EnqueueRequest] = []
        for watch in self.watches.watches:
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
        letter = set_aside(delivery, reason, error, now=self.clock.now(), metrics=self.metrics)
        await self.publisher.publish([letter])
        return "dead"
