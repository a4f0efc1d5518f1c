"""Builders and fakes around alerts: tagged articles, copies, a store in memory that can fail at any step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.alerter.core import dossier
from services.alerter.core.alert import Cause, Known, Opened, decide
from services.alerter.core.severity import Rules
from services.alerter.ports import NOTHING, Stored, StoryKey, Write
from services.alerter.severity_file import load
from services.contracts import codec, ids, stories, topics
from services.contracts.messages import Actor, Alert, Duplicate, Evidence, Place, Tag, TaggedArticle
from services.contracts.stories import StoryMember
from services.runtime.files import shipped as files
from services.runtime.messages.delivery import Delivery
from tests.support.articles import an_article
from tests.support.clock import START

STORY = "5707000000000000000000aa"
RUSSIA = Actor(id="RUS", name="Russia", kind="state")
KOREA = Actor(id="PRK", name="North Korea", kind="state")
HAVANA = Place(id="havana", name="Havana", kind="city", country="CUB", lat=23.13, lon=-82.38)


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


def member_of(message: TaggedArticle | Duplicate) -> StoryMember:
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
    decision, _ = decide(
        story_id=tagged.story_id,
        known=Known(),
        learned=dossier.of(tagged, stale_after=timedelta(hours=48)),
        members=[member_of(tagged)],
        before=None,
        rules=shipped_rules(),
        cause=cause,
        now=START,
    )
    assert isinstance(decision, Opened), decision
    return decision.alert


class Crash(Exception):
    """The process dies here."""


class FakeAlertStore:
    """Keeps stories in memory. ``conflicts`` makes that many writes fail; ``crash_at`` dies before or after a step."""

    def __init__(self) -> None:
        self.stories: dict[str, Stored] = {}
        self.outbox: dict[str, str] = {}  # alert id -> story id, in order of writing
        self.writes = 0
        self.conflicts = 0
        self.crash_at: str | None = None
        self.tidied = 0

    async def load(self, story_ids: Sequence[str]) -> Sequence[Stored]:
        self._step("before load")
        return [self.stories.get(story_id, NOTHING) for story_id in story_ids]

    async def put(self, writes: Sequence[Write]) -> Sequence[bool]:
        self._step("before put")
        done = [self._put(write) for write in writes]
        self._step("after put")
        return done

    async def published(self, alerts: Sequence[Alert]) -> None:
        self._step("before published")
        for alert in alerts:
            stored = self.stories[alert.story_id]
            latest = stored.alert.revision if stored.alert else 0
            published = max(stored.published, alert.revision)
            self.stories[alert.story_id] = _with(stored, published=published)
            if alert.revision >= latest:
                self.outbox.pop(alert.id, None)
        self._step("after published")

    async def unpublished(self, *, older_than_seconds: float, limit: int) -> Sequence[Alert]:
        del older_than_seconds
        waiting = [self.stories[story_id].alert for story_id in self.outbox.values()]
        return [alert for alert in waiting if alert is not None][:limit]

    async def outbox_size(self) -> int:
        return len(self.outbox)

    async def tidy(self, limit: int) -> int:
        del limit
        self.tidied += 1
        return 0

    def alert(self, story_id: str = STORY) -> Alert | None:
        """The alert of a story."""
        return self.stories.get(story_id, NOTHING).alert

    def _put(self, write: Write) -> bool:
        if self.conflicts:
            self.conflicts -= 1
            return False
        current = self.stories.get(write.story_id, NOTHING)
        if current.token != write.before.token:
            return False
        self.writes += 1
        self.stories[write.story_id] = Stored(
            token=str(self.writes), known=write.known, alert=write.alert, published=current.published
        )
        if write.publish and write.alert is not None:
            self.outbox[write.alert.id] = write.story_id
        return True

    def _step(self, name: str) -> None:
        if self.crash_at == name:
            self.crash_at = None
            raise Crash(name)


class FakeStories:
    """The deduper's stories, in memory."""

    def __init__(self) -> None:
        self.by_story: dict[str, dict[str, StoryMember]] = {}

    def add(self, *messages: TaggedArticle | Duplicate) -> None:
        """Note what the deduper stores before it sends a message."""
        for message in messages:
            member = member_of(message)
            self.by_story.setdefault(message.story_id, {}).setdefault(member.article_id, member)

    async def members(self, keys: Sequence[StoryKey]) -> Sequence[Sequence[StoryMember]]:
        return [list(self.by_story.get(key.story_id, {}).values()) for key in keys]


def _with(stored: Stored, *, published: int) -> Stored:
    return Stored(
        token=stored.token, known=stored.known, alert=stored.alert, published=published, indexed=stored.indexed
    )
