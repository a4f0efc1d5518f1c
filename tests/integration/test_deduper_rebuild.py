"""A flushed Redis gets its index back from a real broker before the first verdict: nothing is news again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import Article
from services.deduper.edges.article_log import KafkaArticleLog
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.handler import Deduper
from services.deduper.judge import Judge
from services.deduper.metrics import DeduperMetrics
from services.deduper.rebuild import Rebuild
from services.deduper.vocabularies import Vocabularies
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.bench import corpus
from tests.support.articles import an_article
from tests.support.publisher import deliver
from tests.support.stack import MakeTopics
from tests.support.stories import WINDOW_S

pytestmark = pytest.mark.stack
CLOCK, WAITING = SystemClock(), Waiting()


class Service:
    """A worker of the deduper on the real servers."""

    def __init__(self, client: redis.asyncio.Redis, kafka: KafkaAccess, publisher: KafkaPublisher) -> None:
        self.store = RedisIndexStore(client, RedisCalls(CLOCK, WAITING), window_s=WINDOW_S)
        vocabulary_of = Vocabularies().of
        log = KafkaArticleLog(kafka, CLOCK, WAITING)
        self.rebuild = Rebuild(self.store, log, CLOCK, vocabulary_of, window_s=WINDOW_S)
        judge = Judge(self.store, CLOCK, window_s=WINDOW_S, rebuild=self.rebuild.ensure)
        self.handler = Deduper(judge, publisher, CLOCK, DeduperMetrics(CollectorRegistry()), vocabulary_of)

    async def take(self, articles: Sequence[Article]) -> Sequence[str]:
        values = [codec.encode(article) for article in articles]
        return await self.handler.handle(deliver([Outgoing(topics.ARTICLES, b"k", value) for value in values]))


@pytest.fixture
async def log(
    kafka: str, make_topics: MakeTopics, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[KafkaAccess, KafkaPublisher]]:
    """A broker with topics of this test's own, and a publisher."""
    monkeypatch.setattr(topics, "UNIQUE", topic_prefix + topics.UNIQUE)
    monkeypatch.setattr(topics, "DUPLICATES", topic_prefix + topics.DUPLICATES)
    await make_topics([topics.UNIQUE, topics.DUPLICATES])
    access = KafkaAccess(kafka)
    publisher = KafkaPublisher(kafka=access, client_id="test", clock=CLOCK)
    await publisher.start()
    yield access, publisher
    await publisher.stop()


async def test_after_flushall_every_article_is_known_and_no_copy_is_news(
    log: tuple[KafkaAccess, KafkaPublisher], redis_client: redis.asyncio.Redis
) -> None:
    articles = [item.article for item in corpus.items(120, copies=80, seed=9, relevant_share=0.3, words=120)]
    first = Service(redis_client, *log)
    for at in range(0, len(articles), 16):
        await first.take(articles[at : at + 16])
    await redis_client.flushdb()
    late = [
        an_article(url=f"https://late.example/{number}", outlet="late.example", title=f"L {number}", text=a.text)
        for number, a in enumerate(articles[:40])
    ]
    workers = [Service(redis_client, *log) for _ in range(2)]
    found = await asyncio.gather(workers[0].take(articles[:100]), workers[1].take(articles[100:]))
    assert [status for part in found for status in part] == ["known"] * len(articles)
    assert set(await workers[0].take(late)) <= {"duplicate", "same_story"}


async def test_the_log_is_read_in_the_order_of_time_and_from_a_time_on(
    log: tuple[KafkaAccess, KafkaPublisher],
) -> None:
    access, publisher = log
    sent = [Outgoing((topics.UNIQUE, topics.DUPLICATES)[n % 2], f"k{n % 7}".encode(), b"%d" % n) for n in range(60)]
    for message in sent[:20]:
        await publisher.publish([message])
    await asyncio.sleep(0.02)
    since = datetime.now(UTC)
    for message in sent[20:]:
        await publisher.publish([message])
        await asyncio.sleep(0.002)
    reader = KafkaArticleLog(access, CLOCK, WAITING)
    batches = [(batch, share) async for batch, share in reader.read(since)]
    assert [delivery.value for batch, _ in batches for delivery in batch] == [message.value for message in sent[20:]]
    assert [share for _, share in batches] == [0.8, 1.0]
    whole = [batch async for batch, _ in reader.read(since - timedelta(hours=1))]
    assert sum(map(len, whole)) == len(sent)


async def test_a_log_without_messages_is_read_at_once(log: tuple[KafkaAccess, KafkaPublisher]) -> None:
    reader = KafkaArticleLog(log[0], CLOCK, WAITING)
    assert [batch async for batch, _ in reader.read(datetime.now(UTC) - timedelta(days=4))] == []
