"""The ``log`` channel: one structured line a delivery. It shows what would be sent, and needs nothing outside."""

from services.notifier.core.deliveries import Notification, one_line
from services.notifier.core.watches import Route
from services.runtime.process.logging import get

log = get(__name__)


class LogSender:
    """See :class:`services.notifier.ports.Sender`. It cannot fail."""

    async def send(self, notification: Notification, route: Route) -> None:
        log.info(
            "watch_delivery",
            watch=notification.watch_id,
            channel=route.id,
            delivery=notification.id,
            severity=notification.severity,
            happened=one_line(notification.event) if notification.event else None,
            headline=one_line(notification.headline),
            alert_id=notification.alert_id,
            revision=notification.revision,
            alerts=0 if notification.test else len(notification.summaries) or 1,
        )
