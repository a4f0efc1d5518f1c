"""What must come out of the line, computed from the articles alone: the rooms' own handlers in one process, calm.

Nothing here has a server or a clock that moves. The alert of each group is compared in what does not depend on the
order in which feeds and partitions bring articles: topics, severity, actors, and which articles are its sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis.asyncio
from prometheus_client import CollectorRegistry

from services.alerter.handler import STATUSES as ALERTER_STATUSES
from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert, Duplicate, TaggedArticle
from services.deduper.core.candidate import Candidate
from services.deduper.core.memory import MemoryIndex
from services.deduper.core.verdict import Decision
from services.deduper.handler import Deduper
from services.deduper.metrics import DeduperMetrics
from services.deduper.vocabularies import Vocabularies
from services.runtime.delivery import Delivery
from services.tagger import library
from services.tagger.handler import TaggerHandler
from services.tagger.metrics import TaggerMetrics
from tests.bench.corpus import Item
from tests.faults.book import Book
from tests.support.alerts import FakeAlertStore, FakeStories, shipped_rules
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher, deliver

_WINDOW_SECONDS = 96 * 3600
Content = tuple[tuple[str, ...], str, tuple[str, ...], tuple[str, ...]]


@dataclass
class Compared:
    """How many alerts are as they must be, and what differs, in words."""

    same: int = 0
    differ: list[str] = field(default_factory=list)


class _Index:
    """The deduper's memory, in memory."""

    def __init__(self) -> None:
        self.index = MemoryIndex(_WINDOW_SECONDS)

    async def check_and_insert(self, batch: Sequence[Candidate]) -> Sequence[Decision]:
        return [self.index.check_and_insert(item, 0) for item in batch]


def content(alert: Alert) -> Content:
    """What of an alert is a function of its articles alone."""
    return (
        tuple(sorted(topic.topic for topic in alert.topics)),
        alert.severity,
        tuple(sorted(actor.id for actor in alert.actors)),
        tuple(sorted(source.article_id for source in alert.sources)),
    )


async def compare(book: Book) -> Compared:
    """The alerts of the store beside those of a calm run over the same articles, group by group."""
    items = [entry.item for entry in book.entries.values() if entry.item.kind != "plain"]
    wanted = await _calm({item.article.id: item for item in items}, sorted(items, key=lambda i: (i.copy, i.group)))
    found = dict(await _stored(book))
    compared = Compared()
    for group, expected in wanted.items():
        if found.get(group) == expected:
            compared.same += 1
        else:
            compared.differ.append(f"group {group}: {found.get(group)} in the store, {expected} by the oracle")
    compared.differ += [f"group {group} has an alert that the oracle has not" for group in found.keys() - wanted.keys()]
    return compared


async def _stored(book: Book) -> list[tuple[int, Content]]:
    stories = {story: book.entries[i].item.group for i, of in book.stories.items() if i in book.entries for story in of}
    async with redis.asyncio.Redis.from_url(book.store) as store, store.pipeline(transaction=False) as pipe:
        for alert_id in book.alerts:
            pipe.hget(redis_keys.alert(alert_id), "alert")
        rows: list[Any] = await pipe.execute()
    alerts = [codec.decode(row, Alert) for row in rows if row is not None]
    return [(stories[alert.story_id], content(alert)) for alert in alerts if alert.story_id in stories]


async def _calm(by_id: Mapping[str, Item], items: Sequence[Item]) -> dict[int, Content]:
    """Group to alert, by the handlers on memory: originals first, then copies."""
    clock, index, publisher = FakeClock(), _Index(), FakePublisher()
    store, stories = FakeAlertStore(), FakeStories()
    deduper = Deduper(index, publisher, clock, DeduperMetrics(CollectorRegistry()), Vocabularies().of)
    await deduper.handle([_delivery(topics.ARTICLES, codec.encode(item.article)) for item in items])
    tagger = TaggerHandler(
        library=library.load(library.default_folder()),
        publisher=publisher,
        clock=clock,
        metrics=TaggerMetrics(CollectorRegistry()),
    )
    await tagger.handle(deliver(publisher.on(topics.UNIQUE)))
    alerter = AlerterHandler(
        store=store,
        stories=stories,
        publisher=publisher,
        rules=shipped_rules(),
        stale_after=timedelta(hours=48),
        clock=clock,
        metrics=AlerterMetrics(ALERTER_STATUSES, CollectorRegistry()),
    )
    for message in publisher.on(topics.TAGGED):
        stories.add(codec.decode(message.value, TaggedArticle))
    for message in publisher.on(topics.DUPLICATES):
        stories.add(codec.decode(message.value, Duplicate))
    await alerter.handle(deliver([*publisher.on(topics.TAGGED), *publisher.on(topics.DUPLICATES)]))
    alerts = [stored.alert for stored in store.stories.values() if stored.alert is not None]
    return {by_id[alert.sources[0].article_id].group: content(alert) for alert in alerts}


def _delivery(topic: str, value: bytes) -> Delivery:
    return Delivery(topic=topic, partition=0, offset=0, key=b"", value=value)
