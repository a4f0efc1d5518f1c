"""Makes the index again from ``articles.unique`` and ``articles.duplicates``: after the store was lost, or when a new
version of Wirewatch keeps it in another layout. Ports only.

The verdicts are not taken anew but read from the messages, in the order in which they were given. What is there
already stays, so it can be repeated, run beside the service, and begun again where a worker died in the middle. Only
what copies showed about an outlet's boilerplate is not in the messages: that is learnt again.

A process that starts reads the messages even if the index is complete: the vocabulary is only in the process, and the
verdicts must not depend on when it started. On the way some messages are looked up, and the last: the index was written
before the message was sent, so where one is missing, the store has lost a part and the index is made again.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Duplicate, Link, UniqueArticle
from services.contracts.stories import member_of_copy
from services.deduper.core.facts import Facts
from services.deduper.core.fingerprint import (
    Fingerprint,
    fingerprint,
    fingerprint_of_copy,
    identity_of,
    identity_of_copy,
    word_counts,
)
from services.deduper.core.index import given_before, insert, insert_root
from services.deduper.core.lookup import Query
from services.deduper.core.records import Key, NotLoadedError
from services.deduper.core.rules import Finding
from services.deduper.core.verdict import Copy, New, SameStory, Update, Verdict
from services.deduper.core.view import View
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.judge import prefetch
from services.deduper.ports import ArticleLog, IndexStore, Snapshot
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

_ASKED_AGAIN_SECONDS = 1.0
_LOOKED_UP_EVERY = 8  # batches: three calls for one message took a tenth of the time
_CERTAIN = 0.9  # of the window: what is older may have expired since it was read


@dataclass(slots=True)
class Report:
    """What was read and put back. ``known`` were in the index already, or were sent more than once."""

    articles: int = 0
    copies: int = 0
    known: int = 0
    undecodable: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    """An article with the verdict it got, and when."""

    item: Fingerprint
    verdict: Verdict
    seen_s: int


class Rebuild:
    """Rebuilds the index. ``say`` is called with the progress, in words, and with None at the end."""

    def __init__(
        self,
        store: IndexStore,
        articles: ArticleLog,
        clock: Clock,
        vocabulary_of: Callable[[str], Vocabulary],
        *,
        window_s: int,
        say: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._articles = articles
        self._clock = clock
        self._vocabulary_of = vocabulary_of
        self._window_s = window_s
        self._say = say
        self._worker = uuid.uuid4().hex[:12]
        self._one_at_a_time = asyncio.Lock()
        self._report = Report()
        self._numbers: dict[str, dict[str, int]] = {}
        self._read_so_far = 0
        self._learnt = 0  # articles, from the first

    async def ensure(self) -> None:
        """Return once the index is complete: rebuild it, or wait for the worker that does. Learn the vocabulary first,
        if that has not been done."""
        async with self._one_at_a_time:
            try:
                if not self._learnt and await self._store.built() and not await self._learn():
                    log.warning("index_incomplete")
                    await self._store.set_lost()
                while not await self._store.built():
                    if await self._store.claim(self._worker):
                        report = await self.run()
                        log.info("index_rebuilt", articles=report.articles, copies=report.copies, known=report.known)
                        continue
                    self._say("waiting for another worker to rebuild the index")
                    await self._clock.sleep(_ASKED_AGAIN_SECONDS)
            finally:
                self._say(None)

    async def run(self) -> Report:
        """Put back what the index lacks of the window. Begun again where the store is flushed meanwhile."""
        while not (await self._store.claim(self._worker) and await self._pass()):
            await self._clock.sleep(_ASKED_AGAIN_SECONDS)
        self._numbers = {}
        return self._report

    async def _pass(self) -> bool:
        """Put everything back once. False where what was put back has been lost again."""
        self._report, self._numbers = Report(), {}
        async for batch in self._batches("rebuilding the index"):
            await self._put_back(batch)
            if not await self._store.claim(self._worker, again=True):
                return False
        return await self._store.set_built(self._worker)

    async def _learn(self) -> bool:
        """Count the words of the window. False where the index lacks a message that was looked up."""
        complete, certain = True, self._clock.now() - timedelta(seconds=_CERTAIN * self._window_s)
        last: UniqueArticle | Duplicate | None = None
        number = 0
        async for batch in self._batches("reading the words of the window"):
            number += 1
            for message in self._decoded(batch):
                last = message
                if isinstance(message, UniqueArticle):
                    self._learn_words(message)
            if number % _LOOKED_UP_EVERY == 0 and complete and last and last.deduped_at > certain:
                complete = await self._is_held(last)
        return complete and (last is None or last.deduped_at <= certain or await self._is_held(last))

    async def _batches(self, what: str) -> AsyncIterator[Sequence[Delivery]]:
        """The messages of the window. Says how far it is."""
        self._read_so_far = 0
        since = self._clock.now() - timedelta(seconds=self._window_s)
        self._say(f"{what}: 0 %")
        async for batch, share in self._articles.read(since):
            yield batch
            self._say(f"{what}: {share:.0%}".replace("%", " %"))

    async def _is_held(self, message: UniqueArticle | Duplicate) -> bool:
        """Whether the index has the address of an article."""
        if isinstance(message, Duplicate):
            language, identity = message.language, identity_of_copy(message)
        else:
            language = message.article.language
            identity = identity_of(message.article.canonical_url, message.article.id)
        now_s = int(self._clock.now().timestamp())
        snapshot = await self._store.open(redis_keys.bucket(language), now_s, incomplete=True)
        address: Key = ("text", identity)
        await snapshot.load([address])
        records: list[Key] = [("record", owner.number) for owner in snapshot.get(address) or ()]
        await snapshot.load(records)
        return any(map(snapshot.get, records))

    async def _put_back(self, batch: Sequence[Delivery]) -> None:
        judged: dict[str, list[_Judged]] = {}
        for message in self._decoded(batch):
            one = self._read(message)
            judged.setdefault(one.item.bucket, []).append(one)
        for bucket, some in judged.items():
            while not await self._commit(bucket, some):
                pass  # another worker has committed to the language meanwhile

    async def _commit(self, bucket: str, judged: Sequence[_Judged]) -> bool:
        now_s = judged[-1].seen_s
        snapshot = await self._store.open(bucket, now_s, incomplete=True)
        view = View(snapshot, snapshot.head, self._window_s, now_s)
        numbers: dict[str, int] = {}
        known = 0
        await prefetch(snapshot, view, [one.item for one in judged])
        for one in judged:
            known += await self._put(snapshot, view, one, numbers)
        head = view.head._replace(commit=f"{self._worker}-{uuid.uuid4().hex[:12]}")
        if view.changes and not await snapshot.commit(head, view.changes):
            return False
        self._numbers.setdefault(bucket, {}).update(numbers)
        self._report.known += known
        copies = sum(isinstance(one.verdict, Copy) for one in judged)
        self._report.copies += copies
        self._report.articles += len(judged) - copies
        return True

    async def _put(self, snapshot: Snapshot, view: View, one: _Judged, numbers: dict[str, int]) -> bool:
        """Write one article to ``view``, with what is not loaded yet loaded. Returns whether it was known."""
        while True:
            try:
                return self._insert(view, one, numbers)
            except NotLoadedError as error:
                missing: list[Key] = [error.key]
                await snapshot.load(missing)

    def _insert(self, view: View, one: _Judged, numbers: dict[str, int]) -> bool:
        item, verdict = one.item, one.verdict
        draft = View(view, view.head, self._window_s, one.seen_s)
        query = Query(draft, item)
        if given_before(query):
            numbers[item.article_id] = query.previous_number
            return True
        made: dict[str, int] = {}
        matched = 0
        if not isinstance(verdict, New):
            ids = (verdict.link.article_id, verdict.story_id)
            matched = self._number(item.bucket, ids, numbers)
            if not matched:  # its story is older than what was read
                matched = made[verdict.story_id] = insert_root(draft, verdict.story_id)
        if isinstance(verdict, Update) and (previous := query.previous_version()):
            verdict = Update(verdict.story_id, verdict.link, query.claimed_before(previous))
        made[item.article_id] = insert(query, Finding(verdict, matched))
        view.merge(draft)
        numbers.update(made)
        return False

    def _number(self, bucket: str, article_ids: Sequence[str], numbers: dict[str, int]) -> int:
        """The number of the first of these articles that is known, 0 where none is."""
        held = self._numbers.get(bucket, {})
        return next((found for id_ in article_ids if (found := numbers.get(id_) or held.get(id_))), 0)

    def _decoded(self, batch: Sequence[Delivery]) -> Iterator[UniqueArticle | Duplicate]:
        """What can be read of a batch."""
        for delivery in batch:
            try:
                if delivery.topic == topics.DUPLICATES:
                    yield codec.decode(delivery.value, Duplicate)
                elif (unique := codec.decode(delivery.value, UniqueArticle)).article.recheck is None:
                    yield unique  # what came of looking at a page again was never judged
            except codec.UndecodableError:
                self._report.undecodable += 1

    def _read(self, message: UniqueArticle | Duplicate) -> _Judged:
        """The article of a message, with its verdict."""
        seen_s = int(message.deduped_at.timestamp())
        if isinstance(message, Duplicate):
            link = Link(linked_by=message.linked_by, article_id=message.duplicate_of, score=message.containment)
            return _Judged(fingerprint_of_copy(message, member_of_copy(message)), Copy(message.story_id, link), seen_s)
        item = fingerprint(message.article, self._vocabulary_of(redis_keys.bucket(message.article.language)))
        self._learn_words(message, item.word_counts)
        return _Judged(item, _verdict(message), seen_s)

    def _learn_words(self, message: UniqueArticle, counts: Mapping[str, int] | None = None) -> None:
        """Count the words of an article that opened a story, where no earlier reading of the window has done so.
        ``counts`` are those words, where they have been counted already."""
        self._read_so_far += 1
        if self._read_so_far > self._learnt:
            self._learnt = self._read_so_far
            if message.link is None:
                vocabulary = self._vocabulary_of(redis_keys.bucket(message.article.language))
                vocabulary.learn(word_counts(message.article) if counts is None else counts)


def _verdict(message: UniqueArticle) -> Verdict:
    """The verdict that a message tells."""
    if message.link is None:
        return New(message.story_id)
    if message.verdict == "update":
        return Update(message.story_id, message.link, Facts(""))
    return SameStory(message.story_id, message.link, message.copy_of)
