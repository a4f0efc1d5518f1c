"""Signed webhooks to a real server on loopback."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
import runpy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from standardwebhooks import WebhookVerificationError

from services.contracts import codec
from services.notifier.core.deliveries import Notification, digest_of, notification_of
from services.notifier.core.schedule import ReleaseTime
from services.notifier.core.watches import ActiveWatches, Channel, Route, WatchFile
from services.notifier.dispatcher import Dispatcher
from services.notifier.edges.webhook import WebhookSender
from services.notifier.errors import SendError
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import EnqueueRequest
from services.runtime.http.ssrf_guard import Guard, parse_allowed
from tests.support.clock import START, FakeClock
from tests.support.notifier import SECRET, MemoryOutbox, an_alert


class Receiver:
    """A webhook of somebody: answers as told, 200 after that, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return self.answers.pop(0) if self.answers else web.Response(text="thanks")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook-0123?token=hidden-in-query"
    yield made
    await runner.cleanup()


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    made = WebhookSender(guard=Guard(parse_allowed(["127.0.0.1"])), clock=FakeClock(), timeout_seconds=20)
    yield made
    await made.close()


def a_route(url: str) -> Route:
    return Route(channel=Channel(id="h", kind="webhook"), url=url, secret=SECRET)


def a_notification(number: int = 0) -> Notification:
    alert = an_alert(number)
    return notification_of(alert, codec.encode(alert), watch_id="w", watch_name="W", channel_id="h", queued_at=START)


async def test_what_arrives_is_signed_and_names_its_delivery(receiver: Receiver, sender: WebhookSender) -> None:
    notification = a_notification()
    await sender.send(notification, a_route(receiver.url))
    ((headers, body),) = receiver.requests
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{notification.id}.{int(START.timestamp())}.".encode() + body
    assert headers["webhook-id"] == notification.id
    assert headers["webhook-timestamp"] == str(int(START.timestamp()))
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}", "as the specification says, by hand"
    assert headers["Content-Type"] == "application/json"
    said = json.loads(body)
    assert (said["id"], said["kind"], said["watch"]) == (notification.id, "alert", {"id": "w", "name": "W"})
    assert said["alert"] == json.loads(codec.encode(an_alert()))


async def test_a_digest_has_its_alerts(receiver: Receiver, sender: WebhookSender) -> None:
    await sender.send(digest_of([a_notification(1), a_notification(2)], queued_at=START), a_route(receiver.url))
    said = json.loads(receiver.requests[0][1])
    assert said["kind"] == "digest"
    assert {entry["alert_id"] for entry in said["alerts"]} == {an_alert(1).id, an_alert(2).id}


def receive(folder: Path, body: bytes, headers: dict[str, str], secret: str) -> Any:
    """What docs/watches.md tells a receiver to do."""
    page = (Path(__file__).parents[3] / "docs/watches.md").read_text()
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    file = folder / "receiver.py"
    file.write_text(example)
    return runpy.run_path(str(file))["received"](body, headers, secret)


async def test_the_receiver_of_the_documentation_takes_it_and_nothing_forged(
    receiver: Receiver, tmp_path: Path
) -> None:
    clock = FakeClock(datetime.now(UTC))
    sender = WebhookSender(guard=Guard(parse_allowed(["127.0.0.1"])), clock=clock, timeout_seconds=20)
    await sender.send(a_notification(), a_route(receiver.url))
    clock.advance(-301)
    await sender.send(a_notification(), a_route(receiver.url))
    await sender.close()
    (headers, body), (late, _) = receiver.requests
    assert receive(tmp_path, body, headers, SECRET)["kind"] == "alert"
    other = "whsec_" + "b" * 32
    forged = {"webhook-id": "other"}
    for wrong in (
        (body + b" ", headers, SECRET),
        (body, headers | forged, SECRET),
        (body, headers, other),
        (body, late, SECRET),
    ):
        with pytest.raises(WebhookVerificationError):
            receive(tmp_path, *wrong)


