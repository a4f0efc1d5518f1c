"""The timeline of an article through the services, put together from what the topics and Redis hold. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from msgspec import Struct

from services.contracts import topics, trace
from services.contracts.messages import Alert, Article, DeadLetter, Duplicate, TaggedArticle, UniqueArticle
from services.notifier.edges.redis import Listed
from services.poller.core.imports import FEED
from services.runtime.messages.delivery import Delivery
from services.runtime.services import declared

GROUPS: Final = {name: declared()[name].group for name in ("deduper", "tagger", "alerter")}  # on an article's way
Committed = Mapping[tuple[str, str, int], int]
"""(group, topic, partition) to the next offset that the group will take."""


class Step(Struct, frozen=True, kw_only=True):
    """What one service made of the version. ``at`` is null where the service left no time.

    ``place`` is topic/partition/offset of the message that says so.
    """

    service: str
    status: str
    at: datetime | None
    reason: str
    place: str | None = None


class Timeline(Struct, frozen=True, kw_only=True):
    """One version of one article. ``story`` and ``alert`` are null before the deduper has decided."""

    trace: str
    article: str
    version: str
    title: str
    outlet: str
    url: str | None
    story: str | None
    alert: str | None
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Found:
    """Everything that was found of the articles asked for."""

    articles: list[tuple[Delivery, Article]] = field(default_factory=list)
    unique: list[tuple[Delivery, UniqueArticle]] = field(default_factory=list)
    duplicates: list[tuple[Delivery, Duplicate]] = field(default_factory=list)
    tagged: list[tuple[Delivery, TaggedArticle]] = field(default_factory=list)
    alerts: list[tuple[Delivery, Alert]] = field(default_factory=list)
    dead: list[tuple[Delivery, DeadLetter]] = field(default_factory=list)

    def stories(self) -> set[str]:
        """The stories they belong to."""
        return {unique.story_id for _, unique in self.unique} | {copy.story_id for _, copy in self.duplicates}


def timelines(
    found: Found,
    committed: Committed,
    *,
    stored: Mapping[str, Alert],
    known: Iterable[str],
    notified: Sequence[Listed],
) -> list[Timeline]:
    """The timeline of each version, by the time it was fetched.

    ``stored`` are the alerts in Redis by id, ``known`` the ids of stories that the alerter knows; ``notified`` are the
    deliveries of these alerts, in the order in which the notifier took them up.
    """
    of_alerter = frozenset(known)
    sent: dict[str, list[tuple[Delivery, Article]]] = {}
    for delivery, article in found.articles:
        sent.setdefault(_trace_of(delivery, article), []).append((delivery, article))
    by_fetch = sorted(sent.items(), key=lambda one: (one[1][0][1].fetched_at, one[0]))
    return [_Maker(found, committed, stored, of_alerter, notified, *one).timeline() for one in by_fetch]


@dataclass(slots=True)
class _Maker:
    """One version's steps, service by service.

    What came several times is told as it came first; whether it waits or was set aside is asked of the last time.
    """

    found: Found
    committed: Committed
    stored: Mapping[str, Alert]
    known: frozenset[str]
    notified: Sequence[Listed]
    trace: str
    sent: Sequence[tuple[Delivery, Article]]

    @property
    def article(self) -> Article:
        return self.sent[0][1]

    def timeline(self) -> Timeline:
        steps = [self._polled()]
        after = self._deduped(steps)
        story = after[1] if after else None
        if after is not None:
            self._tagged_and_alerted(steps, *after)
        return Timeline(
            trace=self.trace,
            article=self.article.id,
            version=self.article.content_hash,
            title=self.article.title,
            outlet=self.article.outlet,
            url=self.article.url,
            story=story,
            alert=self._alert_of(story) if story else None,
            steps=tuple(steps),
        )

    def _alert_of(self, story: str) -> str | None:
        """The alert that lists this article, else one that the story is in."""
        alerts = [*self.stored.values(), *(alert for _, alert in reversed(self.found.alerts))]
        among = [alert for alert in alerts if story in _stories(alert) and alert.merged_into is None]
        listing = [alert for alert in among if any(s.article_id == self.article.id for s in alert.sources)]
        return next((alert.id for alert in (*listing, *among)), None)

    def _polled(self) -> Step:
        again = f", sent {len(self.sent)} times" if len(self.sent) > 1 else ""
        feed = self.article.feed
        imported = feed.url == FEED
        kind = "first fetch, taken as history" if self.article.backfill else "news"
        return Step(
            service="send" if imported else "poller",
            status="published",
            at=self.article.fetched_at,
            reason=f"{'imported as history' if self.article.backfill else 'imported'}{again}"
            if imported
            else f"{kind}, from {feed.title or feed.url}{again}",
            place=_place(self.sent[0][0]),
        )

    def _deduped(self, steps: list[Step]) -> tuple[Delivery, str] | None:
        """Add the deduper's step; the message that goes on and its story, or None where the timeline ends here."""
        if copies := [one for one in self.found.duplicates if self._is_this(*one)]:
            delivery, copy = copies[0]
            reason = f"a copy of {copy.duplicate_of} by {copy.linked_by}, {copy.containment:.0%} of its text"
            steps.append(_step("deduper", "duplicate", copy.deduped_at, reason, delivery))
            return copies[-1][0], copy.story_id
        if judged := [one for one in self.found.unique if _trace_of(one[0], one[1].article) == self.trace]:
            delivery, unique = judged[0]
            link = unique.link
            reason = f"like {link.article_id} by {link.linked_by} ({link.score:.2f})" if link else "begins a story"
            reason += "".join(f"; {change.kind} changed" for change in unique.changes[:4])
            steps.append(_step("deduper", unique.verdict, unique.deduped_at, reason, delivery))
            return judged[-1][0], unique.story_id
        self._dead_or_waiting(steps, "deduper", self.sent[-1][0], "known", "its verdict is no longer on a topic")
        return None

    def _tagged_and_alerted(self, steps: list[Step], sent: Delivery, story: str) -> None:
        if sent.topic == topics.DUPLICATES:
            self._alerted(steps, sent, story)
            return
        if given := [one for one in self.found.tagged if _trace_of(one[0], one[1].article) == self.trace]:
            delivery, tagged = given[0]
            reason = ", ".join(f"{tag.topic} {tag.role} {tag.score:.2f}" for tag in tagged.tags)
            steps.append(_step("tagger", "tagged", tagged.tagged_at, reason, delivery))
            self._alerted(steps, given[-1][0], story)
            return
        self._dead_or_waiting(
            steps, "tagger", sent, "untagged", "no topic pack matched: `wirewatch packs explain` shows why"
        )

    def _alerted(self, steps: list[Step], sent: Delivery, story: str) -> None:
        revisions = {
            alert.revision: (delivery, alert)
            for delivery, alert in self.found.alerts
            if story in _stories(alert) and self._caused(alert)
        }
        for revision, (delivery, alert) in sorted(revisions.items()):
            status = "opened" if revision == 1 else "revised"
            kinds = dict.fromkeys(change.kind for change in alert.changes)
            changed = f" ({', '.join(kinds)})" if kinds else ""
            reason = f"{alert.severity} alert {alert.id} revision {revision}{changed}"
            steps.append(_step("alerter", status, alert.stages.alerted_at, reason, delivery))
            self._notified(steps, alert)
        if not revisions:
            self._dead_or_waiting(steps, "alerter", sent, *self._without_revision(story))

    def _without_revision(self, story: str) -> tuple[str, str]:
        alert = self.stored.get(self._alert_of(story) or "")
        if alert is not None:
            listed = any(source.article_id == self.article.id for source in alert.sources)
            said = "counts it among its sources, which is" if listed else "learned"
            return ("updated_silently" if listed else "unchanged", f"alert {alert.id} {said} nothing new to say")
        if self.article.backfill:
            return "backfill", "articles of a first fetch or an import with --backfill open no alert"
        if story in self.known:
            return "stale", "too old or too slight to open an alert when it came"
        return "unchanged", "its story has no alert"

    def _notified(self, steps: list[Step], alert: Alert) -> None:
        for one in self.notified:
            sent = one.delivery
            if (sent.alert_id, sent.revision) == (alert.id, alert.revision):
                reason = f"{sent.watch_id} by {sent.channel_id}" + (f": {one.error}" if one.error else "")
                at = one.finished_at or sent.queued_at
                steps.append(Step(service="notifier", status=one.state, at=at, reason=reason))

    def _dead_or_waiting(self, steps: list[Step], service: str, sent: Delivery, status: str, reason: str) -> None:
        """Add the step of a service that sent nothing on: set aside, not there yet, or ``status`` for ``reason``."""
        for _, letter in self.found.dead:
            if (letter.topic, letter.partition, letter.offset) == (sent.topic, sent.partition, sent.offset):
                why = f"{letter.reason}: {letter.error_class}: {letter.detail} (dead letter {letter.id})"
                steps.append(Step(service=service, status="dead", at=letter.last_failed_at, reason=why))
                return
        next_offset = self.committed.get((GROUPS[service], sent.topic, sent.partition))
        if next_offset is None:
            status, reason = "waiting", "this service has not read from the partition yet"
        elif next_offset <= sent.offset:
            status, reason = "waiting", f"{sent.offset - next_offset} messages are before it"
        steps.append(Step(service=service, status=status, at=None, reason=reason))

    def _is_this(self, delivery: Delivery, copy: Duplicate) -> bool:
        """Whether a copy is this version: by its trace or, from before there were traces, by when it was fetched."""
        if delivery.trace is not None:
            return delivery.trace == self.trace
        return (copy.article_id, copy.fetched_at) == (self.article.id, self.article.fetched_at)

    def _caused(self, alert: Alert) -> bool:
        of = trace.id_of(alert.stages.traceparent)
        if of is not None:
            return of == self.trace
        return (alert.stages.article_id, alert.stages.fetched_at) == (self.article.id, self.article.fetched_at)


def _trace_of(delivery: Delivery, article: Article) -> str:
    """The trace a message carries or, from before there were traces, would carry."""
    return delivery.trace or trace.id_of(trace.begun(article.id, article.content_hash)) or ""


def _step(service: str, status: str, at: datetime, reason: str, delivery: Delivery) -> Step:
    return Step(service=service, status=status, at=at, reason=reason, place=_place(delivery))


def _place(delivery: Delivery) -> str:
    return f"{delivery.topic}/{delivery.partition}/{delivery.offset}"


def _stories(alert: Alert) -> tuple[str, ...]:
    return alert.stories or (alert.story_id,)
