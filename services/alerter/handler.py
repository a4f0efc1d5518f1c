"""Deliveries to alerts: decode, load, ask the core, write, send, tick off; one status per delivery.

The order of effects is what makes a crash harmless. A revision is written together with its place in the outbox;
then it is sent; then the outbox is told. Whatever is killed in between, the delivery comes again (its offset was not
committed) and finds either nothing done or a revision in the outbox, which :meth:`AlerterHandler.sweep` sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, assert_never, get_args

from services.alerter.core import alert as core
from services.alerter.core import dossier
from services.alerter.core.severity import Rules
from services.alerter.metrics import AlerterMetrics
from services.alerter.ports import AlertStore, Stored, StoryKey, StoryReader, Write
from services.contracts import codec, redis_keys, topics, trace
from services.contracts.cloudevents import alert_headers
from services.contracts.messages import Alert, Duplicate, TaggedArticle
from services.contracts.stories import StoryMember
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.ports import Publisher
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

Status = Literal["opened", "revised", "counted", "backfill", "stale", "unchanged", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)

OUTBOX_GRACE_SECONDS = 10.0  # a batch that is under way ticks its revisions off by itself
SWEEP_ALERTS = 200
_TIDY_ALERTS = 500
_TIDY_EVERY = 30  # sweeps

_Revisions = dict[tuple[str, int], Alert]  # by (alert id, revision), in the order of sending


@dataclass(frozen=True, slots=True)
class _Work:
    """One delivery that was decoded. ``learned`` is empty for a duplicate: a copy proves nothing new."""

    index: int
    delivery: Delivery
    key: StoryKey
    learned: dossier.Dossier
    cause: core.Cause


class AlerterHandler:
    """See :class:`services.runtime.ports.StreamHandler`. Both of the alerter's agents share one."""

    def __init__(
        self,
        *,
        store: AlertStore,
        stories: StoryReader,
        publisher: Publisher,
        rules: Rules,
        stale_after: timedelta,
        clock: Clock,
        metrics: AlerterMetrics,
    ) -> None:
        self._store = store
        self._stories = stories
        self._publisher = publisher
        self._rules = rules
        self._stale_after = stale_after
        self._clock = clock
        self._metrics = metrics
        self._sweeps = 0
        # Held while a batch or a sweep is under way: the other agent and the sweep would find its revisions written
        # and not yet acknowledged, and send them a second time.
        self._one_at_a_time = asyncio.Lock()

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """Process a batch. Deliveries of one story are decided one after the other, different stories together.

        A batch waits for the one that the other agent handed over.
        """
        async with self._one_at_a_time:
            return await self._handle(batch)

    async def _handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        began = self._clock.monotonic()
        statuses: list[Status] = ["dead"] * len(batch)
        waiting: dict[str, list[_Work]] = {}
        dead: list[Outgoing] = []
        for index, delivery in enumerate(batch):
            try:
                work = self._decode(index, delivery)
            except codec.UndecodableError as error:
                dead.append(self._dead(delivery, "undecodable", error))
            else:
                waiting.setdefault(work.key.story_id, []).append(work)
        revisions: _Revisions = {}
        while waiting:
            await self._round(waiting, statuses, revisions, dead)
        await self._send(revisions, dead)
        seconds = self._clock.monotonic() - began
        self._metrics.finished(batch, statuses, now=self._clock.now(), seconds=seconds)
        return statuses

    async def sweep(self, *, older_than_seconds: float = OUTBOX_GRACE_SECONDS) -> int:
        """Send again what has stood in the outbox for too long. Returns how many revisions that were.

        Run with 0 at start, before anything is consumed, and from time to time: state changes that the api wrote
        are sent by this, too.
        """
        total = 0
        async with self._one_at_a_time:
            while alerts := await self._store.unpublished(older_than_seconds=older_than_seconds, limit=SWEEP_ALERTS):
                await self._publish({(alert.id, alert.revision): alert for alert in alerts})
                total += len(alerts)
                self._metrics.resent.inc(len(alerts))
        if total:
            log.info("outbox_resent", revisions=total)
        self._metrics.outbox.set(await self._store.outbox_size())
        if self._sweeps % _TIDY_EVERY == 0:
            while await self._store.tidy(_TIDY_ALERTS) == _TIDY_ALERTS:
                pass
        self._sweeps += 1
        return total

    def _decode(self, index: int, delivery: Delivery) -> _Work:
        if delivery.topic == topics.DUPLICATES:
            copy = codec.decode(delivery.value, Duplicate)
            key = StoryKey(redis_keys.bucket(copy.language), copy.story_id)
            return _Work(
                index, delivery, key, dossier.Dossier(), _cause_of_copy(copy, delivery.headers.get(trace.HEADER))
            )
        tagged = codec.decode(delivery.value, TaggedArticle)
        key = StoryKey(redis_keys.bucket(tagged.article.language), tagged.story_id)
        learned = dossier.of(tagged, stale_after=self._stale_after)
        return _Work(index, delivery, key, learned, _cause_of_article(tagged))

    async def _round(
        self,
        waiting: dict[str, list[_Work]],
        statuses: list[Status],
        revisions: _Revisions,
        dead: list[Outgoing],
    ) -> None:
        """Decide the first waiting delivery of each story; a story whose write met a conflict keeps its delivery."""
        works = [queue[0] for queue in waiting.values()]
        loaded = await self._store.load([work.key.story_id for work in works])
        members = await self._stories.members([work.key for work in works])
        decided: list[tuple[_Work, Status]] = []
        writes: list[tuple[_Work, Status, Write]] = []
        for work, before, found in zip(works, loaded, members, strict=True):
            try:
                status, write = self._decide(work, before, found)
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                log.exception("alert_failed", story_id=work.key.story_id, trace=work.delivery.trace)
                dead.append(self._dead(work.delivery, "defect", error))
                decided.append((work, "dead"))
                continue
            if write is None:
                decided.append((work, status))
                self._still_to_send(before, revisions)
            else:
                writes.append((work, status, write))
        if writes:
            failpoints.reach("alerter.decided")
        done = await self._store.put([write for _, _, write in writes])
        for (work, status, write), written in zip(writes, done, strict=True):
            if not written:
                self._metrics.conflicts.inc()
                continue
            decided.append((work, status))
            if write.publish and write.alert is not None:
                revisions[write.alert.id, write.alert.revision] = write.alert
            else:
                self._still_to_send(write.before, revisions)
        for work, status in decided:
            statuses[work.index] = status
            queue = waiting[work.key.story_id]
            queue.pop(0)
            if not queue:
                del waiting[work.key.story_id]

    def _decide(self, work: _Work, before: Stored, members: Sequence[StoryMember]) -> tuple[Status, Write | None]:
        """The status of a delivery, and what to write for it, if anything."""
        learned = dossier.merge(before.known.dossier, work.learned)
        decision, known = core.decide(
            story_id=work.key.story_id,
            known=before.known,
            learned=learned,
            members=members,
            before=before.alert,
            rules=self._rules,
            cause=work.cause,
            now=self._clock.now(),
        )
        status, alert, publish = _effect(decision)
        if alert is None and known == before.known:
            return status, None
        kept = alert if alert is not None else before.alert
        return status, Write(story_id=work.key.story_id, before=before, known=known, alert=kept, publish=publish)

    def _still_to_send(self, before: Stored, revisions: _Revisions) -> None:
        """A delivery that comes again after a crash finds its revision written and not acknowledged: send it now.

        A sweep would, too, but later. What was decided in this very batch waits in ``revisions`` already.
        """
        if before.alert is None or before.published >= before.alert.revision:
            return
        key = before.alert.id, before.alert.revision
        if key not in revisions:
            revisions[key] = before.alert
            self._metrics.resent.inc()

    async def _send(self, revisions: _Revisions, dead: list[Outgoing]) -> None:
        if dead:
            await self._publisher.publish(dead)
        await self._publish(revisions)

    async def _publish(self, revisions: _Revisions) -> None:
        """Send revisions and tick them off once Kafka has them."""
        if not revisions:
            return
        failpoints.reach("alerter.written")
        messages = {key: _message(alert) for key, alert in revisions.items()}
        refused = await self._publisher.publish(list(messages.values()))
        if refused:
            # Every part of an alert is bounded far below the limit; should one pass it all the same, it stays
            # readable in the store, and is ticked off so that the outbox does not try for ever.
            log.error("alert_too_large", alerts=[message.key.decode() for message in refused])
            self._metrics.dead.labels("too_large").inc(len(refused))
        now = self._clock.now()
        for alert in revisions.values():
            self._metrics.sent(alert, now)
            log.info(
                "revision_sent",
                alert=alert.id,
                revision=alert.revision,
                story=alert.story_id,
                severity=alert.severity,
                trace=trace.id_of(alert.stages.traceparent),
            )
        failpoints.reach("alerter.sent")
        await self._store.published(list(revisions.values()))
        failpoints.reach("alerter.ticked")

    def _dead(self, delivery: Delivery, reason: str, error: BaseException) -> Outgoing:
        return set_aside(delivery, reason, error, now=self._clock.now(), metrics=self._metrics)


