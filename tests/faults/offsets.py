"""Consumer groups from outside: how far they are, and setting them back while nobody is in them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.contracts import topics

READS = {
    "deduper": (topics.ARTICLES,),
    "tagger": (topics.UNIQUE,),
    "alerter": (topics.TAGGED, topics.DUPLICATES),
    "notifier": (topics.ALERTS,),
    "archive": (topics.TAGGED, topics.ALERTS),
}


async def rewind(kafka: str, services: Sequence[str], *, seconds: float | None = None, now: float = 0.0) -> int:
    """Set the offsets of ``services`` to the earliest, or to ``seconds`` before ``now`` (Unix time); messages left."""
    return sum([await _rewind(kafka, service, seconds, now) for service in services])


async def _rewind(kafka: str, service: str, seconds: float | None, now: float) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=f"wirewatch-{service}", enable_auto_commit=False)
    await consumer.start()
    try:
        parts = await _partitions(consumer, service)
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        if seconds is None:
            starts = await consumer.beginning_offsets(parts)
        else:
            found = await consumer.offsets_for_times(dict.fromkeys(parts, int((now - seconds) * 1000)))
            starts = {part: found[part].offset if found[part] else ends[part] for part in parts}
        for _ in range(60):
            try:
                await consumer.commit(starts)
                break
            except KafkaError:  # the last member has not left yet
                await asyncio.sleep(0.5)
        return sum(ends[part] - starts[part] for part in parts)
    finally:
        await consumer.stop()


async def behind(kafka: str, service: str) -> int:
    """Messages that a service has not committed yet."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=f"wirewatch-{service}", enable_auto_commit=False)
    await consumer.start()
    try:
        parts = await _partitions(consumer, service)
        ends = await consumer.end_offsets(parts)
        return sum([ends[part] - (await consumer.committed(part) or 0) for part in parts])
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, service: str) -> list[TopicPartition]:
    parts = []
    for topic in READS[service]:
        while not (numbers := consumer.partitions_for_topic(topic)):
            await consumer._client.force_metadata_update()
            consumer._client.add_topic(topic)
            await asyncio.sleep(0.2)
        parts += [TopicPartition(topic, number) for number in sorted(numbers)]
    return parts
