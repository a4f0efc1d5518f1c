"""Whole histories: late, repeated, shuffled, replayed or interrupted, the alerts end the same.

Up to the id: that is the one of the story that happened to open the alert.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerter.core.facts import AlertFacts
from services.contracts.messages import Alert, Change, Duplicate, TaggedArticle
from tests.support.alerts import KOREA, RUSSIA, Crash, a_copy, a_delivery, a_tag, a_tagged, an_event
from tests.support.clock import START
from tests.unit.alerter.test_handler import World, plain

Message = TaggedArticle | Duplicate
# A slow machine must not fail these: no deadline. `make histories` draws more of them.
steady = settings(max_examples=int(os.environ.get("HISTORIES", "120")), deadline=None)
STORIES = ("a" * 24, "b" * 24, "c" * 24)
NAMES = ("Alpha", "Bravo", None)
OPENINGS = ("", "Why ", "", "War latest: ", "")  # of the titles of an article and of a comment, of a round-up


acts = st.sampled_from(["seize", "detain_crew", "deploy"])
modes = st.sampled_from(["done", "threatened", "opinion"])
parties = st.sampled_from([(RUSSIA,), (KOREA,), ()])
names = st.sampled_from(NAMES)


@st.composite
def articles(draw: st.DrawFn) -> TaggedArticle:
    """One version of one of a few articles. Outlet, title and first sight belong to the article, as with a poller."""
    story, number, version = draw(st.sampled_from(STORIES)), draw(st.integers(0, 4)), draw(st.integers(0, 2))
    outlet = f"outlet{number % 3}.example"
    seen = START + timedelta(hours=7 * number)
    topics = draw(st.sampled_from([("naval_moves",), ("alliances",), ("naval_moves", "alliances")]))
    title = f"{OPENINGS[number]}Report {number} of story {story[:1]} as more happens"
    events = st.builds(
        an_event,
        act=acts,
        mode=modes,
        agents=parties,
        objects=parties,
        asset_name=names,
        start=st.sampled_from([0, len(title) - 4]),  # the last one is told beside other news
    )
    read = draw(st.lists(events, max_size=2))
    tags = tuple(
        a_tag(
            topic,
            role=draw(st.sampled_from(["primary", "mention"])),
            score=draw(st.sampled_from([0.35, 0.7, 0.9])),
            actors=draw(st.sampled_from([(RUSSIA,), (RUSSIA, KOREA), ()])),
            events=tuple(read),
        )
        for topic in topics
    )
    return a_tagged(
        story=story,
        url=f"https://{outlet}/{story[:1]}{number}",
        outlet=outlet,
        family=outlet,
        title=title,
        text=f"Version {version} says that {version + 3} ships and a nuclear submarine have sailed from the port.",
        seen=seen,
        published_at=seen - timedelta(hours=60 if number == 2 else 1),
        fetched_at=seen + timedelta(minutes=version),
        backfill=draw(st.booleans()),
        tags=tags,
        verdict="update" if version else "same_story",
        changes=(Change(kind="numbers", before="3", after=str(version + 3)), Change(kind="text")) if version else (),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """Articles, and copies of some of them on other sites, one of them under a wire's name."""
    history: list[Message] = [*draw(st.lists(articles(), min_size=1, max_size=10))]
    for number, original in enumerate(list(history)):
        if isinstance(original, TaggedArticle) and draw(st.booleans()):
            outlet = f"copy{number}.example"
            seen = original.article.first_seen_at + timedelta(hours=1)
            wire = draw(st.sampled_from([None, "reuters"]))
            history.append(a_copy(original, url=f"https://{outlet}/1", outlet=outlet, seen=seen, wire=wire))
    return history


async def told(history: Sequence[Message], *, batch: int) -> World:
    """The world after a history, in batches."""
    world = World()
    for begin in range(0, len(history), batch):
        await world.take(*history[begin : begin + batch])
    return world


def state(world: World) -> list[tuple[Alert | None, AlertFacts]]:
    """What is known of each event, without what tells of the way there."""
    alerts = world.store.alerts()
    found = [(plain(alerts[id_]) if id_ in alerts else None, facts) for id_, facts in world.store.facts().items()]
    return sorted(((alert and nameless(alert), facts) for alert, facts in found), key=repr)


def nameless(alert: Alert) -> Alert:
    """Without its id, and without what was open when it was opened."""
    return msgspec.structs.replace(alert, id="", follows=None)


@steady
@given(histories(), st.integers(0, 2**32), st.integers(1, 8))
def test_a_shuffled_and_repeated_history_ends_the_same(history: list[Message], seed: int, batch: int) -> None:
    random = Random(seed)
    other = history + random.choices(history, k=random.randrange(len(history) + 1))
    random.shuffle(other)
    straight = asyncio.run(told(history, batch=1))
    crooked = asyncio.run(told(other, batch=batch))
    assert state(crooked) == state(straight)


@steady
@given(histories(), st.integers(1, 8))
def test_a_replay_from_the_start_changes_nothing_and_says_nothing(history: list[Message], batch: int) -> None:
    async def play() -> None:
        world = await told(history, batch=1)
        before, sent = dict(world.store.records), len(world.publisher.sent)
        again = [a_delivery(message, offset=n) for n, message in enumerate(history)]
        statuses: list[str] = []
        for begin in range(0, len(again), batch):
            statuses += await world.handler.handle(again[begin : begin + batch])
        assert set(statuses) <= {"unchanged"}
        assert world.store.records == before
        assert len(world.publisher.sent) == sent

    asyncio.run(play())


@steady
@given(histories())
def test_revisions_count_up_and_each_tells_something(history: list[Message]) -> None:
    world = asyncio.run(told(history, batch=1))
    last: dict[str, int] = {}
    for alert in world.sent():
        assert alert.revision == last.get(alert.id, 0) + 1
        assert bool(alert.changes) == (alert.revision > 1)
        assert alert.severity != "critical" or alert.confidence == "corroborated"
        assert alert.independent_sources == sum(source.independent for source in alert.sources)
        last[alert.id] = alert.revision


@steady
@given(histories(), st.sampled_from(["before write", "after write", "before acknowledge"]), st.integers(0, 9))
def test_a_crash_and_a_redelivery_end_the_same(history: list[Message], step: str, at: int) -> None:
    async def interrupted() -> World:
        world = World()
        for number, message in enumerate(history):
            world.store.crash_at = step if number == at else None
            try:
                await world.take(message)
            except Crash:
                await world.take(message)
        await world.handler.sweep(older_than_seconds=0)
        return world

    world, calm = asyncio.run(interrupted()), asyncio.run(told(history, batch=1))
    assert state(world) == state(calm)
    assert {(a.id, a.revision) for a in world.sent()} == {(a.id, a.revision) for a in calm.sent()}
    assert not world.store.outbox


@steady
@given(histories())
def test_an_event_has_one_alert_that_goes_on(history: list[Message]) -> None:
    world = asyncio.run(told(history, batch=4))
    owners: dict[str, str] = {}
    for alert_id, facts in world.store.facts().items():
        for item in facts.articles:
            assert owners.setdefault(item.article_id, alert_id) == alert_id
    reports = {item.article_id for facts in world.store.facts().values() for item in facts.articles if not item.beside}
    for alert in world.store.alerts().values():
        listed = {source.article_id for source in alert.sources}
        assert {id_ for id_ in reports if owners[id_] == alert.id} <= listed
        assert not {id_ for id_, owner in owners.items() if owner != alert.id} & listed
