"""A store that was lost is made again from Kafka, and holds the same alerts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from services.alert_store.redis import AlertRecords
from services.alerter.edges.redis import RedisStories, RedisStoryWriter
from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.rebuild import Rebuild, Report
from services.alerter.status import STATUSES
from services.cli.app import build
from services.contracts import codec, redis_keys, stories, topics
from services.contracts.messages import Alert, Change, Duplicate, TaggedArticle, UniqueArticle
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.alerts import KOREA, RETENTION, RUSSIA, a_copy, a_delivery, a_tag, a_tagged, member_of, shipped_rules
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher, deliver
from tests.support.stack import MakeTopics

pytestmark = pytest.mark.stack
HOUR = timedelta(hours=1)
STALE = timedelta(hours=48)
Message = TaggedArticle | Duplicate


def a_history() -> list[Message]:
    """Stories that open, grow, are copied, change a fact, wait as backfill."""
    first = a_tagged()
    second = a_tagged(
        url="https://b.example/1",
        outlet="b.example",
        family="b.example",
        title="Ships of two fleets pass",
        seen=START + HOUR,
        tags=(a_tag("alliances", actors=(RUSSIA, KOREA)),),
        verdict="same_story",
    )
    update = a_tagged(
        text="Two navies met off the cape on Tuesday, and twelve ships took part, officials said.",
        fetched_at=START + 2 * HOUR,
        verdict="update",
        changes=(Change(kind="numbers", before="8", after="12"),),
    )
    copies = [
        a_copy(first, url=f"https://copy{n}.example/1", outlet=f"copy{n}.example", seen=START + n * HOUR)
        for n in range(1, 4)
    ]
    waiting = a_tagged(story="b" * 24, url="https://old.example/1", backfill=True)
    other = a_tagged(story="c" * 24, url="https://c.example/1", outlet="c.example", family="c.example", title="Third")
    return [first, second, *copies[:2], update, waiting, other, copies[2]]


class MemoryLog:
    """Topics in memory."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self._deliveries = deliveries

    async def read(self, topic: str) -> AsyncIterator[Sequence[Delivery]]:
        yield [delivery for delivery in self._deliveries if delivery.topic == topic]


