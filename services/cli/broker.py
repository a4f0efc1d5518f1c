"""What commands that talk to Kafka share: quiet logs, and reading a topic from its start to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.runtime import logging
from services.runtime.clock import SystemClock
from services.runtime.delivery import Delivery
from services.runtime.errors import UsageError
from services.runtime.kafka import KafkaPublisher, parse_addresses
from services.runtime.topics import admin

ANSWER_WITHIN_SECONDS = 8.0


def quiet() -> None:
    """Send what the edges log to standard error, errors only: a person is told in sentences instead."""
    logging.configure(room="cli", log_format="console", log_level="error")


async def require_topic(kafka: str, topic: str) -> None:
    """Raises :class:`UsageError` where no broker answers or the topic is not there."""
    async with admin(kafka, timeout_seconds=ANSWER_WITHIN_SECONDS) as client:
        if topic not in await client.list_topics():
            raise UsageError(f"The Kafka at {kafka} has no topic {topic}: run `wirewatch topics create` first.")


@asynccontextmanager
async def publisher(kafka: str) -> AsyncIterator[KafkaPublisher]:
    """A publisher for the length of a command. Use :func:`require_topic` first: it would wait for ever."""
    opened = KafkaPublisher(kafka=kafka, client_id="wirewatch-cli", clock=SystemClock())
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


async def read_all(kafka: str, topic: str) -> AsyncIterator[Delivery]:
    """Every record that lies in a topic now, partition by partition, oldest first. Belongs to no consumer group."""
    async with _consumer(kafka) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(await _partitions(consumer, topic))]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            while await consumer.position(partition) < ends[partition]:
                batch = await consumer.getmany(partition, timeout_ms=1000)
                for record in batch.get(partition, []):
                    if record.offset < ends[partition]:
                        yield _delivery(record)


async def read_one(kafka: str, topic: str, partition: int, offset: int) -> Delivery | None:
    """The record at one place, or None where it is no longer (or never was) there."""
    async with _consumer(kafka) as consumer:
        place = TopicPartition(topic, partition)
        if partition not in await _partitions(consumer, topic):
            return None
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        if not first <= offset < end:
            return None
        consumer.seek(place, offset)
        batch = await consumer.getmany(place, timeout_ms=5000, max_records=1)
        record = next(iter(batch.get(place, [])), None)
        return _delivery(record) if record is not None and record.offset == offset else None


@asynccontextmanager
async def _consumer(kafka: str) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=parse_addresses(kafka),
        client_id="wirewatch-cli",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> set[int]:
    await consumer.topics()  # without a subscription nothing else makes it ask for the topic
    return consumer.partitions_for_topic(topic) or set()


def _delivery(record: Any) -> Delivery:
    return Delivery(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers={name: bytes(text or b"").decode("utf-8", "replace") for name, text in record.headers},
        sent_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )
