"""Builders and fakes around alerts: tagged articles, copies, a store in memory that can fail at any step."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec

from services.alert_store.records import ABSENT, Changed, Record, Retention, Write, replaced
from services.alerter.core import facts
from services.alerter.core.alert import Cause, Given, decide
from services.alerter.core.facts import NO_FACTS, AlertFacts
from services.alerter.core.severity import Rules
from services.alerter.ports import StoryKey
from services.alerter.severity_file import load
from services.contracts import codec, ids, redis_keys, stories, topics
from services.contracts.messages import (
    Actor,
    Alert,
    Duplicate,
    Event,
    Evidence,
    Place,
    Tag,
    TaggedArticle,
    UniqueArticle,
)
from services.contracts.stories import StoryMember
from services.runtime.files import shipped as files
from services.runtime.messages.delivery import Delivery
from tests.support.articles import an_article
from tests.support.clock import START

RETENTION = Retention(days=30, closed_days=7, stream_revisions=1000)
STORY = "5707000000000000000000aa"
RUSSIA = Actor(id="RUS", name="Russia", kind="state")
KOREA = Actor(id="PRK", name="North Korea", kind="state")
HAVANA = Place(id="havana", name="Havana", kind="city", country="CUB", lat=23.13, lon=-82.38)


@cache
def shipped_rules() -> Rules:
    """The severity rules of the repository."""
    return load(files.seeds() / "severity.yaml")


def a_tag(topic: str = "naval_moves", *, score: float = 0.7, role: Any = "primary", **more: Any) -> Tag:
    """A tag as the tagger makes it."""
    quote = "met off the cape"
    values: dict[str, Any] = {
        "topic": topic,
        "score": score,
        "role": role,
        "pack": f"{topic}@1",
        "actors": (RUSSIA,),
        "places": (HAVANA,),
        "evidence": (Evidence(field="text", start=11, end=27, quote=quote, rule=f"{topic}-1"),),
    }
    return Tag(**(values | more))


def an_event(act: str = "seize", **more: Any) -> Event:
    """An event as the tagger reads it."""
    values: dict[str, Any] = {
        "act": act,
        "verb": f"{act}s",
        "mode": "done",
        "field": "title",
        "start": 0,
        "end": 3,
        "quote": "Two",
        "rule": act,
    }
    return Event(**(values | more))


def a_tagged(
    *,
    story: str = STORY,
    url: str = "https://news.example/two-navies",
    seen: datetime = START,
    tags: tuple[Tag, ...] | None = None,
    verdict: Any = "new",
    changes: Any = (),
    **article: Any,
) -> TaggedArticle:
    """A tagged article of a story."""
    made = an_article(url=url, seen=seen, **article)
    return TaggedArticle(
        article=made,
        story_id=story,
        verdict=verdict,
        deduped_at=made.fetched_at + timedelta(seconds=1),
        tagged_at=made.fetched_at + timedelta(seconds=2),
        tags=(a_tag(),) if tags is None else tags,
        changes=changes,
    )


def a_copy(of: TaggedArticle, *, url: str, outlet: str, seen: datetime, wire: str | None = None) -> Duplicate:
    """A copy of an article on another site."""
    return Duplicate(
        story_id=of.story_id,
        article_id=ids.article_id(canonical_url=url, feed="f", guid=None, title=""),
        duplicate_of=of.article.id,
        linked_by="exact",
        containment=1.0,
        outlet=outlet,
        family=outlet,
        title=of.article.title,
        first_seen_at=seen,
        fetched_at=seen,
        deduped_at=seen + timedelta(seconds=1),
        wire=wire,
        url=url,
        language=of.article.language,
        published_at=seen,
    )


def member_of(message: TaggedArticle | UniqueArticle | Duplicate) -> StoryMember:
    """The story member that the deduper stores for a message it sends."""
    if isinstance(message, Duplicate):
        return stories.member_of_copy(message)
    return stories.member_of_article(message.article, link=message.link)


def a_delivery(message: TaggedArticle | Duplicate, *, offset: int = 0) -> Delivery:
    """A message as the alerter receives it."""
    topic = topics.DUPLICATES if isinstance(message, Duplicate) else topics.TAGGED
    return Delivery(
        topic=topic,
        partition=0,
        offset=offset,
        key=message.story_id.encode(),
        value=codec.encode(message),
        sent_at=START,
    )


def an_opened_alert(tagged: TaggedArticle | None = None) -> Alert:
    """The first alert of a story with one article."""
    tagged = tagged or a_tagged()
    cause = Cause(
        article_id=tagged.article.id,
        fetched_at=tagged.article.fetched_at,
        deduped_at=tagged.deduped_at,
        tagged_at=tagged.tagged_at,
        published_at=tagged.article.published_at,
        backfill=False,
    )
    of = facts.of(tagged, shipped_rules(), stale_after=timedelta(hours=48))
    decision, _ = decide(
        Given(
            alert_id=ids.alert_id(tagged.story_id),
            stored=NO_FACTS,
            facts=of,
            members=[(tagged.story_id, member_of(tagged))],
            before=None,
            cause=cause,
            now=START,
        ),
        shipped_rules(),
    )
    assert decision.alert is not None, decision
    return decision.alert


def a_write(
    alert: Alert | None,
    facts: AlertFacts = NO_FACTS,
    *,
    before: Record = ABSENT,
    publish: bool = True,
    alert_id: str | None = None,
) -> Write:
    """An alert as one write."""
    after = replaced(before, facts=msgspec.json.encode(facts), alert=alert)
    key = redis_keys.alert(alert.id if alert is not None else alert_id or "")
    return Write(changed={key: Changed(before=before, after=after, publish=publish)})


class Crash(Exception):
    """The process dies here."""


class FakeAlertStore:
    """Keeps records in memory. ``conflicts`` makes that many writes fail; ``crash_at`` dies before or after a step."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.outbox: dict[str, None] = {}  # alert ids, in order of writing
        self.writes = 0
        self.conflicts = 0
        self.crash_at: str | None = None
        self.purged = 0

    async def load(self, keys: Sequence[str]) -> Sequence[Record]:
        self._step("before load")
        return [self.records.get(key, ABSENT) for key in keys]

    async def write(self, writes: Sequence[Write]) -> Sequence[bool]:
        self._step("before write")
        done = [self._write(write) for write in writes]
        self._step("after write")
        return done

    async def acknowledge(self, alerts: Sequence[Alert]) -> None:
        self._step("before acknowledge")
        for alert in alerts:
            key = redis_keys.alert(alert.id)
            record = self.records[key]
            latest = record.alert.revision if record.alert else 0
            self.records[key] = dataclasses.replace(record, published=max(record.published, alert.revision))
            if alert.revision >= latest:
                self.outbox.pop(alert.id, None)
        self._step("after acknowledge")

    async def unpublished(self, *, older_than_seconds: float, limit: int) -> Sequence[Alert]:
        del older_than_seconds
        waiting = [self.records[redis_keys.alert(alert_id)].alert for alert_id in self.outbox]
        return [alert for alert in waiting if alert is not None][:limit]

    async def outbox_size(self) -> int:
        return len(self.outbox)

    async def purge_expired(self, limit: int) -> int:
        del limit
        self.purged += 1
        return 0

    def alert(self, story_id: str = STORY) -> Alert | None:
        """The alert that a story opened."""
        return self.records.get(redis_keys.alert(ids.alert_id(story_id)), ABSENT).alert

    def alerts(self) -> dict[str, Alert]:
        """The alerts that go on, by id."""
        found = [record.alert for record in self.records.values() if record.alert is not None]
        return {alert.id: alert for alert in found if alert.merged_into is None}

    def facts(self) -> dict[str, AlertFacts]:
        """What the alerts that go on rest on, and what waits for something fresh, by id."""
        prefix = redis_keys.alert("")
        decoded = {
            key.removeprefix(prefix): msgspec.json.decode(record.facts, type=AlertFacts)
            for key, record in self.records.items()
            if key.startswith(prefix)
        }
        return {alert_id: found for alert_id, found in decoded.items() if found.merged_into is None}

    def _write(self, write: Write) -> bool:
        if self.conflicts:
            self.conflicts -= 1
            return False
        expected = {**write.read, **{key: change.before.token for key, change in write.changed.items()}}
        if any(self.records.get(key, ABSENT).token != token for key, token in expected.items()):
            return False
        self.writes += 1
        for key, change in write.changed.items():
            published = self.records.get(key, ABSENT).published
            self.records[key] = dataclasses.replace(change.after, published=published)
            if change.publish and change.after.alert is not None:
                self.outbox[change.after.alert.id] = None
        return True

    def _step(self, name: str) -> None:
        if self.crash_at == name:
            self.crash_at = None
            raise Crash(name)


class FakeStories:
    """The deduper's stories, in memory."""

    def __init__(self) -> None:
        self.by_story: dict[str, dict[str, StoryMember]] = {}

    def add(self, *messages: TaggedArticle | UniqueArticle | Duplicate) -> None:
        """Note what the deduper stores before it sends a message."""
        for message in messages:
            member = member_of(message)
            self.by_story.setdefault(message.story_id, {}).setdefault(member.article_id, member)

    async def members(self, keys: Sequence[StoryKey]) -> Sequence[Sequence[StoryMember]]:
        return [list(self.by_story.get(key.story_id, {}).values()) for key in keys]
