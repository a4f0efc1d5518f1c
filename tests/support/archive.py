"""Builders around the archive: an alert of given articles, and a file filled as the service fills it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from services.archive.edges.sqlite import SqliteArchive
from services.archive.handler import ArchiveHandler
from services.archive.metrics import ArchiveMetrics
from services.archive_store.database import Writer
from services.contracts import codec, ids, topics
from services.contracts.messages import (
    Alert,
    AlertEvent,
    AlertEvidence,
    AlertSource,
    AlertTopic,
    Stages,
    Tag,
    TaggedArticle,
)
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Waiting
from tests.support.alerts import HAVANA, RUSSIA, a_tag, an_event
from tests.support.articles import an_article
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher


def an_alert_of(tagged: Sequence[TaggedArticle], *, revision: int = 1, **more: Any) -> Alert:
    """An alert whose sources are these articles, with a quote of each title, and the first one's events."""
    first = tagged[0]
    tag = first.tags[0]
    times = [one.article.first_seen_at for one in tagged]
    values: dict[str, Any] = {
        "id": ids.alert_id(first.story_id),
        "revision": revision,
        "state": "new",
        "story_id": first.story_id,
        "topics": (AlertTopic(topic=tag.topic, score=tag.score, role=tag.role),),
        "severity": "high",
        "severity_reasons": ("two sources",),
        "headline": first.article.title,
        "lead": (),
        "actors": tag.actors,
        "places": tag.places,
        "evidence": tuple(
            AlertEvidence(
                article_id=one.article.id,
                topic=tag.topic,
                field="title",
                start=0,
                end=len(one.article.title),
                quote=one.article.title,
                rule="test",
            )
            for one in tagged
            if one.article.title
        ),
        "sources": tuple(
            AlertSource(
                article_id=one.article.id,
                outlet=one.article.outlet,
                family=one.article.family,
                title=one.article.title,
                first_seen_at=one.article.first_seen_at,
                independent=True,
                url=one.article.url,
            )
            for one in tagged
        ),
        "independent_sources": len(tagged),
        "confidence": "single_source",
        "first_seen": min(times),
        "last_updated": max(times),
        "changes": (),
        "stages": Stages(
            article_id=first.article.id,
            fetched_at=times[0],
            deduped_at=times[0],
            tagged_at=times[0],
            alerted_at=times[0],
        ),
        "language": first.article.language,
        "events": tuple(
            AlertEvent(
                **{name: getattr(event, name) for name in event.__struct_fields__},
                article_id=first.article.id,
                topic=tag.topic,
            )
            for event in tag.events
        ),
    }
    return Alert(**(values | more))


def an_archive(path: Path | None = None, clock: Clock | None = None, waiting: Waiting | None = None) -> SqliteArchive:
    """The service's side of a file; without a path of one that nobody else knows."""
    path = path or Path(tempfile.mkdtemp()) / "archive.db"
    return SqliteArchive(Writer(path), clock or FakeClock(), waiting or Waiting())


class Archive:
    """The service on a real file, with everything else a fake."""

    def __init__(self, path: Path, *, keep: timedelta = timedelta(days=365), most_bytes: int = 10**9) -> None:
        self.clock = FakeClock()
        self.waiting = Waiting()
        self.publisher = FakePublisher()
        self.registry = CollectorRegistry()
        self.file = an_archive(path, self.clock, self.waiting)
        self.handler = ArchiveHandler(
            file=self.file,
            publisher=self.publisher,
            keep=keep,
            most_bytes=most_bytes,
            clock=self.clock,
            metrics=ArchiveMetrics(self.registry),
        )
        self._offsets: Counter[str] = Counter()

    async def take(self, *messages: TaggedArticle | Alert) -> list[str]:
        """Hand over each message as the next of partition 0 of its topic; their statuses."""
        return [str(status) for message in messages for status in await self.handler.handle([self.delivery(message)])]

    def delivery(self, message: TaggedArticle | Alert) -> Delivery:
        """The message as Kafka hands it over."""
        topic = topics.ALERTS if isinstance(message, Alert) else topics.TAGGED
        self._offsets[topic] += 1
        return Delivery(topic, 0, self._offsets[topic] - 1, b"key", codec.encode(message))


def a_tagged(number: int, *, seen: datetime = START, tags: Sequence[Tag] | None = None, **more: Any) -> TaggedArticle:
    """The ``number``-th tagged article: its own address and, unless given, its own words."""
    more = {"title": f"Two navies meet off the cape, report {number}", "url": f"https://news.example/{number}"} | more
    article = an_article(seen=seen, **more)
    title = article.title
    event = an_event(agents=(RUSSIA,), place=HAVANA, field="title", start=0, end=len(title), quote=title)
    return TaggedArticle(
        article=article,
        story_id=article.id,
        verdict="new",
        deduped_at=seen,
        tagged_at=seen,
        tags=tuple(tags) if tags is not None else (a_tag(events=(event,)),),
    )
