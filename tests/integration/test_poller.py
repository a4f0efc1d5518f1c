"""The poller as a process would be: real HTTP, real workers, a real store and a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis.asyncio
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from prometheus_client import CollectorRegistry

from services.contracts import codec
from services.contracts.messages import Article
from services.contracts.redis_keys import POLLER_STATUS
from services.poller.__main__ import build
from services.poller.core.state import FeedState, Health
from services.poller.edges.redis import RedisFeedStore, wish
from services.poller.service import PollerService
from services.poller.settings import PollerSettings
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.lag import ConsumerLag, LagMetrics
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from services.runtime.redis.connection import RedisCalls
from tests.support.poller import a_feed, an_item, rss
from tests.support.stack import MakeTopics

pytestmark = pytest.mark.stack


@dataclass
class FeedServer:
    """One feed on loopback; ``items`` is what it holds now."""

    items: list[str] = field(default_factory=list)
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        tag = f'"{len(self.items)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(body=rss(*self.items), headers={"ETag": tag}, content_type="application/rss+xml")


@asynccontextmanager
async def serving() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    app = web.Application()
    app.router.add_get("/feed.xml", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"
    try:
        yield server
    finally:
        await runner.cleanup()


def a_service(kafka: str, redis_url: str, feeds: Path) -> PollerService:
    settings = PollerSettings(
        kafka=kafka, redis=redis_url, feeds=(str(feeds),), allow_private=("127.0.0.1/32",), fetchers=4, workers=1
    )
    return build(settings, a_context())


async def until(found: list[Article], count: int, consumer: AIOKafkaConsumer, ours: str) -> None:
    """Read until ``count`` articles of our feed are there; the test's own time limit ends a wait in vain."""
    while len(found) < count:
        message = await consumer.getone()
        article = codec.decode(message.value, Article)
        if article.feed.url == ours:
            found.append(article)


async def test_a_feed_reaches_the_topic_once_and_new_items_follow(
    kafka: str, redis_url: str, tmp_path: Path, make_topics: MakeTopics
) -> None:
    await make_topics(["articles"])
    async with serving() as server:
        server.items = [an_item(1)]
        feeds = tmp_path / "feeds.opml"
        feeds.write_text(
            f'<opml version="2.0"><body><outline text="Ours" xmlUrl="{server.url}" wirewatchIntervalSeconds="0.2"/>'
            "</body></opml>"
        )
        service = a_service(kafka, redis_url, feeds)
        consumer = AIOKafkaConsumer("articles", bootstrap_servers=kafka, auto_offset_reset="earliest", group_id=None)
        await consumer.start()
        found: list[Article] = []
        await service.start()
        try:
            assert service.ready() is None
            await until(found, 1, consumer, server.url)
            while len(server.asked) < 3:  # a poll that brings nothing lies between
                await asyncio.sleep(0.05)
            server.items = [an_item(2), *server.items]
            await until(found, 2, consumer, server.url)
        finally:
            await service.stop()
            await consumer.stop()
    assert [(article.title, article.backfill) for article in found] == [("Report 1", True), ("Report 2", False)]
    assert any(request.headers.get("If-None-Match") == '"1"' for request in server.asked)
    assert not any("Cookie" in request.headers or "Referer" in request.headers for request in server.asked)
    assert server.asked[0].headers["User-Agent"].startswith("wirewatch/")


def a_store(client: redis.asyncio.Redis) -> RedisFeedStore:
    return RedisFeedStore(client, RedisCalls(SystemClock(), Waiting()), SystemClock())


NOW = datetime(2024, 6, 20, 9, 0, tzinfo=UTC)


