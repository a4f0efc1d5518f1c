"""The real servers for tests: Apache Kafka and a Redis store, each started once a run, and only when a test asks.

``WIREWATCH_KAFKA`` and ``WIREWATCH_REDIS`` name servers that are there already; then nothing is started.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from services.local import broker, process, store
from services.local.errors import StartError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.redis import address as redis_address
from services.runtime.redis.connection import connect

MakeTopics = Callable[[Sequence[str]], Awaitable[None]]

PATIENCE_SECONDS = 180.0  # a busy machine is no failure
TEST_DATABASE = 15  # tests flush it: a store that is there already keeps what others put into its database 0


def quiet(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def started(server: process.Server, timeout_seconds: float = PATIENCE_SECONDS) -> process.Child:
    """A server that answers. Raises :class:`StartError` where it ends or stays silent."""
    child = process.Child(server.program)
    deadline = time.monotonic() + timeout_seconds
    while (problem := server.probe()) is not None:
        code = child.ended()
        if code is not None:
            raise StartError(server.program.name, f"exit code {code}", server.program.log)
        if time.monotonic() > deadline:
            child.stop(grace_seconds=2)
            raise StartError(server.program.name, problem, server.program.log)
        time.sleep(0.05)
    return child


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a broker."""
    given = os.environ.get("WIREWATCH_KAFKA")
    if given:
        yield given
        return
    home = tmp_path_factory.mktemp("kafka")
    server = broker.prepare(home / "broker", logs=home / "logs", progress=quiet)
    running = started(server)
    yield server.address
    running.stop(grace_seconds=5)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """redis:// address of a store; tests take ``redis_url``, which is emptied for them."""
    given = os.environ.get("WIREWATCH_REDIS")
    if given:
        on_cluster = redis_address.scheme(given) in redis_address.CLUSTER  # which has one database
        yield given if on_cluster else urlsplit(given)._replace(path=f"/{TEST_DATABASE}").geturl()
        return
    home = tmp_path_factory.mktemp("store")
    server = store.prepare(home / "store", logs=home / "logs")
    running = started(server)
    yield urlsplit(server.address)._replace(path=f"/{TEST_DATABASE}").geturl()
    running.stop(grace_seconds=5)


@pytest.fixture
async def redis_client(redis_server: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A client (replies are bytes) of an empty database."""
    async with connect(RedisAccess(redis_server)) as client:  # closed, too, where the database cannot be emptied
        await client.flushdb()
        yield client


@pytest.fixture
async def redis_url(redis_server: str, redis_client: redis.asyncio.Redis) -> str:
    """redis:// address of an empty database."""
    del redis_client  # which has emptied it
    return redis_server


@pytest.fixture
def topic_prefix() -> str:
    """A prefix no other test has, for topics and consumer groups: ``t1a2b3c4d.``."""
    return f"t{uuid.uuid4().hex[:8]}."


@pytest.fixture
async def make_topics(kafka: str) -> AsyncIterator[MakeTopics]:
    """``await make_topics(["t1.articles"])`` creates topics of four partitions and deletes them after the test.

    They keep records of any time: tests send some of other years, and a broker looks for old ones half a minute after
    its start.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    made: list[str] = []

    async def make(names: Sequence[str]) -> None:
        await admin.create_topics([NewTopic(name, 4, 1, topic_configs={"retention.ms": "-1"}) for name in names])
        made.extend(names)

    yield make
    with suppress(KafkaError):
        await admin.delete_topics(made)
    await admin.close()
