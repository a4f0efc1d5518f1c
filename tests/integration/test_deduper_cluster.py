"""The deduper's script on a cluster of three servers: every key of a language lies in one slot, languages spread."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis.asyncio
from redis.exceptions import RedisError

from services.contracts import redis_keys
from services.contracts.messages import Article
from services.deduper.core.candidate import candidate
from services.deduper.core.verdict import Copy, New, SameStory
from services.deduper.store.redis import RedisStories
from services.deduper.vocabularies import Vocabularies
from services.local import store
from services.local.child import Child, Program
from services.runtime.redis import RedisCalls
from services.runtime.retry import Waiting
from tests.support.articles import an_article
from tests.support.clock import FakeClock
from tests.support.stories import WINDOW_S, prose

SLOTS = 16_384
PATIENCE_S = 30.0


def free_port() -> int:
    """A port that is free, and so is the one 10,000 above it, where nodes talk to each other."""
    while True:
        with ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port + 10_000))
            except (OSError, OverflowError):
                continue
            return port


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[int]]:
    """Ports of three servers that do not know each other yet."""
    home = tmp_path_factory.mktemp("cluster")
    binary = store.prepare(home / "store", logs=home).program.command[0]
    ports = [free_port() for _ in range(3)]
    running = [Child(_node(binary, home / str(port), port)) for port in ports]
    yield ports
    for child in running:
        child.stop(grace_seconds=5)


def _node(binary: str, directory: Path, port: int) -> Program:
    directory.mkdir()
    options = {"port": str(port), "cluster-enabled": "yes", "dir": str(directory), "save": "", "bind": "127.0.0.1"}
    command = [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]
    return Program(name=f"node{port}", command=command, environment={"LANG": "C.UTF-8"}, log=directory / "log")


@pytest.fixture
async def cluster(nodes: Sequence[int]) -> AsyncIterator[redis.asyncio.RedisCluster]:
    """A client of the three servers, joined."""
    for number, port in enumerate(nodes):
        async with redis.asyncio.Redis(port=port) as node:
            await _until_it_answers(node)
            first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1
            await node.cluster("ADDSLOTSRANGE", first, last)
            await node.cluster("MEET", "127.0.0.1", nodes[0])
    async with redis.asyncio.Redis(port=nodes[0]) as node:
        async with asyncio.timeout(PATIENCE_S):
            while (await node.cluster("INFO"))["cluster_state"] != "ok":
                await asyncio.sleep(0.1)
    client = redis.asyncio.RedisCluster(host="127.0.0.1", port=nodes[0])
    yield client
    await client.aclose()


async def _until_it_answers(node: redis.asyncio.Redis) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await node.ping()
            except (RedisError, OSError):
                await asyncio.sleep(0.05)
            else:
                return


def at(number: int, text: str, language: str) -> Article:
    site = f"site{number}.example"
    return an_article(
        url=f"https://{site}/{language}", outlet=site, title=prose(900 + number, 4), text=text, language=language
    )


async def test_verdicts_on_a_cluster(cluster: redis.asyncio.RedisCluster) -> None:
    clock = FakeClock()
    stories = RedisStories(cluster, RedisCalls(clock, Waiting()), clock, window_s=WINDOW_S)
    vocabularies = Vocabularies()
    languages = [f"l{number}" for number in range(12)]
    originals = [at(1, prose(1, 300), language) for language in languages]
    copies = [at(2, prose(1, 200), language) for language in languages]
    batch = [candidate(article, vocabularies.of(article.language or "")) for article in originals + copies]
    decisions = await stories.check_and_insert(batch)
    assert [type(decision.verdict) for decision in decisions] == [New] * 12 + [Copy] * 12
    assert not any(isinstance(decision.verdict, SameStory) for decision in decisions)
    slots = {cluster.keyslot(redis_keys.dedupe(language)) * 3 // SLOTS for language in languages}
    assert slots == {0, 1, 2}
    assert await cluster.hlen(redis_keys.story(languages[0], originals[0].id)) == 2
