"""What a broker says of a consumer group, asked by a client of its own: that of the stream may be what is stuck."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError, for_code

from services.runtime.kafka.connection import KafkaAccess
from services.runtime.process.logging import get

log = get(__name__)

ANSWER_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class GroupState:
    """``ends`` are the ends of all partitions of its topics, ``owned`` those that a member has, ``missing`` topics."""

    ends: dict[TopicPartition, int]
    owned: frozenset[TopicPartition]
    missing: tuple[str, ...]


NOTHING_KNOWN = GroupState({}, frozenset(), ())


@dataclass(slots=True)
class GroupWatch:
    """Looks at one group and the topics that it reads."""

    kafka: KafkaAccess
    group: str
    topics: Sequence[str]
    _admin: Any = None
    _reader: Any = None

    async def look(self) -> GroupState:
        """The group now; :data:`NOTHING_KNOWN` where the broker does not answer, which others notice and say."""
        if not self.topics:
            return NOTHING_KNOWN
        try:
            return await asyncio.wait_for(self._look(), timeout=ANSWER_WITHIN_SECONDS)
        except (KafkaError, OSError, TimeoutError) as error:
            log.debug("group_unknown", group=self.group, error=repr(error))
            await self.stop()
            return NOTHING_KNOWN

    async def stop(self) -> None:
        """Close the connections; the next look opens them again."""
        for client, close in ((self._admin, "close"), (self._reader, "stop")):
            if client is not None:
                with suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(getattr(client, close)(), timeout=ANSWER_WITHIN_SECONDS)
        self._admin = self._reader = None

    async def _look(self) -> GroupState:
        if self._admin is None:
            self._admin = AIOKafkaAdminClient(**self.kafka.client())
            self._reader = AIOKafkaConsumer(**self.kafka.client(), group_id=None)
            await self._admin.start()
            await self._reader.start()
        described = {topic["topic"]: topic for topic in await self._admin.describe_topics(self.topics)}
        there = [name for name in self.topics if name in described and not described[name]["error_code"]]
        places = [TopicPartition(name, part["partition"]) for name in there for part in described[name]["partitions"]]
        ends: dict[TopicPartition, int] = await self._reader.end_offsets(places) if places else {}
        missing = tuple(name for name in self.topics if name not in there)
        return GroupState(ends, frozenset(await self._owned()), missing)

    async def _owned(self) -> list[TopicPartition]:
        (answer,) = await self._admin.describe_consumer_groups([self.group])
        (group,) = answer.to_object()["groups"]
        if group["error_code"]:
            raise for_code(group["error_code"])
        return [
            place
            for member in group["members"]
            if member["member_assignment"]
            for place in ConsumerProtocolMemberAssignment.decode(member["member_assignment"]).partitions()
        ]
