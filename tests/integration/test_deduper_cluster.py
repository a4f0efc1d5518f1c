"""The deduper's index on a cluster of three servers: every key of a language lies in one slot, languages spread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
import redis.asyncio

from services.contracts import redis_keys
from services.contracts.messages import Article
from services.deduper.core.fingerprint import fingerprint
from services.deduper.core.verdict import Copy, New, SameStory
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.judge import Judge
from services.deduper.vocabularies import Vocabularies
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls, connect
from tests.support import redis_nodes
from tests.support.articles import an_article
from tests.support.clock import FakeClock
from tests.support.stories import WINDOW_S, mark_built, prose


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of three servers."""
    with redis_nodes.clustered(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
async def cluster(address: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A client as the services have it."""
    client = connect(RedisAccess(address))
    yield client
    await client.aclose()


def at(number: int, text: str, language: str) -> Article:
    site = f"site{number}.example"
    return an_article(
        url=f"https://{site}/{language}", outlet=site, title=prose(900 + number, 4), text=text, language=language
    )


async def test_verdicts_on_a_cluster(cluster: redis.asyncio.Redis) -> None:
    clock = FakeClock()
    store = RedisIndexStore(cluster, RedisCalls(clock, Waiting()), window_s=WINDOW_S)
    judge = Judge(store, clock, window_s=WINDOW_S, rebuild=partial(mark_built, store))
    vocabularies = Vocabularies()
    languages = [f"l{number}" for number in range(12)]
    originals = [at(1, prose(1, 300), language) for language in languages]
    copies = [at(2, prose(1, 200), language) for language in languages]
    batch = [fingerprint(article, vocabularies.of(article.language or "")) for article in originals + copies]
    decisions = await judge.decide(batch)
    assert [type(decision.verdict) for decision in decisions] == [New] * 12 + [Copy] * 12
    assert not any(isinstance(decision.verdict, SameStory) for decision in decisions)
    of_cluster: Any = cluster
    slots = {of_cluster.keyslot(redis_keys.dedupe(language)) * 3 // redis_nodes.SLOTS for language in languages}
    assert slots == {0, 1, 2}
    assert await cluster.hlen(redis_keys.story(languages[0], originals[0].id)) == 2
