"""Signed webhooks to a real server on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from services.contracts import codec
from services.notifier.core import signing
from services.notifier.core.deliveries import Parcel, digest_of, parcel_of
from services.notifier.core.schedule import Slot
from services.notifier.core.watches import Channel, WatchFile
from services.notifier.courier import Courier
from services.notifier.edges.webhook import WebhookSender
from services.notifier.errors import SendError
from services.notifier.handler import STATUSES
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Offer
from services.notifier.watch_file import Loaded, Route
from services.runtime.http.ssrf_guard import Guard, parse_allowed
from tests.support.clock import START, FakeClock
from tests.support.notifier import MemoryOutbox, an_alert

KEY = b"a key of sixteen bytes or more"
NOW = int(START.timestamp())


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
    return Route(channel=Channel(id="h", kind="webhook", line=1), url=url, secret=KEY)


def a_parcel(number: int = 0) -> Parcel:
    alert = an_alert(number)
    return parcel_of(alert, codec.encode(alert), watch_id="w", watch_name="W", channel_id="h", queued_at=START)


async def test_what_arrives_is_signed_and_names_its_delivery(receiver: Receiver, sender: WebhookSender) -> None:
    parcel = a_parcel()
    await sender.send(parcel, a_route(receiver.url))
    ((headers, body),) = receiver.requests
    assert signing.verified(body, headers, key=KEY, now=NOW)
    assert headers[signing.IDEMPOTENCY_KEY] == parcel.id
    assert headers["Content-Type"] == "application/json"
    said = json.loads(body)
    assert (said["id"], said["kind"], said["watch"]) == (parcel.id, "alert", {"id": "w", "name": "W"})
    assert said["alert"] == json.loads(codec.encode(an_alert()))


async def test_a_digest_has_its_alerts(receiver: Receiver, sender: WebhookSender) -> None:
    await sender.send(digest_of([a_parcel(1), a_parcel(2)], queued_at=START), a_route(receiver.url))
    said = json.loads(receiver.requests[0][1])
    assert said["kind"] == "digest"
    assert {entry["alert_id"] for entry in said["alerts"]} == {an_alert(1).id, an_alert(2).id}


async def test_a_signature_holds_for_its_body_its_time_and_its_key_alone() -> None:
    headers = signing.headers(b"{}", key=KEY, timestamp=NOW, idempotency_key="d")
    assert signing.verified(b"{}", headers, key=KEY, now=NOW + 299)
    assert not signing.verified(b"{} ", headers, key=KEY, now=NOW)
    assert not signing.verified(b"{}", headers, key=KEY + b"x", now=NOW)
    assert not signing.verified(b"{}", headers, key=KEY, now=NOW + 301)
    assert not signing.verified(b"{}", {**headers, signing.TIMESTAMP: str(NOW + 1)}, key=KEY, now=NOW)
    assert not signing.verified(b"{}", {}, key=KEY, now=NOW)


async def test_after_errors_the_same_delivery_comes_again_until_it_is_taken(
    receiver: Receiver, sender: WebhookSender
) -> None:
    receiver.answers = [web.Response(status=500), web.Response(status=502), web.Response(status=500)]
    outbox, clock = MemoryOutbox(), FakeClock()
    route = a_route(receiver.url)
    courier = Courier(
        loaded=Loaded(file=WatchFile(channels=(route.channel,), watches=()), routes={"h": route}),
        outbox=outbox,
        senders={"webhook": sender},
        dead_after=timedelta(hours=24),
        clock=clock,
        metrics=NotifierMetrics(STATUSES, CollectorRegistry()),
    )
    await outbox.enqueue([Offer(parcel=a_parcel(), slot=Slot(START, "now"), per_hour=None)], now=START)
    for _ in range(10):
        await courier.round()
        clock.advance(20)
    assert len(receiver.requests) == 4
    assert len({(headers[signing.IDEMPOTENCY_KEY], body) for headers, body in receiver.requests}) == 1
    assert outbox.states() == {"sent": 1}


@pytest.mark.parametrize(
    ("status", "of_channel"), [(301, True), (400, False), (401, True), (404, True), (413, False), (429, True)]
)
async def test_an_answer_other_than_2xx_is_a_failure(
    receiver: Receiver, sender: WebhookSender, status: int, of_channel: bool
) -> None:
    receiver.answers = [web.Response(status=status, headers={"Location": "http://127.0.0.1:1/", "Retry-After": "7"})]
    with pytest.raises(SendError, match=f"HTTP {status}") as caught:
        await sender.send(a_parcel(), a_route(receiver.url))
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
            await sender.send(a_parcel(), a_route(receiver.url))
        assert caught.value.after_seconds == seconds


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"])
async def test_addresses_inside_are_refused_unless_listed(receiver: Receiver, host: str) -> None:
    port = receiver.url.split(":")[2].partition("/")[0]
    guarded = WebhookSender(guard=Guard(parse_allowed([], [80, 443, int(port)])), clock=FakeClock(), timeout_seconds=20)
    with pytest.raises(SendError, match="WIREWATCH_NOTIFIER_ALLOW_PRIVATE"):
        await guarded.send(a_parcel(), a_route(f"http://{host}:{port}/"))
    await guarded.close()
    assert receiver.requests == []


async def test_a_host_may_be_listed_by_name(receiver: Receiver) -> None:
    port = receiver.url.split(":")[2].partition("/")[0]
    named = WebhookSender(guard=Guard(parse_allowed([f"localhost:{port}"])), clock=FakeClock(), timeout_seconds=20)
    await named.send(a_parcel(), a_route(f"http://localhost:{port}/"))
    await named.close()
    assert len(receiver.requests) == 1


async def test_errors_show_no_part_of_the_address(receiver: Receiver, sender: WebhookSender) -> None:
    for url in ("http://127.0.0.1:1/hook-0123?token=hidden-in-query", "http://hidden-user:hidden-pw@127.0.0.1:1/"):
        with pytest.raises(SendError) as caught:
            await sender.send(a_parcel(), a_route(url))
        assert "hidden" not in str(caught.value)
        assert "hook-0123" not in str(caught.value)