def _effect(decision: core.Decision) -> tuple[Status, Alert | None, bool]:
    """The status of a decision, the alert to store for it, and whether that is a revision to send."""
    match decision:
        case core.Opened(alert):
            return "opened", alert, True
        case core.Revised(alert):
            return "revised", alert, True
        case core.Counted(alert):
            return "counted", alert, False
        case core.Backfill():
            return "backfill", None, False
        case core.Stale():
            return "stale", None, False
        case core.Unchanged():
            return "unchanged", None, False
    assert_never(decision)


def _message(alert: Alert) -> Outgoing:
    return Outgoing(topic=topics.ALERTS, key=alert.id.encode(), value=codec.encode(alert), headers=alert_headers(alert))


def _cause_of_article(tagged: TaggedArticle) -> core.Cause:
    return core.Cause(
        article_id=tagged.article.id,
        fetched_at=tagged.article.fetched_at,
        deduped_at=tagged.deduped_at,
        tagged_at=tagged.tagged_at,
        published_at=tagged.article.published_at,
        backfill=tagged.article.backfill,
        traceparent=trace.begun(tagged.article.id, tagged.article.content_hash),
    )


def _cause_of_copy(copy: Duplicate, traceparent: str | None) -> core.Cause:
    """A copy is not tagged: it goes from the deduper straight to the alerter, and its tagging takes no time."""
    return core.Cause(
        article_id=copy.article_id,
        fetched_at=copy.fetched_at,
        deduped_at=copy.deduped_at,
        tagged_at=copy.deduped_at,
        published_at=copy.published_at,
        backfill=copy.backfill,
        traceparent=traceparent,
    )
