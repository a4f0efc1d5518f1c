"""Deliveries to alerts, on fakes: statuses, order of effects, crashes at every step."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from services.alerter.core import alert as core
from services.alerter.core import titles
from services.alerter.core.severity import Rules
from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES
from services.contracts import codec, topics
from services.contracts.messages import Alert, Change, DeadLetter, Duplicate, TaggedArticle
from services.runtime.messages.delivery import Delivery, Outgoing
from tests.support.alerts import (
    KOREA,
    RUSSIA,
    Crash,
    FakeAlertStore,
    FakeStories,
    a_copy,
    a_delivery,
    a_tag,
    a_tagged,
    an_event,
    shipped_rules,
)
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher

HOUR = timedelta(hours=1)


class World:
    """The alerter among fakes."""

    def __init__(self, publisher: FakePublisher | None = None) -> None:
        self.store = FakeAlertStore()
        self.stories = FakeStories()
        self.publisher: Any = publisher or FakePublisher()
        self.registry = CollectorRegistry()
        self.clock = FakeClock(START + timedelta(seconds=5))
        self.handler = AlerterHandler(
            store=self.store,
            stories=self.stories,
            publisher=self.publisher,
            rules=shipped_rules(),
            stale_after=timedelta(hours=48),
            clock=self.clock,
            metrics=AlerterMetrics(STATUSES, self.registry),
        )

    async def take(self, *messages: TaggedArticle | Duplicate) -> list[str]:
        """The deduper stores, the alerter handles."""
        self.stories.add(*messages)
        return list(await self.handler.handle([a_delivery(m, offset=n) for n, m in enumerate(messages)]))

    def sent(self) -> list[Alert]:
        return [codec.decode(message.value, Alert) for message in self.publisher.on(topics.ALERTS)]

    def counted(self, status: str) -> float:
        return self.registry.get_sample_value("wirewatch_alerter_articles_total", {"status": status}) or 0.0


@pytest.fixture
def world() -> World:
    return World()


async def test_a_fresh_article_opens_the_alert_of_its_story(world: World) -> None:
    assert await world.take(a_tagged()) == ["opened"]
    (alert,) = world.sent()
    assert alert.revision == 1
    assert alert.state == "new"
    assert alert.confidence == "single_source"
    assert alert.headline == "Two navies meet off the cape"
    assert alert.stages.alerted_at == world.clock.now()
    assert world.store.alert() == alert
    assert not world.store.outbox


async def test_the_message_is_keyed_by_alert_and_carries_its_revision(world: World) -> None:
    await world.take(a_tagged())
    (message,) = world.publisher.on(topics.ALERTS)
    (alert,) = world.sent()
    assert message.key == alert.id.encode()
    assert alert.id in message.headers["ce_id"]


async def test_the_same_delivery_again_changes_nothing(world: World) -> None:
    article = a_tagged()
    await world.take(article)
    writes = world.store.writes
    assert await world.take(article, article) == ["unchanged", "unchanged"]
    assert len(world.sent()) == 1
    assert world.store.writes == writes


async def test_a_copy_adds_a_source_and_says_nothing(world: World) -> None:
    article = a_tagged()
    copy = a_copy(article, url="https://other.example/1", outlet="other.example", seen=START + HOUR)
    assert await world.take(article) == ["opened"]
    assert await world.take(copy) == ["updated_silently"]
    assert len(world.sent()) == 1
    stored = world.store.alert()
    assert stored is not None
    assert [source.outlet for source in stored.sources] == ["news.example", "other.example"]
    assert stored.sources[1].folded_because == "same text as news.example"
    assert (stored.revision, stored.independent_sources) == (1, 1)


async def test_a_second_independent_source_is_a_revision(world: World) -> None:
    second = a_tagged(
        url="https://second.example/a",
        outlet="second.example",
        family="second.example",
        title="Fleets pass each other near the cape",
        verdict="same_story",
        seen=START + HOUR,
    )
    assert await world.take(a_tagged()) == ["opened"]
    assert await world.take(second) == ["revised"]
    alert = world.sent()[-1]
    assert alert.revision == 2
    assert alert.confidence == "corroborated"
    assert Change(kind="source", after="second.example") in alert.changes


async def test_a_new_topic_and_a_new_actor_are_told(world: World) -> None:
    more = a_tagged(
        url="https://news.example/pact",
        title="Pact signed",
        tags=(a_tag("alliances", actors=(RUSSIA, KOREA)),),
        seen=START + HOUR,
    )
    await world.take(a_tagged(), more)
    kinds = {(change.kind, change.after) for change in world.sent()[-1].changes}
    assert {("topic", "alliances"), ("actor", "North Korea")} <= kinds


async def test_a_changed_fact_is_told_once(world: World) -> None:
    update = a_tagged(
        text="Two navies met off the cape on Tuesday, and 12 ships took part, officials said.",
        verdict="update",
        changes=(Change(kind="numbers", before="8", after="12"), Change(kind="text")),
        fetched_at=START + HOUR,
    )
    assert await world.take(a_tagged(), update, update) == ["opened", "revised", "unchanged"]
    assert world.sent()[-1].changes == (Change(kind="numbers", before="8", after="12"),)


async def test_an_update_without_a_fact_is_only_counted(world: World) -> None:
    update = a_tagged(verdict="update", changes=(Change(kind="text"),), fetched_at=START + HOUR, text="x" * 50 + ".")
    assert await world.take(a_tagged(), update) == ["opened", "updated_silently"]


async def test_backfill_waits_for_something_fresh(world: World) -> None:
    assert await world.take(a_tagged(backfill=True)) == ["backfill"]
    assert world.store.alert() is None
    fresh = a_tagged(url="https://b.example/2", outlet="b.example", family="b.example", title="More", seen=START + HOUR)
    assert await world.take(fresh) == ["opened"]
    (alert,) = world.sent()
    assert alert.independent_sources == 2
    assert alert.headline == "Two navies meet off the cape"


async def test_a_copy_of_what_stood_in_a_feed_at_its_first_poll_opens_nothing_and_a_report_does(world: World) -> None:
    """Old news that is published again is old news; see docs/decisions/0501."""
    old = a_tagged(backfill=True)
    copy = a_copy(old, url="https://copy.example/1", outlet="copy.example", seen=START + HOUR)
    assert await world.take(old, copy) == ["backfill", "unchanged"]
    fresh = a_tagged(url="https://b.example/2", outlet="b.example", family="b.example", title="More", seen=START + HOUR)
    assert await world.take(fresh) == ["opened"]
    assert world.sent()[0].independent_sources == 2


async def test_a_copy_that_is_polled_before_its_original_is_one_alert_with_it(world: World) -> None:
    first = a_tagged(url="https://copy.example/1", outlet="copy.example", family="copy.example")
    original = a_copy(first, url="https://news.example/1", outlet="news.example", seen=START + HOUR)
    assert await world.take(first) == ["opened"]
    assert await world.take(original) == ["updated_silently"]
    (alert,) = world.store.alerts().values()
    assert [source.independent for source in alert.sources] == [True, False]


async def test_an_old_article_opens_no_alert(world: World) -> None:
    old = a_tagged(published_at=START - timedelta(days=3))
    assert await world.take(old, old) == ["stale", "unchanged"]
    assert not world.sent()


async def test_what_is_too_slight_waits_for_a_graver_report(world: World) -> None:
    asked = a_tagged(title="Is the bloc divided?", tags=(a_tag(events=(an_event("doubt", mode="opinion"),)),))
    url, tags = "https://other.example/1", (a_tag(events=(an_event("doubt"),)),)
    told = a_tagged(url=url, title="Bloc divided over war", tags=tags, outlet="other.example", verdict="same_story")
    assert await world.take(asked) == ["minor"]
    assert not world.sent()
    assert await world.take(told) == ["opened"]
    (alert,) = world.sent()
    assert {source.title for source in alert.sources} == {asked.article.title, told.article.title}


def copies_of(article: TaggedArticle, count: int) -> list[Duplicate]:
    return [
        a_copy(article, url=f"https://{n}.example/1", outlet=f"{n}.example", seen=START + timedelta(minutes=n))
        for n in range(count)
    ]


async def test_an_alert_is_decided_once_for_all_copies_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[core.Given] = []
    decide = core.decide

    def counted(given: core.Given, rules: Rules) -> Any:
        decided.append(given)
        return decide(given, rules)

    monkeypatch.setattr(core, "decide", counted)
    article, together, singly = a_tagged(), World(), World()
    copies = copies_of(article, 50)
    await together.take(article)
    statuses = await together.take(*copies)
    assert len(decided) == 2, "for the article, and for its copies"
    assert Counter(statuses) == {"updated_silently": 1, "unchanged": 49}

    await singly.take(article)
    for copy in copies:
        await singly.take(copy)
    assert together.store.alerts() == singly.store.alerts()


async def test_a_copy_asks_no_more_of_its_article_the_more_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    is_comment = titles.is_comment

    def counted(title: str, *more: Any, **named: Any) -> bool:
        asked.append(title)
        return is_comment(title, *more, **named)

    monkeypatch.setattr("services.alerter.core.sources.is_comment", counted)
    article = a_tagged()
    await world.take(article)
    counts: list[int] = []
    for copy in copies_of(article, 30):
        asked.clear()
        assert await world.take(copy) == ["updated_silently"]
        counts.append(len(asked))
    assert counts == [1] * 30


async def test_a_copy_of_a_story_without_tags_is_nothing(world: World) -> None:
    copy = a_copy(a_tagged(), url="https://other.example/1", outlet="other.example", seen=START)
    assert await world.take(copy) == ["unchanged"]
    assert not world.store.records


async def test_bytes_that_are_no_message_become_a_dead_letter_and_the_rest_goes_on(world: World) -> None:
    bad = Delivery(topic=topics.TAGGED, partition=0, offset=7, key=b"k", value=b"{")
    good = a_delivery(a_tagged())
    assert list(await world.handler.handle([bad, good, bad])) == ["dead", "opened", "dead"]
    letters = [codec.decode(m.value, DeadLetter) for m in world.publisher.on(topics.DEAD)]
    assert {(letter.service, letter.reason, letter.offset) for letter in letters} == {("alerter", "undecodable", 7)}


async def test_a_conflict_is_decided_again(world: World) -> None:
    world.store.conflicts = 2
    assert await world.take(a_tagged()) == ["opened"]
    assert world.registry.get_sample_value("wirewatch_alerter_conflicts_total") == 2
    assert len(world.sent()) == 1


async def test_every_delivery_has_one_status_and_is_counted(world: World) -> None:
    stories = [a_tagged(story=f"{n:024d}", url=f"https://news.example/{n}") for n in range(20)]
    statuses = await world.take(*stories, *stories)
    assert len(statuses) == 40
    assert sum(world.counted(status) for status in STATUSES) == 40
    assert (world.counted("opened"), world.counted("unchanged")) == (20, 20)


STEPS = ("before load", "before write", "after write", "publish", "before acknowledge", "after acknowledge")


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing(world: World, step: str) -> None:
    """Offsets are committed after the batch, so a crashed batch is delivered again to a new process."""
    messages = [
        a_tagged(),
        a_tagged(story="b" * 24, url="https://b.example/1", outlet="b.example", family="b.example"),
        a_tagged(url="https://c.example/1", outlet="c.example", family="c.example", title="Third", seen=START + HOUR),
    ]
    calm = World()
    await calm.take(*messages)
    if step == "publish":
        world.publisher = world.handler._publisher = DyingPublisher()
    else:
        world.store.crash_at = step
    with pytest.raises(Crash):
        await world.take(*messages)
    await world.handler.sweep(older_than_seconds=0)
    await world.take(*messages)
    assert {(a.id, a.revision) for a in world.sent()} >= {(a.id, a.revision) for a in latest(calm.sent())}
    assert [plain(a) for a in latest(world.sent())] == [plain(a) for a in latest(calm.sent())]
    assert not world.store.outbox


async def test_a_redelivery_sends_what_was_stored_but_not_sent(world: World) -> None:
    world.store.crash_at = "after write"
    with pytest.raises(Crash):
        await world.take(a_tagged())
    assert not world.sent()
    assert await world.take(a_tagged()) == ["unchanged"]
    assert [alert.revision for alert in world.sent()] == [1]
    assert not world.store.outbox


async def test_the_sweep_sends_the_outbox_and_purges(world: World) -> None:
    world.store.crash_at = "before acknowledge"
    with pytest.raises(Crash):
        await world.take(a_tagged())
    assert await world.handler.sweep() == 1
    assert await world.handler.sweep() == 0
    assert world.store.purged == 1
    assert world.registry.get_sample_value("wirewatch_alerter_outbox_alerts") == 0


async def test_an_alert_that_the_broker_refuses_stays_in_the_store(world: World) -> None:
    world.publisher.max_bytes = 10
    assert await world.take(a_tagged()) == ["opened"]
    assert world.store.alert() is not None
    assert not world.store.outbox


class DyingPublisher(FakePublisher):
    """Dies once, having sent nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.dead = False

    async def publish(self, messages: Any) -> Any:
        if not self.dead:
            self.dead = True
            raise Crash("publish")
        return await super().publish(messages)