async def test_two_pollers_share_the_feeds_and_a_killed_ones_lease_ends(redis_client: redis.asyncio.Redis) -> None:
    feeds = {feed.id: feed for feed in (a_feed(f"https://{n}.example/feed") for n in range(40))}
    first, second = a_store(redis_client), a_store(redis_client)
    await first.sync(feeds, dict.fromkeys(feeds, NOW))
    mine, theirs = await asyncio.gather(first.claim(NOW, 25), second.claim(NOW, 25))
    assert len({claim.feed_id for claim in [*mine, *theirs]}) == 40 == len(mine) + len(theirs)
    done = FeedState(next_poll_at=NOW + timedelta(hours=1))
    for claim in mine:
        assert await first.finish(claim, done, b"")
    assert await first.claim(NOW + timedelta(seconds=60), 100) == []
    orphans = await first.claim(NOW + timedelta(seconds=121), 100)  # the second poller was killed
    assert {claim.feed_id for claim in orphans} == {claim.feed_id for claim in theirs}
    assert not await second.finish(theirs[0], done, b"")  # it was only slow: its lease is gone, and so is its word


async def test_a_restart_polls_nothing_early(redis_client: redis.asyncio.Redis) -> None:
    feeds = {feed.id: feed for feed in (a_feed(f"https://{n}.example/feed") for n in range(5))}
    for _ in range(20):
        store = a_store(redis_client)
        await store.sync(feeds, dict.fromkeys(feeds, NOW))
        for claim in await store.claim(NOW, 100):
            await store.finish(claim, FeedState(next_poll_at=NOW + timedelta(hours=1), health=Health(polls=1)), b"")
    assert await a_store(redis_client).claim(NOW + timedelta(minutes=59), 100) == []
    claims = await a_store(redis_client).claim(NOW + timedelta(minutes=61), 100)
    assert [claim.state.health.polls for claim in claims] == [1] * 5


async def test_a_feed_that_leaves_the_list_is_not_polled_and_comes_back_where_it_was(
    redis_client: redis.asyncio.Redis,
) -> None:
    feed, store = a_feed(), a_store(redis_client)
    await store.sync({feed.id: feed}, {feed.id: NOW})
    (claim,) = await store.claim(NOW, 1)
    await store.finish(claim, FeedState(next_poll_at=NOW + timedelta(hours=1)), b"")
    await store.sync({}, {})
    assert await store.claim(NOW + timedelta(hours=2), 10) == []
    await store.sync({feed.id: feed}, {feed.id: NOW})
    assert await store.claim(NOW + timedelta(minutes=59), 10) == []
    assert len(await store.claim(NOW + timedelta(hours=1), 10)) == 1


async def test_a_host_is_taken_by_one_and_kept_apart(redis_client: redis.asyncio.Redis) -> None:
    store = a_store(redis_client)
    assert await store.take_host("news.example", NOW, 5) == 0
    assert await store.take_host("news.example", NOW + timedelta(seconds=6), 5) > 0  # still in flight
    await store.release_host("news.example")
    assert await store.take_host("news.example", NOW + timedelta(seconds=2), 5) > 0  # too soon
    assert await store.take_host("news.example", NOW + timedelta(seconds=6), 5) == 0
    await store.release_host("news.example")
    await store.pause_host("news.example", NOW + timedelta(hours=2))
    assert await store.take_host("news.example", NOW + timedelta(hours=1), 5) >= 3600
    assert await store.take_host("other.example", NOW, 5) == 0


async def test_a_finished_poll_sets_its_host_free(redis_client: redis.asyncio.Redis) -> None:
    feed, store = a_feed(), a_store(redis_client)
    await store.sync({feed.id: feed}, {feed.id: NOW})
    [claim] = await store.claim(NOW, 1)
    assert await store.take_host("news.example", NOW, 5) == 0
    assert await store.finish(claim, FeedState(next_poll_at=NOW + timedelta(hours=1)), None, host="news.example")
    assert await store.take_host("news.example", NOW + timedelta(seconds=6), 5) == 0


async def test_a_clock_that_is_set_back_holds_neither_host_nor_feed_in_the_future(
    redis_client: redis.asyncio.Redis,
) -> None:
    feed, store, ahead = a_feed(), a_store(redis_client), NOW + timedelta(days=1)
    await store.sync({feed.id: feed}, {feed.id: ahead})
    assert await store.take_host("news.example", ahead, 5) == 0
    await store.release_host("news.example")
    assert await store.take_host("news.example", NOW, 5) <= 5
    assert await store.take_host("news.example", NOW + timedelta(seconds=5), 5) == 0
    assert await store.claim(NOW, 1) == []
    await store.advance_due({feed.id: NOW, "unknown": NOW})
    assert len(await store.claim(NOW, 10)) == 1
    await store.advance_due({feed.id: NOW})
    assert await store.claim(NOW, 10) == []  # whoever polls it keeps it


