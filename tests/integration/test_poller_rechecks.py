"""Pages looked at again, on a real broker, store, worker and page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import redis.asyncio
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from prometheus_client import CollectorRegistry

from services.contracts import codec
from services.contracts.messages import Alert, Article
from services.poller.__main__ import build
from services.poller.core.rechecks import WatchedPage, pages_of
from services.poller.rechecks.rechecker import WatchedPages
from services.poller.rechecks.store import RedisWatchedPages
from services.poller.settings import PollerSettings
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from services.runtime.redis.connection import RedisCalls
from tests.support.alerts import an_opened_alert
from tests.support.clock import START
from tests.support.rechecks import FakeWatchedPages
from tests.support.stack import MakeTopics

pytestmark = pytest.mark.stack

STORY = (
    "Three ships were seized off the cape on Tuesday, officials in the capital said after a long night at sea.",
    "The navy of Larn had followed the ships since Sunday, when they had left the port of Aster without a word.",
    "Nobody was hurt, a spokesman told reporters on the quay, and the crews have spoken to their families.",
    "A court is to hear the captains next week, and the owner of the ships has asked for their release at once.",
)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[str, list[str]]]:
    """A page whose paragraphs can be changed, and its address."""
    paragraphs = list(STORY)

    async def page(_: web.Request) -> web.Response:
        body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        return web.Response(
            text=f"<html><body><article><h1>Ships</h1>{body}</article></body></html>", content_type="text/html"
        )

    app = web.Application()
    app.router.add_get("/ships", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/ships", paragraphs
    finally:
        await runner.cleanup()


def an_alert(url: str, seen: datetime) -> Alert:
    alert = msgspec.structs.replace(an_opened_alert(), severity="critical")
    (source,) = alert.sources
    return msgspec.structs.replace(
        alert, sources=(msgspec.structs.replace(source, url=url, first_seen_at=seen, published_at=seen),)
    )


async def test_a_page_that_changes_is_published_as_a_version_of_its_article(
    kafka: str, redis_url: str, tmp_path: Path, make_topics: MakeTopics
) -> None:
    await make_topics(["articles", "alerts"])
    feeds = tmp_path / "feeds.opml"
    feeds.write_text('<opml version="2.0"><body></body></opml>')
    settings = PollerSettings(
        kafka=kafka,
        redis=redis_url,
        feeds=(str(feeds),),
        allow_private=("127.0.0.1/32",),
        workers=1,
        host_gap_seconds=0.1,
        recheck_after_hours=("0.001", "1"),
    )
    async with serving() as (url, paragraphs):
        alert = an_alert(url, datetime.now(UTC))
        registry = CollectorRegistry()
        context = Context(service="poller", registry=registry, clock=SystemClock(), waiting=Waiting())
        service = build(settings, context)
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        consumer = AIOKafkaConsumer("articles", bootstrap_servers=kafka, auto_offset_reset="earliest", group_id=None)
        await producer.start()
        await consumer.start()
        await service.start()
        try:
            await producer.send_and_wait("alerts", key=alert.id.encode(), value=codec.encode(alert))
            while registry.get_sample_value("wirewatch_poller_rechecks_total", {"outcome": "first"}) != 1:
                await asyncio.sleep(0.1)
            paragraphs[0] = paragraphs[0].replace("Three", "Two")
            while True:
                article = codec.decode((await consumer.getone()).value, Article)
                if article.id == alert.sources[0].article_id:
                    break
        finally:
            await service.stop()
            await consumer.stop()
            await producer.stop()
    assert article.recheck is not None
    assert [(one.before, one.after) for one in article.recheck.differences] == [
        ("Three ships were seized", "Two ships were seized")
    ]


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, redis_client: redis.asyncio.Redis) -> WatchedPages:
    """The fake and the real one: what holds for one holds for both."""
    if request.param == "memory":
        return FakeWatchedPages()
    return RedisWatchedPages(redis_client, RedisCalls(SystemClock(), Waiting()), kept_for=timedelta(days=9))


def a_page() -> WatchedPage:
    (page,) = pages_of(an_alert("https://news.example/ships", START), START)
    return page


async def test_a_page_is_leased_to_one_and_kept_for_its_next_look(store: WatchedPages) -> None:
    assert await store.add(a_page())
    assert not await store.add(a_page())
    (claim,) = await store.claim(START, 10)
    assert claim.page == a_page()
    assert await store.claim(START + timedelta(minutes=1), 10) == []
    taken = msgspec.structs.replace(a_page(), text="Three ships.\n" * 3000, taken_at=START)
    await store.finish(claim, taken, START + timedelta(days=1))
    assert await store.claim(START + timedelta(hours=23), 10) == []
    (again,) = await store.claim(START + timedelta(days=1), 10)
    assert again.page == taken


async def test_a_killed_pollers_lease_ends(store: WatchedPages) -> None:
    await store.add(a_page())
    await store.claim(START, 10)
    assert [claim.page for claim in await store.claim(START + timedelta(minutes=16), 10)] == [a_page()]


async def test_a_page_whose_looks_are_done_is_not_taken_again(store: WatchedPages) -> None:
    await store.add(a_page())
    (claim,) = await store.claim(START, 10)
    await store.finish(claim, None, None)
    assert not await store.add(a_page())
    assert await store.claim(START + timedelta(days=30), 10) == []


async def test_turns_are_counted_by_day(store: WatchedPages) -> None:
    assert [await store.take_turn(START, 2) for _ in range(3)] == [True, True, False]
    assert await store.take_turn(START + timedelta(days=1), 2)


async def test_a_page_that_has_expired_is_taken_off_the_schedule(redis_client: redis.asyncio.Redis) -> None:
    store = RedisWatchedPages(redis_client, RedisCalls(SystemClock(), Waiting()), kept_for=timedelta(days=9))
    await store.add(a_page())
    (name,) = [key async for key in redis_client.scan_iter("*:recheck:*") if await redis_client.type(key) == b"string"]
    assert 8 * 86_400 < await redis_client.ttl(name) <= 9 * 86_400
    await redis_client.delete(name)
    assert await store.claim(START, 10) == []
    assert [key async for key in redis_client.scan_iter("*:recheck:due")] == []