def latest(alerts: list[Alert]) -> list[Alert]:
    """The last revision of each alert, by id."""
    by_id: dict[str, Alert] = {}
    for alert in alerts:
        held = by_id.get(alert.id)
        by_id[alert.id] = alert if held is None or alert.revision >= held.revision else held
    return [by_id[id_] for id_ in sorted(by_id)]


def plain(alert: Alert) -> Alert:
    """Without what depends on when and how it came to be."""
    nothing = alert.stages
    return msgspec.structs.replace(
        alert,
        changes=(),
        revision=1,
        stages=msgspec.structs.replace(
            nothing,
            alerted_at=START,
            article_id="",
            deduped_at=START,
            tagged_at=START,
            fetched_at=START,
            published_at=None,
            traceparent=None,
        ),
    )


class SlowPublisher(FakePublisher):
    """Acknowledges after other tasks have had many turns, as a broker does."""

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        for _ in range(20):
            await asyncio.sleep(0)
        return await super().publish(messages)


async def test_two_agents_and_a_sweep_send_every_revision_once_and_in_order() -> None:
    """One agent brings an article while the other brings copies of it, as a quiet system with many copies does."""
    world = World(SlowPublisher())
    firsts = [a_tagged(story=f"{n:024x}", url=f"https://news.example/{n}") for n in range(12)]
    more = (a_tag(actors=(RUSSIA, KOREA)),)
    seconds = [
        a_tagged(story=first.story_id, url=f"{first.article.url}/more", verdict="same_story", tags=more)
        for first in firsts
    ]

    async def agent(messages: Sequence[TaggedArticle | Duplicate]) -> None:
        for message in messages:
            await world.take(message)
            await asyncio.sleep(0)

    copies = [
        a_copy(first, url=f"https://{n}.example/{first.story_id}", outlet=f"{n}.example", seen=START)
        for first in firsts
        for n in range(10)
    ]
    sweeps = [world.handler.sweep(older_than_seconds=0) for _ in range(10)]
    await asyncio.gather(agent([*firsts, *seconds]), agent(copies), *sweeps)

    revisions = [(alert.story_id, alert.revision) for alert in world.sent()]
    assert len(revisions) >= 2 * len(firsts)
    assert sorted(revisions) == sorted(set(revisions)), "a revision was sent twice"
    for first in firsts:
        of_one = [revision for story, revision in revisions if story == first.story_id]
        assert of_one == sorted(of_one), "revisions of one alert were sent out of order"
    assert world.registry.get_sample_value("wirewatch_alerter_resent_total") == 0


async def test_what_is_sent_again_is_counted(world: World) -> None:
    tagged = a_tagged()
    world.store.crash_at = "before acknowledge"
    with pytest.raises(Crash):
        await world.take(tagged)
    await world.take(tagged)
    assert [alert.revision for alert in world.sent()] == [1, 1]
    assert world.registry.get_sample_value("wirewatch_alerter_resent_total") == 1
