"""A client of Kafka that is stuck is noticed, and the service ends so that it is started anew: on the real broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client import CollectorRegistry

from services.contracts import topics
from services.runtime.kafka import service as services
from services.runtime.kafka import stream as streams
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import read_all
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.service import StreamService
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.process.clock import SystemClock
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting
from services.runtime.process.settings import CommonSettings
from tests.support import hostile_records
from tests.support.stack import MakeTopics

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


class Taking:
    """A handler that keeps what it is given."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        self.got += batch
        return ["taken"] * len(batch)

    async def until(self, count: int) -> None:
        await until(lambda: len(self.got) >= count)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def a_service(kafka: str, name: str, *reads: str) -> AsyncIterator[tuple[StreamService, Taking, Any]]:
    taking = Taking()
    app = streams.new_app(name, CommonSettings(kafka=kafka))
    for topic in reads:
        streams.read(app, topic, taking, agent=topic)
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    metrics = ServiceMetrics("tagger", ("taken",), CollectorRegistry())
    service = StreamService(app, publisher, waiting=Waiting(), metrics=metrics)
    await service.start()
    try:
        yield service, taking, app
    finally:
        await service.stop()


@asynccontextmanager
async def a_publisher(kafka: str) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "STALL_SECONDS", 8.0)
    monkeypatch.setattr(services, "DOUBT_SECONDS", 3.0)


def messages(topic: str, count: int) -> list[Outgoing]:
    return [Outgoing(topic, f"{n}".encode(), b"{}") for n in range(count)]


async def test_a_topic_that_was_deleted_and_made_again_ends_the_service(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    gone, stays = topic_prefix + "gone", topic_prefix + "stays"
    await make_topics([gone, stays])
    async with a_service(kafka, topic_prefix, gone, stays) as (service, taking, _):
        ended = asyncio.ensure_future(service.ended())
        async with a_publisher(kafka) as publisher:
            await publisher.publish([*messages(gone, 40), *messages(stays, 40)])
        await taking.until(80)
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            await admin.delete_topics([gone])
            await until(lambda: service.ready() is not None)
            await admin.create_topics([NewTopic(gone, 4, 1)])
        finally:
            await admin.close()
        async with a_publisher(kafka) as publisher:
            await publisher.publish(messages(gone, 4))
        await asyncio.wait_for(ended, timeout=60)
        assert service.healthy() is not None
    async with a_service(kafka, topic_prefix, gone, stays) as (_, again, _):
        await again.until(4)
        assert {delivery.topic for delivery in again.got} == {gone}


async def test_a_consumer_that_does_not_fetch_any_more_ends_the_service(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    """As after a restart of the broker: aiokafka is assigned, says nothing, and asks for nothing."""
    topic = topic_prefix + "articles"
    await make_topics([topic])
    async with a_service(kafka, topic_prefix, topic) as (service, taking, app):
        ended = asyncio.ensure_future(service.ended())
        async with a_publisher(kafka) as publisher:
            await publisher.publish(messages(topic, 20))
            await taking.until(20)
            stuck = app.consumer._thread
            stuck.thread_loop.call_soon_threadsafe(stuck._consumer._fetcher._fetch_task.cancel)
            for _ in range(2):  # a fetch that was under way brings the first of them
                await publisher.publish(messages(topic, 20))
                await asyncio.sleep(2)
            await until(lambda: service.ready() is not None)
            assert "messages wait and none is handled" in (service.ready() or "")
            await asyncio.wait_for(ended, timeout=60)
            assert service.healthy() is not None


async def test_an_end_that_holds_no_message_is_nothing_to_wait_for(kafka: str, make_topics: MakeTopics) -> None:
    """The markers of transactions lie behind the last message; no service may end because of them."""
    await make_topics([topics.UNIQUE])
    ledger = await hostile_records.fill(kafka, topics.UNIQUE, hostile_records.listed()[:4])
    async with a_service(kafka, "markers", topics.UNIQUE) as (service, taking, _):
        ended = asyncio.ensure_future(service.ended())
        await taking.until(len(ledger.good) + ledger.hostile)
        began = time.monotonic()
        while time.monotonic() - began < 12:
            assert not ended.done(), service.healthy()
            await asyncio.sleep(0.2)
        assert service.ready() is None
        ended.cancel()


async def test_a_fatal_error_of_the_producer_is_got_over(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    """The broker has lost count of an idempotent producer: aiokafka stops sending for good, a new one goes on."""
    topic = topic_prefix + "articles"
    await make_topics([topic])
    async with a_publisher(kafka) as publisher:
        await publisher.publish(messages(topic, 8))
        stuck: Any = publisher._producer
        for partition in range(4):
            stuck._txn_manager._sequence_numbers[TopicPartition(topic, partition)] += 1000
        assert await asyncio.wait_for(publisher.publish(messages(topic, 8)), timeout=60) == []
        assert publisher._producer is not stuck
    found = [delivery.key async for delivery in read_all(KafkaAccess(kafka), topic)]
    assert set(found) == {message.key for message in messages(topic, 8)}
    assert len(found) >= 16
