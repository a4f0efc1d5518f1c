"""Alerts made again from the topics, on fakes: the same alerts, split stories and merged alerts among them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from services.alerter.ports import StoryKey
from services.alerter.rebuild import Rebuild, Report
from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert, Duplicate, TaggedArticle
from services.contracts.stories import StoryMember
from services.runtime.messages.delivery import Delivery, Outgoing
from tests.support.alerts import FakeStories, a_copy, shipped_rules
from tests.support.clock import START, FakeClock
from tests.support.publisher import deliver
from tests.unit.alerter.test_handler import World, plain
from tests.unit.alerter.test_joining import IRAN, SEIZED, told

HOUR = timedelta(hours=1)
Message = TaggedArticle | Duplicate


class MemoryLog:
    """Topics in memory."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self._deliveries = deliveries

    async def read(self, topic: str) -> AsyncIterator[Sequence[Delivery]]:
        yield [delivery for delivery in self._deliveries if delivery.topic == topic]


class MemoryWriter:
    """Story members into the fake of the deduper's stories."""

    def __init__(self, stories: FakeStories) -> None:
        self._stories = stories

    async def add(self, members: Sequence[tuple[StoryKey, StoryMember]]) -> int:
        for key, member in members:
            self._stories.by_story.setdefault(key.story_id, {}).setdefault(member.article_id, member)
        return len(members)


def a_history() -> list[Message]:
    """An event in two stories, a story with two events, and a report that tied two alerts."""
    shot = told(2, "Iran attacks tanker", "attack", story=SEIZED.story_id, hours=3, agents=(IRAN,), objects=())
    joined = told(3, "Coast guard boards Marinera", "intercept", hours=5, asset_name="Marinera")
    copy = a_copy(shot, url="https://copy.example/1", outlet="copy.example", seen=START + 4 * HOUR)
    apart = told(5, "Vessel from Murmansk searched", "intercept", hours=6, agents=(), objects=(), asset="ship")
    tie = told(
        6, "Vessel from Murmansk searched", "intercept", hours=7, objects=(), asset="ship", asset_name="Marinera"
    )
    return [SEIZED, shot, joined, copy, apart, tie]


async def rebuilt(world: World, history: Sequence[Message]) -> tuple[World, Report]:
    """A world with nothing in its store, after a rebuild from what another has sent."""
    fresh = World()
    sent = [
        Outgoing(topics.DUPLICATES if isinstance(one, Duplicate) else topics.TAGGED, b"", codec.encode(one))
        for one in history
    ]
    fresh.stories.add(*history)
    report = await Rebuild(
        log=MemoryLog(deliver([*sent, *world.publisher.on(topics.ALERTS)])),
        store=fresh.store,
        stories=fresh.stories,
        writer=MemoryWriter(fresh.stories),
        rules=shipped_rules(),
        stale_after=timedelta(hours=48),
        clock=FakeClock(),
    ).run()
    return fresh, report


def standing(world: World) -> dict[str, Alert]:
    return {id_: plain(alert) for id_, alert in world.store.alerts().items()}


async def test_a_lost_store_is_made_again_the_same() -> None:
    world, history = World(), a_history()
    for message in history:
        await world.take(message)
    assert any(alert.merged_into for alert in world.sent())
    fresh, report = await rebuilt(world, history)
    assert standing(fresh) == standing(world)
    assert fresh.store.facts() == world.store.facts()
    assert (report.opened, report.undecodable) == (0, 0)
    assert not fresh.store.outbox
    before = dict(fresh.store.records)
    for message in history:
        assert await fresh.take(message) == ["unchanged"]
    assert fresh.store.records == before


async def test_what_was_never_published_is_opened_and_waits_in_the_outbox() -> None:
    fresh, report = await rebuilt(World(), a_history())
    assert report.opened == len(fresh.store.alerts()) == 2
    assert len(fresh.store.outbox) == 2


async def test_an_alert_whose_articles_are_gone_comes_back_as_it_was() -> None:
    world = World()
    await world.take(SEIZED)
    (alert,) = world.sent()
    fresh, _ = await rebuilt(world, [])
    record = fresh.store.records[redis_keys.alert(alert.id)]
    assert (record.alert, record.published) == (alert, 1)
