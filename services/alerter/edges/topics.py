"""Reads whole topics, without a group: for the rebuild, never for the stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Delivery

_POLL_MS = 500
_AT_ONCE = 1_000


class KafkaLog:
    """See :class:`services.alerter.rebuild.Log`."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._kafka = kafka

    async def read(self, topic: str) -> AsyncIterator[Sequence[Delivery]]:
        consumer: Any = AIOKafkaConsumer(
            topic,
            **self._kafka.client(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            partitions = sorted(consumer.assignment())
            if not partitions:
                raise UsageError(f"Kafka at {self._kafka} has no topic {topic!r}: run `wirewatch topics create`.")
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
                batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_AT_ONCE)
                yield [_delivery(message) for messages in batches.values() for message in messages]
        except (KafkaError, OSError) as error:
            raise UsageError(f"Kafka at {self._kafka} cannot be read ({error}): is it running?") from None
        finally:
            await consumer.stop()


def _delivery(message: Any) -> Delivery:
    return Delivery(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
    )
