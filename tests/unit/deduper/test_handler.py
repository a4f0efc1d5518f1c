"""The handler on fakes: one status a delivery, a message a verdict, and nothing that one article does stops others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pytest
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import Article, Change, DeadLetter, Duplicate, UniqueArticle
from services.deduper.core.fingerprint import Fingerprint, fingerprint
from services.deduper.core.verdict import Decision, New
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.handler import Deduper
from services.deduper.metrics import DeduperMetrics
from services.deduper.vocabularies import Vocabularies
from services.runtime.messages.delivery import Delivery, Outgoing
from tests.support.articles import an_article
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher, deliver
from tests.support.stories import MemoryStories, prose


class Service:
    """A deduper on fakes."""

    def __init__(self, max_bytes: int = 1_000_000) -> None:
        self.clock = FakeClock()
        self.publisher = FakePublisher(max_bytes)
        self.registry = CollectorRegistry()
        self.store = MemoryStories(self.clock)
        self.handler = Deduper(self.store, self.publisher, self.clock, DeduperMetrics(self.registry), Vocabularies().of)

    async def take(self, *articles: Article | bytes) -> Sequence[str]:
        values = [article if isinstance(article, bytes) else codec.encode(article) for article in articles]
        batch = deliver([Outgoing(topic=topics.ARTICLES, key=b"k", value=value) for value in values])
        return await self.handler.handle(batch)

    def counted(self, status: str) -> float | None:
        return self.registry.get_sample_value("wirewatch_deduper_articles_total", {"status": status})


@pytest.fixture
def service() -> Service:
    return Service()


FIRST = an_article(url="https://a.example/1", outlet="a.example", title="One title", text=prose(1, 300))
COPY = an_article(url="https://b.example/1", outlet="b.example", title="Its copy", text=prose(1, 200))
UPDATE = an_article(
    url="https://a.example/1", outlet="a.example", title="New title", text=prose(1, 300) + prose(2, 200)
)


async def test_verdicts_become_messages_keyed_by_story(service: Service) -> None:
    assert await service.take(FIRST, COPY, UPDATE) == ["new", "duplicate", "update"]
    unique = [codec.decode(m.value, UniqueArticle) for m in service.publisher.on(topics.UNIQUE)]
    assert [(m.verdict, m.story_id, m.link is None) for m in unique] == [
        ("new", FIRST.id, True),
        ("update", FIRST.id, False),
    ]
    assert Change(kind="title", before="One title", after="New title") in unique[1].changes
    [duplicate] = [codec.decode(m.value, Duplicate) for m in service.publisher.on(topics.DUPLICATES)]
    assert (duplicate.story_id, duplicate.duplicate_of, duplicate.linked_by) == (FIRST.id, FIRST.id, "sketch")
    assert {m.key for m in service.publisher.sent} == {FIRST.id.encode()}


async def test_a_redelivery_is_known_and_its_message_goes_out_again(service: Service) -> None:
    await service.take(FIRST, COPY, UPDATE)
    sent = list(service.publisher.sent)
    service.publisher.sent.clear()
    assert await service.take(FIRST, COPY, UPDATE) == ["known", "known", "known"]
    assert service.publisher.sent == sent


async def test_undecodable_bytes_are_buried_and_the_rest_goes_on(service: Service) -> None:
    assert await service.take(b"\xff{", FIRST, b"[]") == ["dead", "new", "dead"]
    letters = [codec.decode(m.value, DeadLetter) for m in service.publisher.on(topics.DEAD)]
    assert [letter.reason for letter in letters] == ["undecodable", "undecodable"]
    assert letters[0].value == b"\xff{"


async def test_what_the_broker_refuses_is_buried() -> None:
    service = Service(max_bytes=4000)
    long = an_article(url="https://a.example/2", text=prose(3, 900))
    assert await service.take(long, an_article(text=prose(4, 100))) == ["dead", "new"]
    assert await service.take(long) == ["dead"]


async def test_an_article_that_breaks_the_core_is_buried_as_a_defect(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_on_first(article: Article, vocabulary: Vocabulary) -> Fingerprint:
        if article.id == FIRST.id:
            raise ZeroDivisionError("no words")
        return fingerprint(article, vocabulary)

    monkeypatch.setattr("services.deduper.handler.fingerprint", break_on_first)
    assert await service.take(FIRST, COPY) == ["dead", "new"]
    [letter] = [codec.decode(m.value, DeadLetter) for m in service.publisher.on(topics.DEAD)]
    assert (letter.reason, letter.error_class) == ("defect", "ZeroDivisionError")


async def test_statuses_add_up_to_deliveries(service: Service) -> None:
    await service.take(FIRST, COPY, UPDATE, b"", FIRST)
    statuses = ("new", "update", "same_story", "duplicate", "known", "dead")
    assert [service.counted(status) for status in statuses] == [1, 1, 0, 1, 1, 1]


async def test_an_empty_batch_asks_nobody() -> None:
    class NeverAsked:
        async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
            raise AssertionError("asked")

    publisher = FakePublisher()
    handler = Deduper(NeverAsked(), publisher, FakeClock(), DeduperMetrics(CollectorRegistry()), Vocabularies().of)
    empty = Delivery(topic=topics.ARTICLES, partition=0, offset=0, key=None, value=None)
    assert await handler.handle([empty]) == ["dead"]
    assert await handler.handle([]) == []


async def test_the_store_is_asked_in_parts_and_never_before_it_has_answered(service: Service) -> None:
    class Slow:
        asked: ClassVar[list[int]] = []
        busy = False

        async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
            assert not self.busy
            self.busy = True
            self.asked.append(len(batch))
            await asyncio.sleep(0.001)
            self.busy = False
            return [Decision(New(item.article_id), known=False) for item in batch]

    service.handler = Deduper(
        Slow(), service.publisher, FakeClock(), DeduperMetrics(CollectorRegistry()), Vocabularies().of
    )
    articles = [an_article(url=f"https://one.example/{number}") for number in range(20)]
    assert await service.take(*articles) == ["new"] * 20
    assert Slow.asked == [16, 4]
    sent = [codec.decode(message.value, UniqueArticle).article.id for message in service.publisher.on(topics.UNIQUE)]
    assert sent == [article.id for article in articles]