async def test_after_errors_the_same_delivery_comes_again_until_it_is_taken(
    receiver: Receiver, sender: WebhookSender
) -> None:
    receiver.answers = [web.Response(status=500), web.Response(status=502), web.Response(status=500)]
    outbox, clock = MemoryOutbox(), FakeClock()
    route = a_route(receiver.url)
    dispatcher = Dispatcher(
        watches=ActiveWatches(file=WatchFile(format=1, channels=(route.channel,)), routes={"h": route}),
        outbox=outbox,
        senders={"webhook": sender},
        dead_after=timedelta(hours=24),
        clock=clock,
        metrics=NotifierMetrics(CollectorRegistry()),
        look=partial(asyncio.sleep, 0),
    )
    await outbox.enqueue(
        [EnqueueRequest(notification=a_notification(), release=ReleaseTime(START, "now"), per_hour=None)], now=START
    )
    for _ in range(10):
        await dispatcher.round()
        clock.advance(20)
    assert len(receiver.requests) == 4
    assert len({(headers["webhook-id"], body) for headers, body in receiver.requests}) == 1
    assert outbox.states() == {"sent": 1}


@pytest.mark.parametrize(
    ("status", "of_channel"), [(301, True), (400, False), (401, True), (404, True), (413, False), (429, True)]
)
async def test_an_answer_other_than_2xx_is_a_failure(
    receiver: Receiver, sender: WebhookSender, status: int, of_channel: bool
) -> None:
    receiver.answers = [web.Response(status=status, headers={"Location": "http://127.0.0.1:1/", "Retry-After": "7"})]
    with pytest.raises(SendError, match=f"HTTP {status}") as caught:
        await sender.send(a_notification(), a_route(receiver.url))
    assert caught.value.of_channel is of_channel
    assert caught.value.after_seconds == 7
    assert len(receiver.requests) == 1, "a redirect is not followed"


async def test_a_date_to_come_back_at_is_understood(receiver: Receiver, sender: WebhookSender) -> None:
    for header, seconds in (
        ("Thu, 20 Jun 2024 09:02:00 GMT", 120),
        ("Thu, 20 Jun 2024 08:00:00 GMT", 0),
        ("soon", None),
    ):
        receiver.answers = [web.Response(status=503, headers={"Retry-After": header})]
        with pytest.raises(SendError) as caught:
            await sender.send(a_notification(), a_route(receiver.url))
        assert caught.value.after_seconds == seconds


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"])
async def test_addresses_inside_are_refused_unless_listed(receiver: Receiver, host: str) -> None:
    port = receiver.url.split(":")[2].partition("/")[0]
    guarded = WebhookSender(guard=Guard(parse_allowed([], [80, 443, int(port)])), clock=FakeClock(), timeout_seconds=20)
    with pytest.raises(SendError, match="WIREWATCH_NOTIFIER_ALLOW_PRIVATE"):
        await guarded.send(a_notification(), a_route(f"http://{host}:{port}/"))
    await guarded.close()
    assert receiver.requests == []


async def test_a_host_may_be_listed_by_name(receiver: Receiver) -> None:
    port = receiver.url.split(":")[2].partition("/")[0]
    named = WebhookSender(guard=Guard(parse_allowed([f"localhost:{port}"])), clock=FakeClock(), timeout_seconds=20)
    await named.send(a_notification(), a_route(f"http://localhost:{port}/"))
    await named.close()
    assert len(receiver.requests) == 1


async def test_errors_show_no_part_of_the_address(receiver: Receiver, sender: WebhookSender) -> None:
    for url in ("http://127.0.0.1:1/hook-0123?token=hidden-in-query", "http://hidden-user:hidden-pw@127.0.0.1:1/"):
        with pytest.raises(SendError) as caught:
            await sender.send(a_notification(), a_route(url))
        assert "hidden" not in str(caught.value)
        assert "hook-0123" not in str(caught.value)
