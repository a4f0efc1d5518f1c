"""Unique articles in, tagged articles out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.contracts import codec, topics, trace
from services.contracts.messages import Recheck, Tag, TaggedArticle, UniqueArticle
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.ports import Publisher
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.tagger.core.tag import Fields, tag
from services.tagger.library import Library
from services.tagger.metrics import TaggerMetrics, language_label

log = get(__name__)

Status = Literal["tagged", "untagged", "dead"]
_TURN_SECONDS = 0.005  # the longest run of tagging before the event loop (heartbeats, probes) gets its turn


class TooLargeError(ValueError):
    """The tagged article is larger than the broker takes."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one delivery, and the message that says so, if any."""

    status: Status
    message: Outgoing | None = None


class TaggerHandler:
    """Tags batches with the library in force. ``use`` may be called at any time: it holds from the next article on."""

    def __init__(self, *, library: Library, publisher: Publisher, clock: Clock, metrics: TaggerMetrics) -> None:
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._library = library
        self.use(library)

    def use(self, library: Library) -> None:
        """Tag with these packs from now on."""
        self._library = library
        self._metrics.packs_in_force(library.packs)

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """See :class:`services.runtime.ports.StreamHandler`. Returns once Kafka has every message."""
        if not batch:
            return []
        began = self._clock.monotonic()
        outcomes: list[_Outcome] = []
        turn = began
        for delivery in batch:
            outcomes.append(self._outcome(delivery))
            if self._clock.monotonic() - turn > _TURN_SECONDS:
                await self._clock.sleep(0)
                turn = self._clock.monotonic()
        statuses = await self._send(batch, outcomes)
        seconds = self._clock.monotonic() - began
        self._metrics.finished(batch, statuses, now=self._clock.now(), seconds=seconds)
        return statuses

    async def _send(self, batch: Sequence[Delivery], outcomes: Sequence[_Outcome]) -> list[Status]:
        refused = await self._publisher.publish([o.message for o in outcomes if o.message is not None])
        unsendable = {id(message) for message in refused}
        statuses: list[Status] = []
        letters: list[Outgoing] = []
        for delivery, outcome in zip(batch, outcomes, strict=True):
            if outcome.status == "tagged" and id(outcome.message) in unsendable:
                size = len(outcome.message.value) if outcome.message else 0
                error = TooLargeError(f"with its tags the article has {size} bytes, more than a message may have")
                letters.append(self._letter(delivery, "too_large", error))
                statuses.append("dead")
            else:
                statuses.append(outcome.status)
        if letters:
            await self._publisher.publish(letters)
        return statuses

    def _outcome(self, delivery: Delivery) -> _Outcome:
        try:
            unique = codec.decode(delivery.value, UniqueArticle)
        except codec.UndecodableError as error:
            return _Outcome("dead", self._letter(delivery, "undecodable", error))
        try:
            return self._tag(unique, trace.passed_on(delivery.headers, "tagger"))
        except Exception as error:  # a defect must cost one article, not the stream
            log.exception(
                "tagging_failed", article_id=unique.article.id, story_id=unique.story_id, trace=delivery.trace
            )
            return _Outcome("dead", self._letter(delivery, "defect", error))

    def _tag(self, unique: UniqueArticle, headers: Mapping[str, str]) -> _Outcome:
        article = unique.article
        began = self._clock.monotonic()
        fields = Fields(article.title, article.summary or "", article.text, article.language)
        tagging = tag(fields, self._library.compiled)
        self._metrics.tag_seconds.observe(self._clock.monotonic() - began)
        if tagging.truncated:
            self._metrics.truncated.inc()
        if tagging.language is None:
            self._metrics.unread.labels(language_label(article.language)).inc()
        tags = tagging.tags or (_left_over(article.recheck) if article.recheck else ())
        if not tags:
            return _Outcome("untagged")
        for found in tagging.tags:
            self._metrics.tags.labels(found.topic, found.role).inc()
        tagged = TaggedArticle(
            article=article,
            story_id=unique.story_id,
            verdict=unique.verdict,
            deduped_at=unique.deduped_at,
            tagged_at=self._clock.now(),
            tags=tags,
            link=unique.link,
            changes=unique.changes,
        )
        return _Outcome("tagged", Outgoing(topics.TAGGED, unique.story_id.encode(), codec.encode(tagged), headers))

    def _letter(self, delivery: Delivery, reason: str, error: Exception) -> Outgoing:
        return set_aside(delivery, reason, error, now=self._clock.now(), metrics=self._metrics)


def _left_over(recheck: Recheck) -> tuple[Tag, ...]:
    """The topics of the alert, nothing of which is left in the page: its readers have to hear of it."""
    names = {pack: pack.partition("@")[0] for pack in recheck.packs}
    return tuple(Tag(topic=topic, score=0, role="mention", pack=pack) for pack, topic in names.items())
