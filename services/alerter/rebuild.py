"""Makes stories and alerts in the store again from Kafka, after the store was lost or to see that it lacks nothing.

Adds and merges, never removes: on a store that lost nothing it changes nothing, and it can be repeated or run beside
the services. The deduper's index is made again by the deduper.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from services.alerter.core import alert as core
from services.alerter.core import dossier
from services.alerter.core.restore import restore
from services.alerter.core.severity import Rules
from services.alerter.ports import AlertStore, Stored, StoryKey, StoryReader, Write
from services.contracts import codec, redis_keys, stories, topics
from services.contracts.messages import Alert, Duplicate, TaggedArticle, UniqueArticle
from services.contracts.stories import StoryMember
from services.runtime.errors import TransientError
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import Clock

_AT_ONCE = 200
_ATTEMPTS = 20


class StoryWriter(Protocol):
    """Writes story members that are not there."""

    async def add(self, members: Sequence[tuple[StoryKey, StoryMember]]) -> int:
        """Add each that its story does not have; how many those were."""
        ...


class Log(Protocol):
    """The topics, as they are now."""

    def read(self, topic: str) -> AsyncIterator[Sequence[Delivery]]:
        """Every message of a topic, in batches, from the beginning to where it ends now."""
        ...


@dataclass(slots=True)
class Report:
    """What was found and done. ``restored`` alerts were missing or behind; ``opened`` had never been published."""

    members: int = 0
    dossiers: int = 0
    alerts: int = 0
    restored: int = 0
    opened: int = 0
    undecodable: int = 0


@dataclass(slots=True)
class _Found:
    """What the topics hold."""

    dossiers: dict[str, dossier.Dossier] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
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

    async def run(self) -> Report:
        """Stories before alerts, because the alerts are drawn from them."""
        found = await self._gather()
        copies = {s.article_id: s.copy_of for a in found.latest.values() for s in a.sources if s.copy_of}
        await self._restore_members(copies)
        self._report.dossiers, self._report.alerts = len(found.dossiers), len(found.latest)
        story_ids = sorted(found.dossiers.keys() | found.latest.keys())
        for begin in range(0, len(story_ids), _AT_ONCE):
            await self._restore_alerts(story_ids[begin : begin + _AT_ONCE], found)
        return self._report

    async def _restore_members(self, copies: Mapping[str, str]) -> None:
        """``copies`` are the articles that carry another's text among new words: only their alert says so."""
        async for batch in self._log.read(topics.UNIQUE):
            read = [self._decoded(delivery, UniqueArticle) for delivery in batch]
            await self._add([_member_of_article(message, copies) for message in read if message is not None])
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
                if tagged is None:
                    continue
                held = found.dossiers.get(tagged.story_id, dossier.Dossier())
                found.dossiers[tagged.story_id] = dossier.merge(held, dossier.of(tagged, stale_after=self._stale_after))
                found.buckets[tagged.story_id] = redis_keys.bucket(tagged.article.language)
        async for batch in self._log.read(topics.ALERTS):
            for delivery in batch:
                alert = self._decoded(delivery, Alert)
                if alert is not None:
                    _keep_latest(found.latest, alert)
        return found

    async def _restore_alerts(self, story_ids: Sequence[str], found: _Found) -> None:
        left = list(story_ids)
        for _ in range(_ATTEMPTS):
            stored = await self._store.load(left)
            keys = [StoryKey(found.buckets.get(id_) or _bucket_of(found.latest.get(id_)), id_) for id_ in left]
            members = await self._stories.members(keys)
            writes: list[Write] = []
            for id_, before, story in zip(left, stored, members, strict=True):
                write = self._restored(id_, before, story, found)
                if write is not None:
                    writes.append(write)
            done = await self._store.put(writes)
            await self._store.published([found.latest[id_] for id_ in left if id_ in found.latest])
            self._report.restored += sum(done)
            self._report.opened += sum(
                1 for write, ok in zip(writes, done, strict=True) if ok and write.publish and not write.before.alert
            )
            left = [write.story_id for write, ok in zip(writes, done, strict=True) if not ok]
            if not left:
                return
        raise TransientError(f"{len(left)} stories are changing too fast: run the rebuild again.")

    def _restored(self, story_id: str, before: Stored, members: Sequence[StoryMember], found: _Found) -> Write | None:
        """What to write for a story, None where the store has it all."""
        learned = dossier.merge(before.known.dossier, found.dossiers.get(story_id, dossier.Dossier()))
        latest = _later(before.alert, found.latest.get(story_id))
        decision, known = restore(
            story_id=story_id,
            dossier=learned,
            members=members,
            latest=latest,
            rules=self._rules,
            now=self._clock.now(),
        )
        publish = isinstance(decision, core.Opened | core.Revised)
        alert = decision.alert if isinstance(decision, core.Opened | core.Revised | core.Counted) else latest
        if alert == before.alert and known == before.known:
            return None
        return Write(story_id=story_id, before=before, known=known, alert=alert, publish=publish)

    def _decoded(self, delivery: Delivery, kind: type[codec.M]) -> codec.M | None:
        try:
            return codec.decode(delivery.value, kind)
        except codec.UndecodableError:
            self._report.undecodable += 1
            return None


def _keep_latest(latest: dict[str, Alert], alert: Alert) -> None:
    held = latest.get(alert.story_id)
    if held is None or alert.revision >= held.revision:
        latest[alert.story_id] = alert


def _later(stored: Alert | None, published: Alert | None) -> Alert | None:
    """The later revision; of one revision what is stored, because it may list more sources."""
    if stored is None or published is None:
        return stored or published
    return stored if stored.revision >= published.revision else published


def _bucket_of(alert: Alert | None) -> str:
    return redis_keys.bucket(alert.language if alert is not None else None)


def _member_of_article(message: UniqueArticle, copies: Mapping[str, str]) -> tuple[StoryKey, StoryMember]:
    article = message.article
    member = stories.member_of_article(article, link=message.link, copy_of=copies.get(article.id))
    return StoryKey(redis_keys.bucket(article.language), message.story_id), member


def _member_of_copy(message: Duplicate) -> tuple[StoryKey, StoryMember]:
    return StoryKey(redis_keys.bucket(message.language), message.story_id), stories.member_of_copy(message)
