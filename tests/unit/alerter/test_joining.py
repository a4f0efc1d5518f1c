"""One alert an event: what joins, what stays apart, what happens when a late report ties two alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.contracts.messages import Actor, Change, EventPart, Place, TaggedArticle
from tests.support.alerts import RUSSIA, FakeAlertStore, a_copy, a_tag, a_tagged, an_event
from tests.support.clock import START
from tests.unit.alerter.test_handler import World

HOUR = timedelta(hours=1)
USA = Actor(id="USA", name="United States", kind="state")
IRAN = Actor(id="IRN", name="Iran", kind="state")
CUBA = Actor(id="CUB", name="Cuba", kind="state")
NATO = Actor(id="nato", name="NATO", kind="organisation")
HORMUZ = Place(id="strait-of-hormuz", name="Strait of Hormuz", kind="strait", lat=26.6, lon=56.5)
BALTIC = Place(id="baltic-sea", name="Baltic Sea", kind="sea", lat=58.0, lon=20.0)


def told(
    number: int, title: str, act: str = "seize", *, story: str | None = None, hours: float = 0, **event: Any
) -> TaggedArticle:
    """A report of an event, in a story of its own unless ``story`` is given."""
    values: dict[str, Any] = {"agents": (USA,), "objects": (RUSSIA,), "asset": "oil tanker"}
    seen = START + timedelta(hours=hours)
    return a_tagged(
        story=story or f"{number:024x}",
        url=f"https://outlet{number}.example/{number}",
        outlet=f"outlet{number}.example",
        family=f"outlet{number}.example",
        title=title,
        seen=seen,
        published_at=seen,
        tags=(a_tag(events=(an_event(act, **(values | event)),), actors=()),),
    )


SEIZED = told(1, "US seizes Russian-flagged tanker in North Atlantic", asset_name="Marinera")


async def test_another_story_of_the_same_event_joins_its_alert_whatever_the_words() -> None:
    world = World()
    other = told(2, "Coast guard boards ship that fled from Venezuela", "intercept", hours=5, asset_name="Marinera")
    assert await world.take(SEIZED, other) == ["opened", "revised"]
    (alert,) = world.store.alerts().values()
    assert alert.stories == (SEIZED.story_id, other.story_id)
    assert alert.story_id == SEIZED.story_id
    assert {source.story_id for source in alert.sources} == set(alert.stories)
    assert alert.independent_sources == 2


async def test_a_follow_up_says_what_is_new_and_an_opinion_says_nothing() -> None:
    world = World()
    crew = told(2, "Crew of tanker held after seizure", "detain_crew", hours=9, asset_name="Marinera")
    view = told(3, "Seizure of tanker was lawful", "seize", hours=12, mode="opinion", asset_name="Marinera")
    assert await world.take(SEIZED, crew, view) == ["opened", "revised", "updated_silently"]
    opened, followed = world.sent()
    (change,) = [change for change in followed.changes if change.kind == "event"]
    assert change.after == "United States → detain_crews → oil tanker Marinera (Russia) · done"
    (alert,) = world.store.alerts().values()
    assert alert.id == opened.id
    assert [(source.independent, source.folded_because) for source in alert.sources] == [
        (True, None),
        (True, None),
        (False, "comments on it"),
    ]


async def test_a_denial_is_told_and_confirms_nothing() -> None:
    world = World()
    denied = told(2, "US denies seizure of tanker", "seize", hours=2, mode="denied", asset_name="Marinera")
    assert await world.take(SEIZED, denied) == ["opened", "revised"]
    opened, revised = world.sent()
    assert "event" in {change.kind for change in revised.changes}
    assert [source.folded_because for source in revised.sources] == [None, "denies it"]
    assert (revised.independent_sources, revised.confidence) == (1, "single_source")
    assert revised.severity == opened.severity


async def test_a_new_act_is_a_new_alert_that_names_what_it_follows() -> None:
    world = World()
    sent = told(
        2, "Russia sends submarine to shadow seized tanker", "deploy", hours=8, agents=(RUSSIA,), objects=(USA,)
    )
    await world.take(SEIZED, sent)
    first, second = world.sent()
    assert second.id != first.id
    assert second.follows is not None
    assert (second.follows.id, second.follows.headline) == (first.id, first.headline)


async def test_one_story_that_holds_two_events_becomes_two_alerts() -> None:
    world = World()
    shot = told(2, "Iran attacks tanker", "attack", story=SEIZED.story_id, hours=3, agents=(IRAN,), objects=())
    copy = a_copy(shot, url="https://copy.example/1", outlet="copy.example", seen=START + 4 * HOUR)
    assert await world.take(SEIZED, shot) == ["opened", "opened"]
    assert await world.take(copy) == ["updated_silently"]
    first, second = sorted(world.store.alerts().values(), key=lambda alert: alert.first_seen)
    assert [source.outlet for source in first.sources] == ["outlet1.example"]
    assert [source.outlet for source in second.sources] == ["outlet2.example", "copy.example"]
    assert second.follows is not None


async def test_a_late_report_that_ties_two_alerts_closes_the_later_one() -> None:
    world = World()
    cargo = told(2, "Ship searched off Iceland", "intercept", hours=1, objects=(), agents=(), asset="ship")
    both = told(3, "Marinera searched off Iceland, ship kept", hours=2, asset_name="Marinera")
    tie = told(
        4, "Ship searched off Iceland is kept", hours=2, objects=(), agents=(), asset="ship", story=both.story_id
    )
    await world.take(SEIZED, cargo)
    assert len(world.store.alerts()) == 2
    await world.take(both, tie)
    (alert,) = world.store.alerts().values()
    closed = next(a for a in world.sent() if a.merged_into)
    assert (closed.state, closed.merged_into) == ("closed", alert.id)
    assert Change(kind="state", before="new", after="closed") in closed.changes
    assert {source.outlet for source in closed.sources} <= {source.outlet for source in alert.sources}
    said = [change for sent in world.sent() if sent.id == alert.id for change in sent.changes]
    assert Change(kind="merged", before=closed.headline) in said


async def test_two_workers_on_two_stories_of_one_event_make_one_alert() -> None:
    """Both read before either writes: the second finds that what it read has changed, and joins."""
    first, second = World(), World()
    second.store = first.store
    second.handler._store = Slow(first.store)
    other = told(2, "Coast guard boards Marinera", "intercept", hours=1, asset_name="Marinera")
    first.stories.add(SEIZED, other)
    second.stories.add(SEIZED, other)
    statuses = await asyncio.gather(second.take(other), first.take(SEIZED))
    assert sorted(status for (status,) in statuses) == ["opened", "revised"]
    (alert,) = first.store.alerts().values()
    assert len(alert.stories) == 2


class Slow:
    """The store of another worker: its first write comes after everybody else's."""

    def __init__(self, store: FakeAlertStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, writes: Any) -> Any:
        await asyncio.sleep(0.01)
        return await self._store.write(writes)


