"""The index made again from the topics: nothing that was judged is news again, no copy either."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import Article, Duplicate, Recheck, UniqueArticle
from services.deduper.edges.memory import MemoryStore
from services.deduper.handler import Deduper
from services.deduper.judge import Judge
from services.deduper.metrics import DeduperMetrics
from services.deduper.rebuild import Rebuild, Report
from services.deduper.vocabularies import Vocabularies
from services.runtime.messages.delivery import Outgoing
from tests.bench import corpus
from tests.support.article_log import SentLog
from tests.support.articles import an_article
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher, deliver
from tests.support.stories import WINDOW_S, prose


class Service:
    """A deduper on a store in this process, and its log."""

    def __init__(self, store: MemoryStore, log: Sequence[Outgoing] = (), *, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.store = store
        self.said: list[str | None] = []
        self.publisher = FakePublisher()
        vocabulary_of = Vocabularies().of
        self.log = SentLog(log)
        self.rebuild = Rebuild(store, self.log, self.clock, vocabulary_of, window_s=WINDOW_S, say=self.said.append)
        judge = Judge(store, self.clock, window_s=WINDOW_S, rebuild=self.rebuild.ensure)
        self.handler = Deduper(judge, self.publisher, self.clock, DeduperMetrics(CollectorRegistry()), vocabulary_of)

    async def take(self, *articles: Article) -> Sequence[str]:
        return await self.handler.handle(
            deliver([Outgoing(topic=topics.ARTICLES, key=b"k", value=codec.encode(article)) for article in articles])
        )


def lost() -> MemoryStore:
    """A store that is new, or was flushed."""
    store = MemoryStore()
    store.complete = False
    return store


def an_hour_of_news() -> list[Article]:
    """Reports, copies under other wrappers, and versions."""
    articles = [item.article for item in corpus.items(60, copies=40, seed=5, relevant_share=0.3, words=120)]
    random.Random(1).shuffle(articles)
    site = "site1.example"
    versions = [
        an_article(url=f"https://{site}/1", outlet=site, title="Twelve dead", text="It killed 12. " + prose(1, 120)),
        an_article(url=f"https://{site}/1", outlet=site, title="Fifteen dead", text="It killed 15. " + prose(1, 120)),
        an_article(url="https://site2.example/1", outlet="site2.example", title="A copy", text=prose(1, 110)),
        an_article(url="https://site2.example/1", outlet="site2.example", title="Own words", text=prose(2, 110)),
    ]
    return articles + versions


def verdicts(sent: Sequence[Outgoing]) -> list[tuple[str, str, str]]:
    """Id, story and verdict of each message."""
    found: list[tuple[str, str, str]] = []
    for message in sent:
        if message.topic == topics.UNIQUE:
            unique = codec.decode(message.value, UniqueArticle)
            found.append((unique.article.id, unique.story_id, unique.verdict))
        else:
            copy = codec.decode(message.value, Duplicate)
            found.append((copy.article_id, copy.story_id, f"duplicate of {copy.duplicate_of} by {copy.linked_by}"))
    return found


async def test_every_article_of_the_window_is_known_again_with_the_verdict_it_got() -> None:
    before, articles = Service(MemoryStore()), an_hour_of_news()
    for article in articles:
        await before.take(article)
    after = Service(lost(), before.publisher.sent)
    assert await after.take(*articles) == ["known"] * len(articles)
    assert verdicts(after.publisher.sent) == verdicts(before.publisher.sent)


async def test_a_page_that_was_looked_at_again_is_not_put_into_the_index() -> None:
    before, articles = Service(MemoryStore()), an_hour_of_news()
    for article in articles:
        await before.take(article)
    article = articles[0]
    recheck = Recheck(
        outcome="changed", looked_at=article.fetched_at, first_looked_at=article.fetched_at, story_id="another-story"
    )
    looked_at = msgspec.structs.replace(article, text=prose(9, 80), content_hash="looked", recheck=recheck)
    assert await before.take(looked_at) == ["update"]
    message = codec.decode(before.publisher.sent[-1].value, UniqueArticle)
    assert (message.story_id, message.verdict, message.article) == ("another-story", "update", looked_at)
    after = Service(lost(), before.publisher.sent)
    assert await after.take(*articles) == ["known"] * len(articles)
    assert verdicts(after.publisher.sent) == verdicts(before.publisher.sent[:-1])


async def test_a_copy_that_comes_after_the_loss_is_no_news() -> None:
    before, articles = Service(MemoryStore()), an_hour_of_news()
    for article in articles:
        await before.take(article)
    late = [
        an_article(
            url=f"https://late.example/{number}", outlet="late.example", title=f"Late {number}", text=article.text
        )
        for number, article in enumerate(articles)
    ]
    statuses = await Service(lost(), before.publisher.sent).take(*late)
    expected = await Service(before.store).take(*late)
    assert statuses == expected
    assert set(statuses) <= {"duplicate", "same_story"}


async def test_the_index_that_is_made_again_equals_the_lost_one() -> None:
    before = Service(MemoryStore())
    for article in an_hour_of_news():
        await before.take(article)
    after = Service(lost(), before.publisher.sent)
    report = await after.rebuild.run()
    assert report == Report(
        articles=len(before.publisher.on(topics.UNIQUE)), copies=len(before.publisher.on(topics.DUPLICATES))
    )
    kinds = ("record", "representatives", "facts", "member", "text", "block", "history")
    for kind in kinds:
        mine = {key: value for key, value in after.store.buckets["en"].items() if key[0] == kind}
        assert mine == {key: value for key, value in before.store.buckets["en"].items() if key[0] == kind}


async def test_a_rebuild_of_what_is_complete_changes_nothing() -> None:
    service = Service(MemoryStore())
    for article in an_hour_of_news():
        await service.take(article)
    whole = {bucket: dict(values) for bucket, values in service.store.buckets.items()}
    report = await Service(service.store, service.publisher.sent).rebuild.run()
    assert report.known == report.articles + report.copies
    assert service.store.buckets == whole


async def test_a_rebuild_that_died_is_begun_again() -> None:
    before, articles = Service(MemoryStore()), an_hour_of_news()
    for article in articles:
        await before.take(article)
    store = lost()

    def die(number: int) -> None:
        if number == 12:
            raise ConnectionAbortedError

    dying = Rebuild(
        store,
        SentLog(before.publisher.sent, between=die),
        FakeClock(),
        Vocabularies().of,
        window_s=WINDOW_S,
    )
    with pytest.raises(ConnectionAbortedError):
        await dying.ensure()
    assert not await store.built()
    assert await Service(store, before.publisher.sent).take(*articles) == ["known"] * len(articles)


async def test_progress_is_told_and_ends() -> None:
    before = Service(MemoryStore())
    for article in an_hour_of_news():
        await before.take(article)
    after = Service(lost(), before.publisher.sent)
    await after.rebuild.ensure()
    assert after.said[0] == "rebuilding the index: 0 %"
    assert "rebuilding the index: 49 %" in after.said
    assert after.said[-1] is None


async def test_an_article_whose_story_is_older_than_the_log_keeps_its_story() -> None:
    before = Service(MemoryStore())
    first = an_article(url="https://a.example/1", outlet="a.example", title="The first", text=prose(1, 200))
    copy = an_article(url="https://b.example/1", outlet="b.example", title="Its copy", text=prose(1, 150))
    await before.take(first, copy)
    after = Service(lost(), before.publisher.on(topics.DUPLICATES))
    assert await after.take(copy) == ["known"]
    assert verdicts(after.publisher.sent)[0][:2] == (copy.id, first.id)


async def test_what_cannot_be_read_is_passed_over() -> None:
    log = [Outgoing(topics.UNIQUE, b"k", b"{"), Outgoing(topics.DUPLICATES, b"k", b"[]")]
    service = Service(lost(), log)
    assert (await service.rebuild.run()).undecodable == 2
    assert await service.store.built()


def treaties(groups: int) -> list[Article]:
    """Reports of treaties of other states in the same few words, an hour apart."""
    return [item.article for item in corpus.items(groups, seed=3, relevant_share=1.0, words=30)]


async def test_verdicts_do_not_depend_on_when_the_process_started() -> None:
    articles = treaties(420)
    before, later = articles[:300], articles[300:]
    lasting, first = Service(MemoryStore()), Service(MemoryStore())
    await lasting.take(*before)
    await first.take(*before)
    restarted = Service(first.store, first.publisher.sent)
    await restarted.rebuild.ensure()
    assert await restarted.take(*later) == await lasting.take(*later)


async def test_a_store_that_is_flushed_while_it_is_rebuilt_is_rebuilt_from_the_beginning() -> None:
    before, articles = Service(MemoryStore()), an_hour_of_news()
    for article in articles:
        await before.take(article)
    store = lost()
    flushed: list[int] = []

    def flush(number: int) -> None:
        if number == 12 and not flushed:
            flushed.append(number)
            store.flush()

    clock = FakeClock()
    await Rebuild(
        store, SentLog(before.publisher.sent, between=flush), clock, Vocabularies().of, window_s=WINDOW_S
    ).ensure()
    assert await Service(store).take(*articles) == ["known"] * len(articles)


async def test_a_store_that_went_back_to_an_older_copy_is_rebuilt_before_the_next_verdict() -> None:
    service, articles = Service(MemoryStore()), an_hour_of_news()
    await service.take(*articles[:50])
    store = service.store
    older, heads = {bucket: dict(values) for bucket, values in store.buckets.items()}, dict(store.heads)
    await service.take(*articles[50:])
    service.log.sent = list(service.publisher.sent)
    store.buckets.clear()
    store.buckets.update(older)
    store.heads = heads
    assert await service.take(*articles) == ["known"] * len(articles)


async def test_a_part_that_the_store_has_lost_is_put_back_at_the_start() -> None:
    before, articles = Service(MemoryStore()), an_hour_of_news()
    await before.take(*articles)
    held = before.store.buckets["en"]
    for key in [key for key in held if key[0] == "record" and 20 < key[1] < 40]:
        del held[key]
    after = Service(before.store, before.publisher.sent)
    await after.rebuild.ensure()
    assert "rebuilding the index: 0 %" in after.said
    assert await after.take(*articles) == ["known"] * len(articles)
