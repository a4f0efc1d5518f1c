"""The ``log`` channel: one structured line a delivery. It shows what would be sent, and needs nothing outside."""

from __future__ import annotations

from services.notifier.core.deliveries import Parcel, one_line
from services.notifier.watch_file import Route
from services.runtime.process.logging import get

log = get(__name__)


class LogSender:
    """See :class:`services.notifier.ports.Sender`. It cannot fail."""

    async def send(self, parcel: Parcel, route: Route) -> None:
        log.info(
            "watch_delivery",
            watch=parcel.watch_id,
            channel=route.id,
            delivery=parcel.id,
            severity=parcel.severity,
            headline=one_line(parcel.headline),
            alert_id=parcel.alert_id,
            revision=parcel.revision,
            alerts=len(parcel.summaries) or 1,
        )
