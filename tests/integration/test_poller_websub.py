"""A real hub, feed, store and broker: what is pushed is on the topic without a poll. P56 to P60."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import redis.asyncio
from aiohttp import web
from aiokafka import AIOKafkaConsumer
from prometheus_client import CollectorRegistry

from services.contracts import codec
from services.contracts.ids import feed_id
from services.contracts.messages import Article
from services.poller.__main__ import build
from services.poller.core.state import FeedState
from services.poller.edges.redis import RedisFeedStore
from services.poller.ports import Push
from services.poller.settings import PollerSettings
from services.poller.websub import store as websub_store
from services.poller.websub.protocol import HubLink, after_failure, new_subscription, requested
from services.poller.websub.server import PUSH_BYTES
from services.poller.websub.store import RedisPushStore
from services.runtime.errors import UsageError
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from services.runtime.redis.connection import RedisCalls
from tests.support.hub import Hub, hub
from tests.support.poller import a_feed, an_item, rss
from tests.support.stack import MakeTopics

pytestmark = pytest.mark.stack

NOW = datetime(2024, 6, 20, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def feed_of(hub_url: str) -> AsyncIterator[tuple[str, list[str]]]:
    """A feed that names the hub, its address, and a line for every request for it."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        links = f'<{hub_url}>; rel="hub", <{url}>; rel="self"'
        return web.Response(body=rss(an_item(1)), headers={"Link": links, "ETag": '"1"'}, content_type="text/xml")

    app = web.Application()
    app.router.add_get("/feed.xml", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"
    try:
        yield url, asked
    finally:
        await runner.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def subscribed(
    kafka: str, redis_url: str, tmp_path: Path, feed: str, at: Hub
) -> AsyncIterator[tuple[str, CollectorRegistry]]:
    """A poller of ``feed`` alone, subscribed to its hub: the callback, and its metrics."""
    listing = tmp_path / "feeds.opml"
    listing.write_text(f'<opml version="2.0"><body><outline text="Ours" xmlUrl="{feed}"/></body></opml>')
    port = free_port()
    registry = CollectorRegistry()
    settings = PollerSettings(
        kafka=kafka, redis=redis_url, feeds=(str(listing),), allow_private=("127.0.0.1/32",), fetchers=4, workers=1,
        spread_seconds=0, host_gap_seconds=0, websub_url=f"http://127.0.0.1:{port}/behind/a/proxy", websub_port=port,
    )  # fmt: skip
    service = build(settings, Context(service="poller", registry=registry, clock=SystemClock(), waiting=Waiting()))
    await service.start()
    try:
        while feed not in at.subscribers:
            await asyncio.sleep(0.05)
        yield at.subscribers[feed][0], registry
    finally:
        await service.stop()


async def test_a_push_reaches_the_topic_and_a_forged_one_does_not(
    kafka: str, redis_url: str, tmp_path: Path, make_topics: MakeTopics
) -> None:
    await make_topics(["articles"])
    consumer = AIOKafkaConsumer("articles", bootstrap_servers=kafka, auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        async with (
            hub() as at,
            feed_of(at.url) as (feed, asked),
            subscribed(kafka, redis_url, tmp_path, feed, at) as (callback, registry),
        ):
            (form,) = at.requests
            assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", feed)
            assert callback.startswith(form["hub.callback"].rpartition("/")[0])
            assert len(callback.rpartition("/")[2]) >= 43  # 256 bits
            assert await at.ask_back(callback, feed, "again") == (404, "")  # P56: nothing is pending
            assert (await at.ask_back(callback + "x", feed, "guess"))[0] == 404
            for signature in (None, "sha256=" + "0" * 64, "md5=" + "0" * 32, "nonsense"):  # P57, P58
                assert await at.push(feed, rss(an_item(99)), signature=signature) == 202
            for number, method in enumerate(("sha1", "sha256", "sha384", "sha512"), start=2):
                at.method = method
                assert await at.push(feed, rss(an_item(number))) == 202
            titles: list[str] = []
            while len(titles) < 5:
                article = codec.decode((await consumer.getone()).value, Article)
                titles += [article.title] if article.feed.url == feed else []
            assert titles == [f"Report {number}" for number in range(1, 6)]
            assert len(asked) == 1  # four items came without a poll
            counted = {
                status: registry.get_sample_value("wirewatch_poller_pushes_total", {"status": status})
                for status in ("taken", "unsigned")
            }
            assert counted == {"taken": 4, "unsigned": 4}
            other = '<opml version="2.0"><body><outline text="Other" xmlUrl="http://127.0.0.1:9/x"/></body></opml>'
            (tmp_path / "feeds.opml").write_text(other)
            while feed in at.subscribers:
                await asyncio.sleep(0.05)
            assert [form["hub.mode"] for form in at.requests] == ["subscribe", "unsubscribe"]
    finally:
        await consumer.stop()


async def test_the_listener_refuses_what_is_too_much(
    kafka: str, redis_url: str, tmp_path: Path, make_topics: MakeTopics
) -> None:
    await make_topics(["articles"])
    async with (
        hub() as at,
        feed_of(at.url) as (feed, _),
        subscribed(kafka, redis_url, tmp_path, feed, at) as (callback, registry),
    ):
        assert await at.push(feed, bytes(PUSH_BYTES + 1)) == 413
        assert await at.push(feed, b"\x1f\x8b", **{"Content-Encoding": "gzip"}) == 415
        async with aiohttp.ClientSession() as session:
            unknown = callback.rpartition("/")[0] + "/guess"
            assert (await session.post(unknown, data=b"x")).status == 410
            assert (await session.get(callback + "?" + "x" * 8001)).status in (400, 404)
            assert (await session.put(callback)).status == 405
        assert registry.get_sample_value("wirewatch_poller_pushes_total", {"status": "refused"}) == 2


def test_a_public_address_that_is_none_is_said() -> None:
    context = Context(service="poller", registry=CollectorRegistry(), clock=SystemClock(), waiting=Waiting())
    with pytest.raises(UsageError, match=r"WIREWATCH_POLLER_WEBSUB_URL is 'hooks\.example': give"):
        build(PollerSettings(websub_url="hooks.example"), context)


async def test_pushes_wait_in_order_within_bounds_and_outlive_a_poller(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, feed = RedisCalls(SystemClock(), Waiting()), a_feed()
    feeds, queue = RedisFeedStore(redis_client, calls, SystemClock()), RedisPushStore(redis_client, calls)
    await feeds.sync({feed.id: feed}, {feed.id: NOW})
    (claim,) = await feeds.claim(NOW, 1)
    assert not claim.pushed
    for number in range(2):  # they come while the feed is polled, and make it due when that is done
        assert await queue.enqueue(feed.id, Push(body=b"%d" % number, content_type=None, received_at=NOW))
    assert await feeds.claim(NOW, 1) == []
    state = FeedState(next_poll_at=NOW + timedelta(hours=1))
    await feeds.finish(claim, state, b"")
    taken = []
    for _ in range(2):
        (claim,) = await feeds.claim(NOW, 1)
        (push,) = [found for found in [await feeds.queued(feed.id)] if found]
        taken.append((claim.pushed, push.body))
        if not taken[1:]:  # the poller is killed: the next one, after the lease, finds the same push
            (claim,) = await feeds.claim(NOW + timedelta(seconds=121), 1)
            again = await feeds.queued(feed.id)
            assert again == push
        await feeds.finish(claim, state, b"")
    assert taken == [(True, b"0"), (True, b"1")]
    assert await feeds.claim(NOW + timedelta(minutes=59), 1) == []
    monkeypatch.setattr(websub_store, "MAX_WAITING_BYTES", 5000)
    kept = [await queue.enqueue(feed.id, Push(body=bytes(2000), content_type=None, received_at=NOW)) for _ in range(4)]
    assert kept == [True, True, False, False]
    await feeds.sync({}, {})
    assert not await queue.enqueue(feed.id, Push(body=b"", content_type=None, received_at=NOW))
    assert await redis_client.exists("ww:1:{po}:pushed", f"ww:1:{{po}}:push:{feed.id}") == 0


async def test_two_writers_of_a_subscription_notice_each_other(redis_client: redis.asyncio.Redis) -> None:
    store = RedisPushStore(redis_client, RedisCalls(SystemClock(), Waiting()))
    name = feed_id("https://news.example/feed")
    made = new_subscription(HubLink("https://hub.example/", "t"), token="token", secret="s", now=NOW)
    assert await store.replace(name, None, made)
    assert not await store.replace(name, None, made)
    assert await store.due_subscriptions(NOW, 10) == [name]
    assert await store.due_subscriptions(NOW, 10) == []  # somebody acts on it
    asked = requested(made, NOW)
    assert await store.replace(name, made, asked)
    assert not await store.replace(name, made, after_failure(made, NOW, "too late"))
    assert await store.subscription(name) == asked
    assert await store.feed_of("token") == name
    await store.later(name, NOW - timedelta(seconds=1))
    assert await store.due_subscriptions(NOW, 10) == [name]
    await store.forget(name)
    assert (await store.feed_of("token"), await store.subscription(name)) == (None, None)
