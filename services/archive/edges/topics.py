"""Kafka without a group's subscription: for what is missing in the file, never for the stream."""

from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.archive.ports import Positions
from services.runtime.errors import TransientError, UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import LogReader
from services.runtime.messages.delivery import Delivery


class KafkaLog:
    """See :class:`services.archive.ports.Log`."""

    def __init__(self, kafka: KafkaAccess, group: str) -> None:
        self._kafka = kafka
        self._group = group

    async def committed(self) -> Positions:
        client = AIOKafkaAdminClient(**self._kafka.client(), client_id="wirewatch-archive")
        try:
            await client.start()
            offsets = await client.list_consumer_group_offsets(self._group)
        except (KafkaError, OSError) as error:
            raise TransientError(f"Kafka does not say how far {self._group} is: {error}") from error
        finally:
            await client.close()
        return {(place.topic, place.partition): kept.offset for place, kept in offsets.items()}

    async def read(self, topic: str, begin: Mapping[int, int]) -> AsyncIterator[Sequence[Delivery]]:
        try:
            async with LogReader(self._kafka, topic, client_id="wirewatch-archive") as reader:
                async for batch in reader.retained(begin=begin):
                    yield batch
        except UsageError as error:
            raise TransientError(str(error)) from error  # no broker, no topic yet: a service waits for both
