"""Deliveries to a real receiver, from a real store: signed, repeated until they arrive, given up after a day."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator

import msgspec
import pytest
import redis.asyncio
from aiohttp import web
from prometheus_client import CollectorRegistry

from services.alerter.core.deliveries import Notice
from services.alerter.core.watches import Watch
from services.alerter.deliverer import Deliverer
from services.alerter.edges.deliveries import RedisDeliveries
from services.alerter.edges.webhooks import WebhookSender
from services.alerter.handler import STATUSES
from services.alerter.metrics import AlerterMetrics
from services.alerter.watch_file import Channel
from services.contracts.redis_keys import ALERTS_WATCH
from services.runtime.redis import RedisCalls
from services.runtime.retry import Waiting
from tests.support.alerts import an_opened_alert
from tests.support.clock import FakeClock

pytestmark = pytest.mark.stack
SECRET = b"a-secret-of-some-thirty-two-bytes"


class Receiver:
    """Keeps what it is sent; answers with ``code``."""

    def __init__(self) -> None:
        self.code = 204
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.code, headers={"Location": "/elsewhere"})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def deliverer(
    redis_client: redis.asyncio.Redis, receiver: Receiver, clock: FakeClock
) -> AsyncIterator[Deliverer]:
    channel = Channel(name="desk", webhook=receiver.address, secret=SECRET)
    sender = WebhookSender({"desk": channel}, clock)
    yield Deliverer(
        watches=[
            Watch(id="naval", name="Naval", topics=("naval_moves",), channels=("desk",)),
            Watch(id="other", name="Other", topics=("alliances",), channels=("desk",)),
        ],
        store=RedisDeliveries(redis_client, RedisCalls(clock, Waiting()), clock),
        sender=sender,
        clock=clock,
        metrics=AlerterMetrics(STATUSES, CollectorRegistry()),
    )
    await sender.close()


async def test_a_delivery_is_signed_and_names_watch_and_alert(deliverer: Deliverer, receiver: Receiver) -> None:
    alert = an_opened_alert()
    await deliverer.notify([alert])
    assert await deliverer.deliver() == 1
    ((headers, body),) = receiver.got
    notice = msgspec.json.decode(body, type=Notice)
    assert (notice.type, notice.watch, notice.alert) == ("alert.opened", "naval", alert)
    assert headers["webhook-id"] == f"naval.desk.{alert.id}.1"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_a_revision_that_is_noted_twice_is_delivered_once(deliverer: Deliverer, receiver: Receiver) -> None:
    alert = an_opened_alert()
    await deliverer.notify([alert, alert])
    await deliverer.deliver()
    await deliverer.notify([alert])
    assert await deliverer.deliver() == 0
    assert len(receiver.got) == 1


@pytest.mark.parametrize("code", [500, 404, 302])
async def test_what_does_not_arrive_is_tried_again_under_the_same_id(
    deliverer: Deliverer, receiver: Receiver, clock: FakeClock, code: int
) -> None:
    receiver.code = code
    await deliverer.notify([an_opened_alert()])
    await deliverer.deliver()
    assert await deliverer.deliver() == 0  # not before its time
    clock.advance(6)
    receiver.code = 200
    assert await deliverer.deliver() == 1
    clock.advance(90_000)
    assert await deliverer.deliver() == 0
    assert len(receiver.got) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


async def test_after_a_day_it_is_put_aside(
    deliverer: Deliverer, receiver: Receiver, clock: FakeClock, redis_client: redis.asyncio.Redis
) -> None:
    receiver.code = 503
    await deliverer.notify([an_opened_alert()])
    attempts = 0
    for _ in range(60):
        attempts += await deliverer.deliver()
        clock.advance(3600)
    assert attempts == len(receiver.got)
    assert 20 < attempts < 32
    assert await redis_client.llen(f"{ALERTS_WATCH}:given_up") == 1
    assert await redis_client.zcard(f"{ALERTS_WATCH}:due") == 0


async def test_what_was_lent_to_a_worker_that_died_is_lent_again(
    deliverer: Deliverer, redis_client: redis.asyncio.Redis, clock: FakeClock, receiver: Receiver
) -> None:
    await deliverer.notify([an_opened_alert()])
    other = RedisDeliveries(redis_client, RedisCalls(clock, Waiting()), clock)
    assert len(await other.due(5)) == 1
    assert await deliverer.deliver() == 0
    clock.advance(61)
    assert await deliverer.deliver() == 1
    assert len(receiver.got) == 1
