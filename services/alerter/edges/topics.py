"""Reads whole topics, without a group: for the rebuild, never for the stream."""

from collections.abc import AsyncIterator, Sequence

from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import LogReader
from services.runtime.messages.delivery import Delivery


class KafkaLog:
    """See :class:`services.alerter.rebuild.Log`."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._kafka = kafka

    async def read(self, topic: str) -> AsyncIterator[Sequence[Delivery]]:
        async with LogReader(self._kafka, topic) as reader:
            async for batch in reader.retained():
                yield batch
