"""The ``log`` channel."""

from __future__ import annotations

from structlog.testing import capture_logs

from services.contracts import codec
from services.notifier.core.deliveries import notification_of
from services.notifier.edges.log import LogSender
from tests.support.clock import START
from tests.support.notifier import active, an_alert, an_event


async def test_a_delivery_is_one_line_with_what_happened() -> None:
    alert = an_alert(headline="Two\nlines", events=(an_event(asset="oil tanker"),))
    notification = notification_of(
        alert, codec.encode(alert), watch_id="w", watch_name="W", channel_id="c", queued_at=START
    )
    with capture_logs() as lines:
        await LogSender().send(notification, active().routes["c"])
    (line,) = lines
    assert (line["event"], line["happened"], line["headline"]) == (
        "watch_delivery",
        "seizes → oil tanker · done",
        "Two lines",
    )
