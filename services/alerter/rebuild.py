"""Makes stories and alerts in the store again from Kafka, after the store was lost or to see that it lacks nothing.

Adds and merges, never removes: on a store that lost nothing it changes nothing, and it can be repeated or run beside
the services. The deduper's index is made again by the deduper.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from typing import Protocol, TypeVar

from services.alert_store.records import Write
from services.alerter.core import facts as article_facts
from services.alerter.core.facts import AlertFacts
from services.alerter.core.restore import restore
from services.alerter.core.severity import Rules
from services.alerter.ports import AlertStore, StoryKey, StoryReader
from services.alerter.snapshot import Snapshot, Transaction
from services.alerter.update import join, members_of
from services.contracts import codec, redis_keys, stories, topics
from services.contracts.messages import Alert, Duplicate, TaggedArticle, UniqueArticle
from services.contracts.stories import StoryMember
from services.runtime.errors import TransientError
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import Clock

T = TypeVar("T")

_AT_ONCE = 200
_ATTEMPTS = 20


class StoryWriter(Protocol):
    """Writes story members that are not there."""

    async def add(self, members: Sequence[tuple[StoryKey, StoryMember]]) -> int:
        """Add each that its story does not have; how many those were."""


class Log(Protocol):
    """The topics, as they are now."""

    def read(self, topic: str) -> AsyncIterator[Sequence[Delivery]]:
        """Every message of a topic, in batches, from the beginning to where it ends now."""


@dataclass(slots=True)
class Report:
    """What was found and done. ``restored`` alerts were missing or behind; ``opened`` had never been published."""

    members: int = 0
    stories: int = 0
    alerts: int = 0
    restored: int = 0
    opened: int = 0
    undecodable: int = 0


@dataclass(slots=True)
class _Found:
    """What the topics hold: the facts of each tagged article, and the latest revision of each alert."""

    articles: dict[str, AlertFacts] = field(default_factory=dict)
    latest: dict[str, Alert] = field(default_factory=dict)


class Rebuild:
    """One run."""

    def __init__(
        self,
        *,
        log: Log,
        store: AlertStore,
        stories: StoryReader,
        writer: StoryWriter,
        rules: Rules,
        stale_after: timedelta,
        clock: Clock,
    ) -> None:
        self._log = log
        self._store = store
        self._stories = stories
        self._writer = writer
        self._rules = rules
        self._stale_after = stale_after
        self._clock = clock
        self._report = Report()
        self._restored: set[str] = set()
        self._opened: set[str] = set()

    async def run(self) -> Report:
        """Stories before alerts, because the alerts are drawn from them."""
        found = await self._gather()
        copies = {s.article_id: s.copy_of for a in found.latest.values() for s in a.sources if s.copy_of}
        await self._restore_members(copies)
        self._report.alerts = len(found.latest)
        self._report.stories = len({facts.articles[0].story_id for facts in found.articles.values()})
        for latest in _chunks(found.latest.values()):
            await self._attempt(latest, lambda alerts: self._restore_published(alerts, found))
        joined: set[str] = set()
        for articles in _chunks(found.articles.values()):
            joined |= await self._attempt(articles, self._join)
        for alert_ids in _chunks(sorted(joined)):
            await self._attempt(alert_ids, self._restore_alerts)
        await self._acknowledge(found.latest)
        self._report.restored = len(self._restored)
        return self._report

    async def _restore_members(self, copies: Mapping[str, str]) -> None:
        """``copies`` are the articles that carry another's text among new words: only their alert says so."""
        async for batch in self._log.read(topics.UNIQUE):
            read = [self._decoded(delivery, UniqueArticle) for delivery in batch]
            judged = [message for message in read if message is not None and message.article.recheck is None]
            await self._add([_member_of_article(message, copies) for message in judged])
        async for batch in self._log.read(topics.DUPLICATES):
            heard = [self._decoded(delivery, Duplicate) for delivery in batch]
            await self._add([_member_of_copy(message) for message in heard if message is not None])

    async def _add(self, members: Sequence[tuple[StoryKey, StoryMember]]) -> None:
        if members:
            self._report.members += await self._writer.add(members)

    async def _gather(self) -> _Found:
        found = _Found()
        async for batch in self._log.read(topics.TAGGED):
            for delivery in batch:
                tagged = self._decoded(delivery, TaggedArticle)
                if tagged is not None and tagged.article.recheck is None:
                    facts = article_facts.of(tagged, self._rules, stale_after=self._stale_after)
                    held = found.articles.get(tagged.article.id, article_facts.NO_FACTS)
                    found.articles[tagged.article.id] = article_facts.merge(held, facts)
        async for batch in self._log.read(topics.ALERTS):
            for delivery in batch:
                alert = self._decoded(delivery, Alert)
                held_alert = found.latest.get(alert.id) if alert is not None else None
                if alert is not None and (held_alert is None or alert.revision >= held_alert.revision):
                    found.latest[alert.id] = alert
        return found

    async def _restore_published(self, alerts: Sequence[Alert], found: _Found) -> tuple[list[Write], set[str]]:
        """What was published comes back as it was, with the facts of the articles it lists.

        Before anything is joined: which of a story's alerts an article is in stands in no other place.
        """
        snapshot = Snapshot(self._store, self._stories)
        await snapshot.load([_story_key(alert, story) for alert in alerts for story in _stories_of(alert)], [])
        await snapshot.load_alerts([alert.id for alert in alerts])
        writes: list[Write] = []
        for alert in alerts:
            key, stored = redis_keys.alert(alert.id), snapshot.alert(alert.id)
            transaction = Transaction(snapshot)
            facts = snapshot.facts(alert.id)
            if alert.merged_into:
                facts = AlertFacts(merged_into=alert.merged_into)
            elif facts.merged_into is None:
                listed = [found.articles[s.article_id] for s in alert.sources if s.article_id in found.articles]
                facts = reduce(article_facts.merge, listed, facts)
                for story_id in _stories_of(alert):
                    named = sorted({*snapshot.alerts_of(story_id), alert.id})
                    transaction.change(redis_keys.alerts_of_story(story_id), facts=named)
            later = alert if stored is None or stored.revision < alert.revision else None
            transaction.change(key, facts=facts, alert=later)
            writes.append(self._noted(transaction))
        return writes, {alert.id for alert in alerts}

    async def _join(self, articles: Sequence[AlertFacts]) -> tuple[list[Write], set[str]]:
        """Each article in its alert, as the alerter would put it; nothing is sent for half of the facts."""
        snapshot = Snapshot(self._store, self._stories)
        items = [facts.articles[0] for facts in articles]
        keys = [StoryKey(redis_keys.bucket(item.language), item.story_id) for item in items]
        await snapshot.load(keys, items)
        writes: list[Write] = []
        joined: set[str] = set()
        for facts in articles:
            transaction = Transaction(snapshot)
            transaction.record(redis_keys.alerts_of_story(facts.articles[0].story_id))
            own, _ = join(facts, snapshot, transaction)
            joined.update([own] if own else [])
            writes.append(self._noted(transaction))
        return writes, joined

    async def _restore_alerts(self, alert_ids: Sequence[str]) -> tuple[list[Write], set[str]]:
        """Every alert decided once, on all that is known of it."""
        snapshot = Snapshot(self._store, self._stories)
        await snapshot.load_alerts(alert_ids)
        writes: list[Write] = []
        for alert_id in dict.fromkeys(snapshot.live(id_) for id_ in alert_ids):
            transaction = Transaction(snapshot)
            facts, before = snapshot.facts(alert_id), snapshot.alert(alert_id)
            members, elsewhere = members_of(alert_id, snapshot)
            decision, remembered = restore(
                alert_id=alert_id,
                facts=facts,
                members=members,
                elsewhere=elsewhere,
                latest=before,
                rules=self._rules,
                now=self._clock.now(),
            )
            key = redis_keys.alert(alert_id)
            transaction.change(key, facts=remembered, alert=decision.alert, publish=decision.publish)
            self._opened.update([alert_id] if decision.status == "opened" else [])
            writes.append(self._noted(transaction))
        self._report.opened = len(self._opened)
        return writes, set()

    def _noted(self, transaction: Transaction) -> Write:
        write = transaction.write() or Write()
        alerts = redis_keys.alert("")
        self._restored.update(key for key in write.changed if key.startswith(alerts))
        return write

    async def _attempt(
        self, items: Sequence[T], step: Callable[[Sequence[T]], Awaitable[tuple[list[Write], set[str]]]]
    ) -> set[str]:
        """A step, again while services that run beside it change what it writes. Every step can be repeated."""
        for _ in range(_ATTEMPTS):
            writes, found = await step(items)
            if all(await self._store.write([write for write in writes if write.changed])):
                return found
        raise TransientError(f"{len(items)} stories are changing too fast: run the rebuild again.")

    async def _acknowledge(self, latest: Mapping[str, Alert]) -> None:
        for alerts in _chunks(latest.values()):
            records = await self._store.load([redis_keys.alert(alert.id) for alert in alerts])
            behind = [a for a, record in zip(alerts, records, strict=True) if record.published < a.revision]
            await self._store.acknowledge(behind)

    def _decoded(self, delivery: Delivery, kind: type[codec.M]) -> codec.M | None:
        try:
            return codec.decode(delivery.value, kind)
        except codec.UndecodableError:
            self._report.undecodable += 1
            return None


def _chunks(items: Iterable[T]) -> Iterable[list[T]]:
    ordered = list(items)
    return (ordered[begin : begin + _AT_ONCE] for begin in range(0, len(ordered), _AT_ONCE))


def _stories_of(alert: Alert) -> tuple[str, ...]:
    return alert.stories or (alert.story_id,)


def _story_key(alert: Alert, story_id: str) -> StoryKey:
    return StoryKey(redis_keys.bucket(alert.language), story_id)


def _member_of_article(message: UniqueArticle, copies: Mapping[str, str]) -> tuple[StoryKey, StoryMember]:
    article = message.article
    member = stories.member_of_article(article, link=message.link, copy_of=copies.get(article.id))
    return StoryKey(redis_keys.bucket(article.language), message.story_id), member


def _member_of_copy(message: Duplicate) -> tuple[StoryKey, StoryMember]:
    return StoryKey(redis_keys.bucket(message.language), message.story_id), stories.member_of_copy(message)
