"""One alert on its way to one channel: what is sent, how it is signed, when it is tried again. Pure."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta

from msgspec import Struct, json

from services.alerter.core.watches import Watch
from services.contracts.messages import Alert

GIVE_UP_AFTER = timedelta(days=1)
_DELAYS_SECONDS = (5, 30, 120, 600, 1800)
_LONGEST_DELAY_SECONDS = 3600


class PendingDelivery(Struct, frozen=True, kw_only=True):
    """What has not arrived yet. ``id`` names it for good: a receiver that sees it twice can drop the second.

    ``body`` is what is sent, as it was when the revision was published.
    """

    id: str
    channel: str
    body: str
    noted_at: datetime
    attempts: int = 0
    problem: str = ""


class Notice(Struct, frozen=True, kw_only=True):
    """The body of a delivery."""

    type: str
    timestamp: datetime
    watch: str
    watch_name: str
    alert: Alert


def deliveries(alert: Alert, watch: Watch, *, now: datetime) -> list[PendingDelivery]:
    """One delivery for each channel of a watch that an alert has met."""
    kind = "alert.opened" if alert.revision == 1 else "alert.revised"
    notice = Notice(type=kind, timestamp=alert.stages.alerted_at, watch=watch.id, watch_name=watch.name, alert=alert)
    body = json.encode(notice).decode()
    return [
        PendingDelivery(
            id=f"{watch.id}.{channel}.{alert.id}.{alert.revision}", channel=channel, body=body, noted_at=now
        )
        for channel in watch.channels
    ]


def delay_seconds(attempts: int) -> float:
    """How long to wait after that many failed attempts."""
    return _DELAYS_SECONDS[attempts - 1] if attempts <= len(_DELAYS_SECONDS) else _LONGEST_DELAY_SECONDS


def signature(secret: bytes, *, id_: str, timestamp: int, body: str) -> str:
    """``webhook-signature`` of Standard Webhooks 1.0: HMAC-SHA-256 over id, time and body together."""
    signed = hmac.digest(secret, f"{id_}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"
