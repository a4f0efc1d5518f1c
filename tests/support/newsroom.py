"""Invented stories as the line would have them: tagged by the shipped packs, decided by the alerter's core.

For pictures of the page, for measurements, and for tests that need alerts like real ones. The stories are in
``newsroom.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from services.alerter.core import facts as article_facts
from services.alerter.core.alert import Cause, Given, decide
from services.alerter.core.facts import NO_FACTS, AlertFacts
from services.alerter.core.severity import Rules
from services.contracts import ids
from services.contracts.messages import Alert, Article, Duplicate, TaggedArticle
from services.contracts.stories import StoryMember
from services.tagger.core.tag import Fields, tag
from tests.support.alerts import a_copy, member_of, shipped_rules
from tests.support.articles import an_article
from tests.support.packs import shipped

STALE_AFTER = timedelta(hours=48)
Message = TaggedArticle | Duplicate


@dataclass(frozen=True, slots=True)
class Raised:
    """A story's alert, the facts behind it, and its members."""

    alert: Alert
    facts: AlertFacts
    members: tuple[StoryMember, ...]


def raised(now: datetime) -> list[Raised]:
    """The alerts of the invented stories, as they would stand at ``now``."""
    rules = shipped_rules()
    return [alert_of(story, rules, state=item.get("state", "new")) for item, story in _told(now)]


def many(count: int, now: datetime, *, apart: timedelta = timedelta(seconds=25)) -> Iterator[Raised]:
    """``count`` alerts, one ``apart`` from the next: the invented stories over and over, each time another story."""
    rules = shipped_rules()
    told = [story for _, story in _told(now)]
    for number in range(count):
        story = told[number % len(told)]
        begin = min(_seen(message) for message in story)
        yield alert_of(_again(story, number, now - apart * number - begin), rules)


def alert_of(story: Sequence[Message], rules: Rules, *, state: Any = "new") -> Raised:
    """The alert after every message of a story, one after the other."""
    alert: Alert | None = None
    facts, members = NO_FACTS, [member_of(message) for message in story]
    for number, message in enumerate(story, start=1):
        merged = facts
        if isinstance(message, TaggedArticle):
            of = article_facts.of(message, shipped_rules(), stale_after=STALE_AFTER)
            merged = article_facts.merge(facts, of)
        given = Given(
            alert_id=ids.alert_id(message.story_id),
            stored=facts,
            facts=merged,
            members=[(message.story_id, member) for member in members[:number]],
            before=alert,
            cause=_cause(message),
            now=_cause(message).tagged_at + timedelta(seconds=0.2),
        )
        decision, facts = decide(given, rules)
        alert = decision.alert or alert
    assert alert is not None, story[0]
    return Raised(msgspec.structs.replace(alert, state=state), facts, tuple(members))


def _cause(message: Message) -> Cause:
    article = message.article if isinstance(message, TaggedArticle) else message
    return Cause(
        article_id=article.id if isinstance(article, Article) else article.article_id,
        fetched_at=article.fetched_at,
        deduped_at=message.deduped_at,
        tagged_at=message.tagged_at if isinstance(message, TaggedArticle) else message.deduped_at,
        published_at=article.published_at,
        backfill=False,
    )


def _seen(message: Message) -> datetime:
    return message.article.first_seen_at if isinstance(message, TaggedArticle) else message.first_seen_at


def _told(now: datetime) -> list[tuple[dict[str, Any], list[Message]]]:
    return [(item, _story(number, item, now)) for number, item in enumerate(_written())]


@cache
def _written() -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return written


def _story(number: int, item: dict[str, Any], now: datetime) -> list[Message]:
    story_id = f"{number:024x}"
    begin = now - timedelta(minutes=item["ago"])
    told: list[Message] = []
    for position, text in enumerate(item["articles"]):
        original = _tagged(story_id, text, begin, first=position == 0)
        told.append(original)
        told += [_copied(original, copy, begin) for copy in text.get("copies", ())]
    return sorted(told, key=_seen)


def _tagged(story_id: str, text: dict[str, Any], begin: datetime, *, first: bool) -> TaggedArticle:
    seen = begin + timedelta(minutes=text.get("after", 0))
    outlet = text["outlet"]
    article = an_article(
        title=text["title"],
        text=text["text"],
        url=f"https://{outlet}/{ids.content_hash(text['title'], '')[:8]}",
        outlet=outlet,
        seen=seen,
        published_at=seen - timedelta(seconds=50),
    )
    fields = Fields(article.title, "", article.text, article.language)
    return TaggedArticle(
        article=article,
        story_id=story_id,
        verdict="new" if first else "same_story",
        deduped_at=seen + timedelta(milliseconds=40),
        tagged_at=seen + timedelta(milliseconds=90),
        tags=tag(fields, shipped().compiled).tags,
    )


def _copied(original: TaggedArticle, copy: dict[str, Any], begin: datetime) -> Duplicate:
    outlet = copy["outlet"]
    address = f"https://{outlet}/{original.article.id[:8]}"
    return a_copy(original, url=address, outlet=outlet, seen=begin + timedelta(minutes=copy["after"]))


def _again(story: Sequence[Message], number: int, later: timedelta) -> list[Message]:
    """The story as another one, with ids and times of its own."""
    story_id = ids.alert_id(f"again {number}")
    return [_moved(message, story_id, number, later) for message in story]


def _moved(message: Message, story_id: str, number: int, later: timedelta) -> Message:
    article = message.article if isinstance(message, TaggedArticle) else message
    changes: dict[str, Any] = {
        "url": f"{article.url}/{number}",
        "first_seen_at": article.first_seen_at + later,
        "fetched_at": article.fetched_at + later,
        "published_at": article.published_at + later if article.published_at else None,
    }
    times = {"story_id": story_id, "deduped_at": message.deduped_at + later}
    if isinstance(message, TaggedArticle):
        own = msgspec.structs.replace(message.article, id=_id(message.article.id, number), **changes)
        return msgspec.structs.replace(message, article=own, tagged_at=message.tagged_at + later, **times)
    names = {"article_id": _id(message.article_id, number), "duplicate_of": _id(message.duplicate_of, number)}
    return msgspec.structs.replace(message, **names, **changes, **times)


def _id(article_id: str, number: int) -> str:
    return ids.content_hash(article_id, str(number))[:24]
