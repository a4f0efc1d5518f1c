"""What the deduper does with a batch: decode, ask the store, send the verdicts on, one status a delivery."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.contracts import codec, messages, redis_keys, topics, trace
from services.contracts.messages import Article, Change, Duplicate, Link, Recheck, UniqueArticle
from services.deduper.core.changes import changes
from services.deduper.core.fingerprint import Fingerprint, fingerprint
from services.deduper.core.verdict import Copy, Decision, New, SameStory, Update, Verdict, copy_of, status
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.errors import ArticleTooLargeError
from services.deduper.metrics import DeduperMetrics
from services.deduper.ports import StoryIndex
from services.deduper.status import Status
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.ports import Publisher
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

SERVICE = "deduper"
AT_ONCE = 16  # articles are judged at once while as many more are read
READ_AT_ONCE = 4  # of them, before the store gets a turn


_VERDICTS: Mapping[type[New | SameStory | Update], messages.Verdict] = {
    New: "new",
    SameStory: "same_story",
    Update: "update",
}


@dataclass(slots=True)
class _Work:
    """One delivery on its way: its article once decoded, its status once known."""

    delivery: Delivery
    article: Article | None = None
    item: Fingerprint | None = None
    outgoing: Outgoing | None = None
    status: Status = "dead"


class Deduper:
    """The handler. A batch goes to the store in parts and to Kafka in one; the order is kept."""

    def __init__(
        self,
        index: StoryIndex,
        publisher: Publisher,
        clock: Clock,
        metrics: DeduperMetrics,
        vocabulary_of: Callable[[str], Vocabulary],
    ) -> None:
        self._index = index
        self._vocabulary_of = vocabulary_of
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        """See :class:`services.runtime.ports.StreamHandler`."""
        started = self._clock.monotonic()
        work = [_Work(delivery) for delivery in batch]
        letters: list[Outgoing] = []
        asking: asyncio.Future[None] | None = None
        for first in range(0, len(work), AT_ONCE):
            some = work[first : first + AT_ONCE]
            for at, one in enumerate(some):
                if letter := self._read(one):
                    letters.append(letter)
                if at % READ_AT_ONCE == 0:
                    await asyncio.sleep(0)  # what was asked leaves, and the store answers, while these are read
            if asking:
                await asking
            asking = asyncio.ensure_future(self._ask([one for one in some if one.item is not None]))
        if asking:
            await asking
        failpoints.reach("deduper.remembered")
        letters += await self._send([one for one in work if one.outgoing is not None])
        if letters:
            await self._publisher.publish(letters)
        statuses = [one.status for one in work]
        self._metrics.finished(batch, statuses, now=self._clock.now(), seconds=self._clock.monotonic() - started)
        return statuses

    def _read(self, one: _Work) -> Outgoing | None:
        """Fill in article and fingerprint, or return the dead letter."""
        try:
            one.article = codec.decode(one.delivery.value, Article)
            if one.article.recheck is not None:  # the poller has compared it, and its story is that of the alert
                message = rechecked(one.article, one.article.recheck, deduped_at=self._clock.now())
                headers = trace.passed_on(one.delivery.headers, SERVICE)
                one.outgoing = Outgoing(topics.UNIQUE, message.story_id.encode(), codec.encode(message), headers)
                one.status = "update"
                return None
            one.item = fingerprint(one.article, self._vocabulary_of(redis_keys.bucket(one.article.language)))
        except codec.UndecodableError as error:
            return self._bury(one, "undecodable", error)
        except Exception as error:
            log.exception("reading_failed", offset=one.delivery.offset, trace=one.delivery.trace)
            return self._bury(one, "defect", error)
        return None

    async def _ask(self, asked: Sequence[_Work]) -> None:
        if not asked:
            return
        started = self._clock.monotonic()
        decisions = await self._index.decide([one.item for one in asked if one.item is not None])
        self._metrics.store_seconds.observe(self._clock.monotonic() - started)
        for one, decision in zip(asked, decisions, strict=True):
            self._act(one, decision)

    def _act(self, one: _Work, decision: Decision) -> None:
        article, item = one.article, one.item
        if article is None or item is None:  # only what was read is asked about
            return
        one.status = "known" if decision.known else status(decision.verdict)
        one.outgoing = self._message(article, item, decision.verdict, trace.passed_on(one.delivery.headers, SERVICE))
        if decision.teaches:
            self._vocabulary_of(item.bucket).learn(item.word_counts)
        if decision.known:
            return
        if not isinstance(decision.verdict, New):
            self._metrics.links.labels(decision.verdict.link.linked_by).inc()
        if not article.backfill:
            waited = (self._clock.now() - article.fetched_at).total_seconds()
            self._metrics.fetched_to_deduped_seconds.observe(max(0.0, waited))

    def _message(self, article: Article, item: Fingerprint, verdict: Verdict, headers: Mapping[str, str]) -> Outgoing:
        match verdict:
            case New() | SameStory() | Update():
                return self._unique(article, item, verdict, headers)
            case Copy():
                return self._duplicate(article, verdict, headers)
            case _:
                assert_never(verdict)

    def _unique(
        self, article: Article, item: Fingerprint, verdict: New | SameStory | Update, headers: Mapping[str, str]
    ) -> Outgoing:
        message = UniqueArticle(
            article=article,
            story_id=verdict.story_id,
            verdict=_VERDICTS[type(verdict)],
            deduped_at=self._clock.now(),
            link=None if isinstance(verdict, New) else verdict.link,
            copy_of=copy_of(verdict),
            changes=changes(verdict.before, item.facts) if isinstance(verdict, Update) else (),
        )
        return Outgoing(topics.UNIQUE, verdict.story_id.encode(), codec.encode(message), headers)

    def _duplicate(self, article: Article, verdict: Copy, headers: Mapping[str, str]) -> Outgoing:
        message = duplicate_of(article, verdict, deduped_at=self._clock.now())
        return Outgoing(topics.DUPLICATES, verdict.story_id.encode(), codec.encode(message), headers)

    async def _send(self, work: Sequence[_Work]) -> list[Outgoing]:
        """Publish the verdicts; the dead letters for those that the broker refused."""
        refused = await self._publisher.publish([one.outgoing for one in work if one.outgoing is not None])
        gone = {id(message) for message in refused}
        return [
            self._bury(one, "too_large", ArticleTooLargeError(one.article.id, len(one.outgoing.value)))
            for one in work
            if one.outgoing is not None and one.article is not None and id(one.outgoing) in gone
        ]

    def _bury(self, one: _Work, reason: str, error: Exception) -> Outgoing:
        one.status, one.item = "dead", None
        return set_aside(one.delivery, reason, error, now=self._clock.now(), metrics=self._metrics)


def rechecked(article: Article, recheck: Recheck, *, deduped_at: datetime) -> UniqueArticle:
    """The message on an article whose page was looked at again: another version, whatever the index still knows."""
    return UniqueArticle(
        article=article,
        story_id=recheck.story_id,
        verdict="update",
        deduped_at=deduped_at,
        link=Link(linked_by="url", article_id=article.id, score=1),
        changes=tuple(Change(kind="text", before=one.before, after=one.after) for one in recheck.differences),
    )


def duplicate_of(article: Article, verdict: Copy, *, deduped_at: datetime) -> Duplicate:
    """The message that says that ``article`` repeats a text already seen."""
    return Duplicate(
        story_id=verdict.story_id,
        article_id=article.id,
        duplicate_of=verdict.link.article_id,
        linked_by=verdict.link.linked_by,
        containment=verdict.link.score,
        outlet=article.outlet,
        family=article.family,
        title=article.title,
        first_seen_at=article.first_seen_at,
        fetched_at=article.fetched_at,
        deduped_at=deduped_at,
        wire=article.wire,
        url=article.url,
        language=article.language,
        published_at=article.published_at,
        backfill=article.backfill,
        canonical_url=article.canonical_url,
        content_hash=article.content_hash,
    )