async def test_a_feed_that_was_polled_under_a_clock_ahead_is_not_leased_until_then(
    redis_client: redis.asyncio.Redis,
) -> None:
    feeds = {feed.id: feed for feed in (a_feed(), a_feed(url="https://other.example/feed"))}
    store, ahead = a_store(redis_client), NOW + timedelta(days=1)
    await store.sync(feeds, dict.fromkeys(feeds, NOW))
    await store.claim(ahead, 1)
    await store.claim(NOW, 1)
    await store.shorten_leases(NOW)
    assert await store.claim(NOW + timedelta(seconds=119), 10) == []
    assert len(await store.claim(NOW + timedelta(seconds=121), 10)) == 2


def a_context() -> Context:
    return Context(service="poller", registry=CollectorRegistry(), clock=SystemClock(), waiting=Waiting())


def test_a_broken_feed_list_stops_the_start_naming_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "feeds.opml"
    broken.write_text("<opml><body>\n<outline xmlUrl='ftp://x/'/></body></opml>")
    with pytest.raises(UsageError, match=rf"{broken}, line 2: xmlUrl"):
        build(PollerSettings(feeds=(str(broken),)), a_context())


def test_an_allowed_address_that_is_none_is_said() -> None:
    with pytest.raises(UsageError, match="WIREWATCH_POLLER_ALLOW_PRIVATE: 'not a host'"):
        build(PollerSettings(allow_private=("not a host",)), a_context())


async def test_polling_waits_for_readers_that_are_far_behind(kafka: str, make_topics: MakeTopics) -> None:
    await make_topics(["articles"])
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for n in range(30):
        await producer.send_and_wait("articles", value=b"x", key=str(n).encode())
    await producer.stop()
    registry = CollectorRegistry()
    lag = ConsumerLag(kafka=KafkaAccess(kafka), limit=10, metrics=LagMetrics(registry), clock=SystemClock())
    watching = asyncio.create_task(lag.watch())
    while not lag.held_back:
        await asyncio.sleep(0.05)
    watching.cancel()
    assert (registry.get_sample_value("wirewatch_poller_consumer_lag_messages") or 0) >= 30
    lag._judge(6)
    assert lag.held_back
    lag._judge(5)
    assert not lag.held_back


async def test_paragraphs_are_counted_by_article_and_by_outlet(redis_client: redis.asyncio.Redis) -> None:
    store = a_store(redis_client)
    for article in ("a", "a", "b", "c", "d"):
        assert await store.repeated("news.example", ["x", "y"], article_id=article) == set()
    assert await store.repeated("news.example", ["x"], article_id="e") == {"x"}
    assert await store.repeated("news.example", ["x", "y", "z"], article_id=None) == {"x"}
    assert await store.repeated("other.example", ["x"], article_id="f") == set()


async def test_what_a_person_wants_asked_now_is_handed_out_once(redis_client: redis.asyncio.Redis) -> None:
    store = a_store(redis_client)
    assert await store.take_wishes() == []
    await wish(redis_client, ["a", "b", "a"])
    await wish(redis_client, [])
    assert sorted(await store.take_wishes()) == ["a", "b"]
    assert await store.take_wishes() == []


async def test_the_status_of_the_poller_is_there_to_read(redis_client: redis.asyncio.Redis) -> None:
    await a_store(redis_client).write_status({"feeds": 2, "answering": 0, "offline_since": "2026-11-30T14:47:00+00:00"})
    assert await redis_client.hgetall(POLLER_STATUS) == {
        b"feeds": b"2", b"answering": b"0", b"offline_since": b"2026-11-30T14:47:00+00:00",
    }  # fmt: skip
