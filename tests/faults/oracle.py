"""What must come out of the line, computed from its input alone: the services' own handlers in one process, calm.

Which articles make one story is taken from what the deduper said, because that may depend on the order in which feeds
and partitions bring them; the ledger holds that no article is in none, and no copy apart from its original. From there
on the alert of a story is a function: topics, severity, actors and sources are computed anew and compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis.asyncio
from prometheus_client import CollectorRegistry

from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES as ALERTER_STATUSES
from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert, Duplicate, TaggedArticle, UniqueArticle
from services.runtime.messages.delivery import Outgoing
from services.tagger import library
from services.tagger.handler import TaggerHandler
from services.tagger.metrics import TaggerMetrics
from tests.faults.book import Book
from tests.support.alerts import FakeAlertStore, FakeStories, shipped_rules
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher, deliver

Content = tuple[tuple[str, ...], str, tuple[str, ...], tuple[str, ...]]


@dataclass
class Compared:
    """How many alerts are as they must be, and what differs, in words."""

    same: int = 0
    differ: list[str] = field(default_factory=list)


def content(alert: Alert) -> Content:
    """What of an alert is a function of its articles alone."""
    return (
        tuple(sorted(topic.topic for topic in alert.topics)),
        alert.severity,
        tuple(sorted(actor.id for actor in alert.actors)),
        tuple(sorted(source.article_id for source in alert.sources)),
    )


async def compare(book: Book) -> Compared:
    """The alerts of the store beside those of a calm run over what the deduper sent, story by story."""
    stories = book.alert_stories | book.asking()
    wanted = await _calm([one for one in book.decided.values() if one.story_id in stories])
    found = await _stored(book)
    compared = Compared()
    for story, expected in wanted.items():
        if found.get(story) == expected:
            compared.same += 1
        else:
            compared.differ.append(f"story {story}: {found.get(story)} in the store, {expected} by the oracle")
    compared.differ += [f"story {story} has an alert that the oracle has not" for story in found.keys() - wanted.keys()]
    return compared


async def _stored(book: Book) -> dict[str, Content]:
    async with redis.asyncio.Redis.from_url(book.store) as store, store.pipeline(transaction=False) as pipe:
        for alert_id in book.alerts:
            pipe.hget(redis_keys.alert(alert_id), "alert")
        rows: list[Any] = await pipe.execute()
    alerts = [codec.decode(row, Alert) for row in rows if row is not None]
    return {alert.story_id: content(alert) for alert in alerts if alert.merged_into is None}


async def _calm(decided: Sequence[UniqueArticle | Duplicate]) -> dict[str, Content]:
    """Story to alert, by the tagger and the alerter on memory."""
    clock, publisher = FakeClock(), FakePublisher()
    store, stories = FakeAlertStore(), FakeStories()
    unique = [one for one in decided if isinstance(one, UniqueArticle)]
    copies = [one for one in decided if isinstance(one, Duplicate)]
    tagger = TaggerHandler(
        library=library.load(library.default_folder()),
        publisher=publisher,
        clock=clock,
        metrics=TaggerMetrics(CollectorRegistry()),
    )
    await tagger.handle(deliver([Outgoing(topics.UNIQUE, b"", codec.encode(one)) for one in unique]))
    stories.add(*[_untagged(one) for one in unique], *copies)
    alerter = AlerterHandler(
        store=store,
        stories=stories,
        publisher=publisher,
        rules=shipped_rules(),
        stale_after=timedelta(hours=48),
        clock=clock,
        metrics=AlerterMetrics(ALERTER_STATUSES, CollectorRegistry()),
    )
    seen = [Outgoing(topics.DUPLICATES, b"", codec.encode(one)) for one in copies]
    await alerter.handle(deliver([*publisher.on(topics.TAGGED), *seen]))
    return {alert.story_id: content(alert) for alert in store.alerts().values() if alert.merged_into is None}


def _untagged(one: UniqueArticle) -> TaggedArticle:
    """Enough for a member of a story."""
    return TaggedArticle(
        article=one.article,
        story_id=one.story_id,
        verdict=one.verdict,
        deduped_at=one.deduped_at,
        tagged_at=one.deduped_at,
        tags=(),
        link=one.link,
        changes=one.changes,
    )