class World:
    """The alerter on a real store, and what it would have on Kafka."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self.client = client
        self.clock = FakeClock()
        self.calls = RedisCalls(self.clock, Waiting())
        self.store = AlertRecords(client, self.calls, self.clock, RETENTION)
        self.publisher = FakePublisher()
        self.handler = AlerterHandler(
            store=self.store,
            stories=RedisStories(client, self.calls),
            publisher=self.publisher,
            rules=shipped_rules(),
            stale_after=STALE,
            clock=self.clock,
            metrics=AlerterMetrics(STATUSES, CollectorRegistry()),
        )

    async def live(self, history: Sequence[Message]) -> None:
        for message in history:
            member = member_of(message)
            key = redis_keys.story("en", message.story_id)
            await self.client.hsetnx(key, member.article_id, stories.encode_member(member).decode())
            await self.handler.handle([a_delivery(message)])

    async def rebuild(self, history: Sequence[Message]) -> Report:
        return await Rebuild(
            log=MemoryLog(deliver(as_sent(history) + self.publisher.on(topics.ALERTS))),
            store=self.store,
            stories=RedisStories(self.client, self.calls),
            writer=RedisStoryWriter(self.client, self.calls),
            rules=shipped_rules(),
            stale_after=STALE,
            clock=self.clock,
        ).run()

    async def state(self) -> dict[bytes, Any]:
        """Alerts, dossiers, indexes and stories, but not the tokens, which count writes."""
        found: dict[bytes, Any] = {}
        for key in await self.client.keys("*"):
            assert isinstance(key, bytes)
            kind = await self.client.type(key)
            if kind == b"hash":
                found[key] = {
                    k: v for k, v in (await self.client.hgetall(key)).items() if k not in (b"token", b"indexed")
                }
            elif kind == b"zset" and not key.endswith(b"expiry"):
                found[key] = await self.client.zrange(key, 0, -1, withscores=True)
        return found


def as_sent(history: Sequence[Message]) -> list[Outgoing]:
    """What deduper and tagger sent for a history."""
    sent: list[Outgoing] = []
    for message in history:
        key, value = message.story_id.encode(), codec.encode(message)
        if isinstance(message, Duplicate):
            sent.append(Outgoing(topics.DUPLICATES, key, value))
            continue
        unique = UniqueArticle(
            article=message.article,
            story_id=message.story_id,
            verdict=message.verdict,
            deduped_at=message.deduped_at,
            link=message.link,
            changes=message.changes,
        )
        sent += [Outgoing(topics.UNIQUE, key, codec.encode(unique)), Outgoing(topics.TAGGED, key, value)]
    return sent


@pytest.fixture
def world(redis_client: redis.asyncio.Redis) -> World:
    return World(redis_client)


async def test_a_lost_store_is_made_again_the_same(world: World) -> None:
    history = a_history()
    await world.live(history)
    before, sent = await world.state(), len(world.publisher.sent)
    await world.client.flushdb()
    report = await world.rebuild(history)
    assert (report.alerts, report.stories, report.restored, report.opened) == (2, 3, 3, 0)
    after = await world.state()
    told = [key for key in before if key.startswith(b"ww:1:{al}:alert:")]
    assert len(told) == 3
    assert after == before
    assert len(world.publisher.sent) == sent


async def test_on_a_store_that_lost_nothing_it_changes_nothing(world: World) -> None:
    history = a_history()
    await world.live(history)
    before = await world.state()
    report = await world.rebuild(history)
    assert (report.restored, report.opened, report.members) == (0, 0, 0)
    assert await world.state() == before
    await world.client.flushdb()
    await world.rebuild(history)
    assert (await world.rebuild(history)).restored == 0


async def test_what_an_analyst_did_comes_back(world: World) -> None:
    history = a_history()
    await world.live(history)
    latest = codec.decode(world.publisher.on(topics.ALERTS)[-1].value, Alert)
    muted = msgspec.structs.replace(
        latest,
        revision=latest.revision + 1,
        state="muted",
        changes=(Change(kind="state", before="new", after="muted"),),
    )
    world.publisher.sent.append(Outgoing(topics.ALERTS, b"k", codec.encode(muted)))
    await world.client.flushdb()
    await world.rebuild(history)
    (stored,) = await world.store.load([redis_keys.alert(muted.id)])
    assert stored.alert is not None
    assert (stored.alert.state, stored.alert.revision, stored.published) == ("muted", muted.revision, muted.revision)
    await world.live(history)
    assert (await world.store.load([redis_keys.alert(muted.id)]))[0].alert == stored.alert


async def test_an_alert_that_was_never_published_is_published_now(world: World) -> None:
    history = a_history()[:1]
    report = await world.rebuild(history)
    assert report.opened == 1
    await world.handler.sweep(older_than_seconds=0)
    assert len(world.publisher.on(topics.ALERTS)) == 1


async def test_an_alert_whose_articles_are_gone_comes_back_as_it_was(world: World) -> None:
    await world.live(a_history()[:1])
    alert = codec.decode(world.publisher.on(topics.ALERTS)[-1].value, Alert)
    await world.client.flushdb()
    await world.rebuild([])
    (stored,) = await world.store.load([redis_keys.alert(alert.id)])
    assert stored.alert == alert


async def test_the_command_reads_the_topics(kafka: str, make_topics: MakeTopics, redis_url: str, world: World) -> None:
    await make_topics([topics.UNIQUE, topics.DUPLICATES, topics.TAGGED, topics.ALERTS])
    history = a_history()
    await world.live(history)
    before = await world.state()
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    bad = Outgoing(topics.TAGGED, b"k", b"{")
    await publisher.publish([*as_sent(history), *world.publisher.on(topics.ALERTS), bad])
    await publisher.stop()
    await world.client.flushdb()
    arguments = ["rebuild", "--kafka", kafka, "--redis", redis_url, "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, build(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    report = msgspec.json.decode(result.stdout)
    assert (report["alerts"], report["restored"], report["undecodable"]) == (2, 3, 1)
    after = await world.state()
    index = {key for key in after if b"{dd:" in key and b":story:" not in key}
    assert {key: held for key, held in after.items() if key not in index} == before
    assert await world.client.exists(redis_keys.DEDUPE_BUILT)
