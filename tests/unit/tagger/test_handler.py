"""The handler: one status a delivery, and nothing lost."""

from __future__ import annotations

import msgspec
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import Article, DeadLetter, TaggedArticle, UniqueArticle
from services.runtime.messages.delivery import Delivery
from services.tagger.handler import TaggerHandler
from services.tagger.metrics import STATUSES, TaggerMetrics
from tests.support.articles import an_article
from tests.support.clock import START, FakeClock
from tests.support.packs import shipped
from tests.support.publisher import FakePublisher

PACT = an_article(title="Russia and North Korea sign mutual defence treaty")
QUIET = an_article(title="Rain in Spain", text="It rained on the plain.", url="https://news.example/rain")


class Service:
    """A handler with fakes around it."""

    def __init__(self, max_bytes: int = 1_000_000) -> None:
        self.publisher = FakePublisher(max_bytes)
        self.registry = CollectorRegistry()
        metrics = TaggerMetrics(self.registry)
        self.handler = TaggerHandler(library=shipped(), publisher=self.publisher, clock=FakeClock(), metrics=metrics)

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


def delivery(article: Article | bytes, offset: int = 0) -> Delivery:
    if isinstance(article, bytes):
        return Delivery(topics.UNIQUE, 0, offset, b"k", article)
    unique = UniqueArticle(article=article, story_id=article.id, verdict="new", deduped_at=START)
    return Delivery(topics.UNIQUE, 0, offset, article.id.encode(), codec.encode(unique))


async def test_tagged_articles_go_on_by_story_and_others_end_here() -> None:
    service = Service()
    assert await service.handler.handle([delivery(PACT), delivery(QUIET, 1)]) == ["tagged", "untagged"]
    (sent,) = service.publisher.sent
    assert (sent.topic, sent.key) == (topics.TAGGED, PACT.id.encode())
    tagged = codec.decode(sent.value, TaggedArticle)
    assert tagged.article == PACT
    assert [t.topic for t in tagged.tags] == ["alliances"]
    assert tagged.tagged_at == START


async def test_a_bad_message_is_dead_and_the_rest_goes_on() -> None:
    service = Service()
    assert await service.handler.handle([delivery(b"{"), delivery(PACT, 1)]) == ["dead", "tagged"]
    (letter,) = service.publisher.on(topics.DEAD)
    assert codec.decode(letter.value, DeadLetter).reason == "undecodable"


async def test_what_the_broker_does_not_take_is_dead() -> None:
    service = Service(max_bytes=6_000)
    large = msgspec.structs.replace(PACT, text="word " * 1500)
    assert await service.handler.handle([delivery(large)]) == ["dead"]
    assert service.publisher.sent == []  # the letter itself is over this broker's tiny limit, too
    small_enough = Service(max_bytes=14_000)
    assert await small_enough.handler.handle([delivery(large)]) == ["tagged"]


async def test_statuses_add_up_to_the_deliveries() -> None:
    service = Service()
    statuses = await service.handler.handle([delivery(PACT), delivery(QUIET, 1), delivery(b"", 2)])
    counted = [service.metric("wirewatch_tagger_articles_total", status=status) for status in STATUSES]
    assert sum(counted) == len(statuses) == 3
    assert service.metric("wirewatch_tagger_tags_total", topic="alliances", role="primary") == 1
    assert service.metric("wirewatch_tagger_dead_letters_total", reason="undecodable") == 1


async def test_the_same_delivery_twice_gives_the_same_message() -> None:
    service = Service()
    await service.handler.handle([delivery(PACT)])
    await service.handler.handle([delivery(PACT)])
    assert service.publisher.sent[0] == service.publisher.sent[1]


async def test_an_empty_batch_is_nothing() -> None:
    assert await Service().handler.handle([]) == []


async def test_new_packs_hold_from_the_next_article_on() -> None:
    service = Service()
    before = shipped()
    service.handler.use(msgspec.structs.replace(before) if isinstance(before, msgspec.Struct) else before)
    version = before.packs[0].version
    assert service.metric("wirewatch_tagger_pack_info", topic=before.packs[0].topic, version=version) == 1
