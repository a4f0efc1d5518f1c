"""What commands that talk to Kafka share: quiet logs, and reading a topic from its start to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.topics import admin
from services.runtime.messages.delivery import Delivery
from services.runtime.process import logging
from services.runtime.process.clock import SystemClock

ANSWER_WITHIN_SECONDS = 8.0


def quiet() -> None:
    """Send what the edges log to standard error, errors only: a person is told in sentences instead."""
    logging.configure(service="cli", log_format="console", log_level="error")


async def require_topic(kafka: KafkaAccess, topic: str) -> set[str]:
    """The topics of the broker. Raises :class:`UsageError` where none answers or ``topic`` is not among them."""
    async with admin(kafka, timeout_seconds=ANSWER_WITHIN_SECONDS) as client:
        present = set(await client.list_topics())
    if topic not in present:
        raise UsageError(f"The Kafka at {kafka} has no topic {topic}: run `wirewatch topics create` first.")
    return present


@asynccontextmanager
async def publisher(kafka: KafkaAccess) -> AsyncIterator[KafkaPublisher]:
    """A publisher for the length of a command. Use :func:`require_topic` first: it would wait for ever."""
    opened = KafkaPublisher(kafka=kafka, client_id="wirewatch-cli", clock=SystemClock())
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


async def read_all(kafka: KafkaAccess, topic: str, *, since: datetime | None = None) -> AsyncIterator[Delivery]:
    """Every record that lies in a topic now; oldest first within a partition. Belongs to no consumer group.

    With ``since`` only those that the broker took from then on.
    """
    async with _consumer(kafka, topic) as (consumer, partitions):
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        if since is not None:
            first = await consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
            for place, at in first.items():
                consumer.seek(place, ends[place] if at is None else at.offset)
        while left := [place for place in partitions if await consumer.position(place) < ends[place]]:
            for place, records in (await consumer.getmany(*left, timeout_ms=1000)).items():
                for record in records:
                    if record.offset < ends[place]:
                        yield _delivery(record)


async def read_one(kafka: KafkaAccess, topic: str, partition: int, offset: int) -> Delivery | None:
    """The record at one place, or None where it is no longer (or never was) there."""
    async with _consumer(kafka, topic) as (consumer, partitions):
        place = next((each for each in partitions if each.partition == partition), None)
        if place is None:
            return None
        first, end = await consumer.beginning_offsets([place]), await consumer.end_offsets([place])
        if not first[place] <= offset < end[place]:
            return None
        consumer.seek(place, offset)
        batch = await consumer.getmany(place, timeout_ms=5000, max_records=1)
        record = next(iter(batch.get(place, [])), None)
        return _delivery(record) if record is not None and record.offset == offset else None


@asynccontextmanager
async def _consumer(kafka: KafkaAccess, topic: str) -> AsyncIterator[tuple[Any, list[TopicPartition]]]:
    """A consumer of all partitions of a topic that has to exist (see :func:`require_topic`)."""
    consumer = AIOKafkaConsumer(
        topic,
        **kafka.client(),
        client_id="wirewatch-cli",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        yield consumer, [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    finally:
        await consumer.stop()


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
