"""Deliveries to alerts: decode, load, ask the core, write, send, acknowledge; one status per delivery.

The order of effects is what makes a crash harmless. A revision is written together with its place in the outbox;
then it is sent; then the outbox is told. Whatever is killed in between, the delivery comes again (its offset was not
committed) and finds either nothing done or a revision in the outbox, which :meth:`AlerterHandler.sweep` sends.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from services.alerter import analysts
from services.alerter.core import alert as core
from services.alerter.core import facts as article_facts
from services.alerter.core.severity import Rules
from services.alerter.metrics import AlerterMetrics
from services.alerter.ports import AlertStore, StoryKey, StoryReader
from services.alerter.snapshot import Snapshot
from services.alerter.status import Status
from services.alerter.update import Outcome, Work, apply
from services.contracts import codec, redis_keys, topics, trace
from services.contracts.cloudevents import alert_headers
from services.contracts.messages import Alert, Duplicate, TaggedArticle
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.ports import Publisher
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

OUTBOX_GRACE_SECONDS = 10.0  # a batch that is under way acknowledges its revisions by itself
SWEEP_ALERTS = 200
_PURGE_ALERTS = 500
_PURGE_EVERY = 30  # sweeps

_Revisions = dict[tuple[str, int], Alert]  # by (alert id, revision), in the order of sending


@dataclass(slots=True)
class _Batch:
    """A batch under way: what waits to be decided, and what has come of the rest."""

    statuses: list[Status]
    waiting: list[Work] = field(default_factory=list)
    revisions: _Revisions = field(default_factory=dict)
    dead: list[Outgoing] = field(default_factory=list)


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
        """Process a batch, one delivery after the other; what they load and write goes together.

        A batch waits for the one that the other agent handed over.
        """
        async with self._one_at_a_time:
            return await self._handle(batch)

    async def _handle(self, deliveries: Sequence[Delivery]) -> Sequence[Status]:
        began = self._clock.monotonic()
        batch = _Batch(statuses=["dead"] * len(deliveries))
        for index, delivery in enumerate(deliveries):
            try:
                batch.waiting.append(self._decode(index, delivery))
            except codec.UndecodableError as error:
                batch.dead.append(self._dead(delivery, "undecodable", error))
        while batch.waiting:
            await self._decide(batch)
        if batch.dead:
            await self._publisher.publish(batch.dead)
        await self._publish(batch.revisions)
        seconds = self._clock.monotonic() - began
        self._metrics.finished(deliveries, batch.statuses, now=self._clock.now(), seconds=seconds)
        return batch.statuses

    async def sweep(self, *, older_than_seconds: float = OUTBOX_GRACE_SECONDS) -> int:
        """Send again what has stood in the outbox for too long. Returns how many revisions that were.

        Run with 0 at start, before anything is consumed, and from time to time: state changes that the api wrote
        are sent by this, too.
        """
        total = 0
        async with self._one_at_a_time:
            while alerts := await self._store.unpublished(older_than_seconds=older_than_seconds, limit=SWEEP_ALERTS):
                if await self._carry_out([alert.id for alert in alerts if alert.actions]):
                    continue  # they say something else now
                await self._publish({(alert.id, alert.revision): alert for alert in alerts})
                total += len(alerts)
                self._metrics.resent.inc(len(alerts))
        if total:
            log.info("outbox_resent", revisions=total)
        self._metrics.outbox.set(await self._store.outbox_size())
        if self._sweeps % _PURGE_EVERY == 0:
            while await self._store.purge_expired(_PURGE_ALERTS) == _PURGE_ALERTS:
                pass
        self._sweeps += 1
        return total

    def _decode(self, index: int, delivery: Delivery) -> Work:
        if delivery.topic == topics.DUPLICATES:
            copy = codec.decode(delivery.value, Duplicate)
            key = StoryKey(redis_keys.bucket(copy.language), copy.story_id)
            cause = _cause_of_copy(copy, delivery.headers.get(trace.HEADER))
            return Work(index, delivery, key, article_facts.NO_FACTS, cause)
        tagged = codec.decode(delivery.value, TaggedArticle)
        key = StoryKey(redis_keys.bucket(tagged.article.language), tagged.story_id)
        facts = article_facts.of(tagged, self._rules, stale_after=self._stale_after)
        stale = article_facts.is_stale(tagged, self._stale_after)
        return Work(index, delivery, key, facts, _cause_of_article(tagged, stale=stale))

    async def _decide(self, batch: _Batch) -> None:
        """Decide all that waits. What rests on a state that another writer has changed meanwhile goes on waiting."""
        snapshot = Snapshot(self._store, self._stories)
        articles = [item for work in batch.waiting for item in work.facts.articles]
        await snapshot.load([work.key for work in batch.waiting], articles)
        if await self._carry_out(snapshot.unsettled()):
            return  # what it rests on is another one now
        decided: list[tuple[Work, Outcome]] = []
        for work in batch.waiting:
            try:
                outcome = apply(work, snapshot, self._rules, self._clock.now())
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                log.exception("alert_failed", story_id=work.key.story_id, trace=work.delivery.trace)
                batch.dead.append(self._dead(work.delivery, "defect", error))
                continue
            decided.append((work, outcome))
        writes = [outcome.write for _, outcome in decided if outcome.write is not None]
        if writes:
            failpoints.reach("alerter.decided")
        written = iter(await self._store.write(writes))
        batch.waiting = []
        for work, outcome in decided:
            if outcome.write is None or next(written):
                self._settle(work, outcome, batch)
            else:
                self._metrics.conflicts.inc()
                batch.waiting.append(work)

    async def _carry_out(self, alert_ids: Sequence[str]) -> bool:
        """Carry out what analysts merged and split; whether there was anything."""
        if not alert_ids:
            return False
        snapshot = Snapshot(self._store, self._stories)
        await snapshot.load_alerts(alert_ids)
        unsettled = snapshot.unsettled()
        if unsettled:
            write = analysts.carry_out(unsettled[0], snapshot, self._rules, self._clock.now())
            await self._store.write([write] if write else [])
        return bool(unsettled)

    def _settle(self, work: Work, outcome: Outcome, batch: _Batch) -> None:
        """Note what a delivery came to."""
        batch.statuses[work.index] = outcome.status
        batch.revisions.update({(alert.id, alert.revision): alert for alert in outcome.revisions})
        for alert, published in outcome.stored:
            # A delivery that comes again after a crash finds its revision written and not acknowledged: send it now.
            # A sweep would, too, but later. What was decided in this very batch waits in ``revisions`` already.
            if published < alert.revision and (alert.id, alert.revision) not in batch.revisions:
                batch.revisions[alert.id, alert.revision] = alert
                self._metrics.resent.inc()

    async def _publish(self, revisions: _Revisions) -> None:
        """Send revisions, and tell the outbox once Kafka has them."""
        if not revisions:
            return
        failpoints.reach("alerter.written")
        messages = {key: _message(alert) for key, alert in revisions.items()}
        refused = await self._publisher.publish(list(messages.values()))
        if refused:
            # Every part of an alert is bounded far below the limit; should one pass it all the same, it stays
            # readable in the store, and is acknowledged so that the outbox does not try for ever.
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
        await self._store.acknowledge(list(revisions.values()))
        failpoints.reach("alerter.ticked")

    def _dead(self, delivery: Delivery, reason: str, error: BaseException) -> Outgoing:
        return set_aside(delivery, reason, error, now=self._clock.now(), metrics=self._metrics)


def _message(alert: Alert) -> Outgoing:
    return Outgoing(topic=topics.ALERTS, key=alert.id.encode(), value=codec.encode(alert), headers=alert_headers(alert))


def _cause_of_article(tagged: TaggedArticle, *, stale: bool) -> core.Cause:
    return core.Cause(
        article_id=tagged.article.id,
        fetched_at=tagged.article.fetched_at,
        deduped_at=tagged.deduped_at,
        tagged_at=tagged.tagged_at,
        # that a page changed is as old as the look at it, not as the article
        published_at=tagged.article.published_at if tagged.article.recheck is None else None,
        backfill=tagged.article.backfill,
        stale=stale,
        traceparent=trace.begun(tagged.article.id, tagged.article.content_hash),
        tier=tagged.article.feed.tier,
        recheck=tagged.article.recheck,
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
