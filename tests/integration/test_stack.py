"""The embedded servers: they answer, and what they acknowledged survives SIGKILL."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import redis
import redis.asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.local import broker, store
from tests.support.stack import MakeTopics, quiet, started

pytestmark = pytest.mark.stack

# A folder may be called so; each of these signs means something in the configuration of broker, logger or store.
AWKWARD = 'say "home", back\\slash, per % $HOME ü'


async def test_a_message_goes_through_the_broker(kafka: str, make_topics: MakeTopics, topic_prefix: str) -> None:
    topic = f"{topic_prefix}through"
    await make_topics([topic])
    async with AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, compression_type="lz4") as producer:
        await producer.send_and_wait(topic, b"value", key=b"key")
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        message = await consumer.getone()
    assert (message.key, message.value) == (b"key", b"value")


async def test_the_database_of_a_test_is_empty(redis_client: redis.asyncio.Redis) -> None:
    assert await redis_client.dbsize() == 0


async def test_what_the_broker_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    home = tmp_path / AWKWARD
    server = broker.prepare(home / "broker", logs=home / "logs", progress=quiet)
    running = started(server)
    try:
        topic = "kept"
        await _create(server.address, topic)
        async with AIOKafkaProducer(bootstrap_servers=server.address, acks="all") as producer:
            for number in range(20):
                await producer.send_and_wait(topic, b"%d" % number)
        running.signal(signal.SIGKILL)
        assert running.stop() == -signal.SIGKILL

        again = broker.prepare(home / "broker", logs=home / "logs", progress=quiet)
        assert again.address == server.address
        running = started(again)
        consumer = AIOKafkaConsumer(bootstrap_servers=server.address)
        await consumer.start()
        ends = await consumer.end_offsets([TopicPartition(topic, 0)])
        await consumer.stop()
        assert list(ends.values()) == [20]
    finally:
        running.stop(grace_seconds=5)
    assert (home / "logs" / "kafka.log").stat().st_size > 0


def test_what_the_store_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    server = store.prepare(tmp_path / AWKWARD / "store", logs=tmp_path / AWKWARD / "logs")
    running = started(server)
    try:
        with redis.Redis.from_url(server.address) as client:
            for number in range(100):
                client.set(f"key:{number}", number)
        running.signal(signal.SIGKILL)
        running.stop()
        again = store.prepare(tmp_path / AWKWARD / "store", logs=tmp_path / AWKWARD / "logs")
        assert again.address == server.address
        running = started(again)
        with redis.Redis.from_url(server.address) as client:
            assert client.dbsize() == 100
    finally:
        running.stop(grace_seconds=5)


async def _create(address: str, topic: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