@pytest.mark.parametrize("story", [None, f"{7:024x}"], ids=["two stories", "one story"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((USA, IRAN), (RUSSIA, CUBA)),  # the words alone are alike
        ((RUSSIA, IRAN), (RUSSIA, CUBA)),  # one state signs with two others
    ],
)
async def test_treaties_of_other_states_are_other_events_though_they_are_announced_alike(
    first: tuple[Actor, Actor], second: tuple[Actor, Actor], story: str | None
) -> None:
    world = World()
    reports = [
        told(
            number,
            f"{one.name} and {other.name} sign mutual defence treaty after talks",
            "sign",
            story=story,
            agents=(one, other),
            objects=(),
            asset="defence pact",
        )
        for number, (one, other) in enumerate((first, second), start=1)
    ]
    assert await world.take(*reports) == ["opened", "opened"]


async def test_a_comment_and_what_only_reads_alike_are_no_sources_of_an_event() -> None:
    world = World()
    view = told(2, "Analysis: what the tanker raid means", hours=1, story=SEIZED.story_id)
    unread = told(3, "Weather turns in North Atlantic", hours=2, story=SEIZED.story_id)
    alike = told(4, "Coast guard takes Russian-flagged tanker in North Atlantic", hours=3, story=SEIZED.story_id)
    world.stories.add(unread, alike)
    await world.take(SEIZED, view)
    (alert,) = world.store.alerts().values()
    assert [(source.title, source.folded_because) for source in alert.sources] == [
        (SEIZED.article.title, None),
        (view.article.title, "comments on it"),
        (alike.article.title, None),
    ]
    assert alert.independent_sources == 2


async def test_a_comment_alone_is_its_own_source() -> None:
    world = World()
    pact: dict[str, Any] = {"agents": (), "objects": (NATO,), "asset": "alliance bloc", "mode": "opinion"}
    await world.take(told(1, "Admiral sees the end of the alliance", "break", **pact))
    assert world.sent()[0].independent_sources == 1


def beside(number: int, title: str, *, hours: float) -> TaggedArticle:
    """A report whose news is another, with the seizure in a clause."""
    act = EventPart(role="act", start=title.index("seize"), end=len(title))
    return told(number, title, hours=hours, asset_name="Marinera", parts=(act,))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 2, 3)])
async def test_what_tells_an_event_beside_other_news_is_a_source_only_where_nobody_reports_it(
    order: Sequence[int],
) -> None:
    oil = beside(2, "Oil climbs as navy seizes ship", hours=-1)
    alike = beside(3, "Prices rise as US seizes Russian-flagged tanker in North Atlantic", hours=2)
    toll = beside(4, "Two dead after US forces seize ship", hours=3)
    reports = [SEIZED, oil, alike, toll]
    alone, world = World(), World()
    assert await alone.take(oil) == ["opened"]
    await world.take(*(reports[number] for number in order))
    (alert,) = world.store.alerts().values()
    assert [source.title for source in alert.sources] == [one.article.title for one in (SEIZED, alike, toll)]
    assert alert.headline in {SEIZED.article.title, toll.article.title}
    assert alert.first_seen == oil.article.first_seen_at
