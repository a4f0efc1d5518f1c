"""Topics as ``schemas/topics.yaml`` declares them, and creating them on a broker.

Services never create topics: ``wirewatch topics create`` does it once, before they start.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code
from msgspec import Struct

from services.runtime.errors import UsageError
from services.runtime.files import shipped as files
from services.runtime.files import yaml
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import refusal

_DAY_MS = 24 * 60 * 60 * 1000
_ALREADY_EXISTS: int = TopicAlreadyExistsError.errno
_REQUEST_TIMEOUT_MS = 5_000
_MOST_REPLICAS = 3  # one broker may be away, and each message is still on two disks


class Topic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic of ``topics.yaml``, its defaults filled in; the file's own comments explain the fields."""

    name: str
    purpose: str
    key: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    rebuilders: tuple[str, ...]
    schema: str
    partitions: int
    retention_days: int
    cleanup_policy: Literal["delete", "compact"]
    max_message_bytes: int
    compression: Literal["producer", "lz4", "zstd", "gzip", "snappy", "uncompressed"]
    public: bool

    def config(self, replication: int) -> dict[str, str]:
        """The topic's settings in Kafka's own words. With three copies or more, all but one must have a message.

        Messages are kept from their arrival on: by a time of its sender's choice a message could be deleted unread.
        """
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention_days * _DAY_MS),
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_message_bytes),
            "compression.type": self.compression,
            "min.insync.replicas": str(max(1, replication - 1)) if replication >= 3 else "1",
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as it stands on the broker. ``retention_days`` is null where the topic keeps everything."""

    partitions: int
    retention_days: float | None
    replicas: int


def read() -> dict[str, Topic]:
    """The declared topics by name. Raises :class:`UsageError` where the file cannot be read."""
    path = files.schemas() / "topics.yaml"
    document = yaml.parse(yaml.read_bytes(path), str(path)).value
    return {
        name: msgspec.convert({**document["defaults"], **topic, "name": name}, Topic)
        for name, topic in document["topics"].items()
    }


@asynccontextmanager
async def admin(kafka: KafkaAccess, *, timeout_seconds: float) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client of the broker, waited for up to ``timeout_seconds``. Raises :class:`UsageError` after that."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_seconds
    while True:
        client = AIOKafkaAdminClient(
            **kafka.client(),
            client_id="wirewatch-admin",
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        try:
            await asyncio.wait_for(client.start(), timeout=max(deadline - loop.time(), 0.1))
            break
        except (KafkaConnectionError, KafkaError, OSError, TimeoutError) as error:
            await client.close()
            if refused := await refusal(kafka, timeout_seconds=timeout_seconds):
                raise refused from error
            if loop.time() + 0.5 >= deadline:
                raise UsageError(
                    f"No Kafka answers at {kafka} (tried for {timeout_seconds:g} s): "
                    "start it (`wirewatch up` brings one along), or give another address with --kafka."
                ) from error
            await asyncio.sleep(0.5)
    try:
        yield client
    finally:
        await client.close()


async def create(client: AIOKafkaAdminClient, topics: Sequence[Topic], *, replication: int | None = None) -> list[str]:
    """Create those of ``topics`` that are absent and return their names. Safe to run twice, or by two at once.

    ``replication`` is how many brokers keep each partition; null takes as many as there are now, and at most three.
    Raises :class:`UsageError` where the broker refuses one, with its reason.
    """
    present = set(await client.list_topics())
    absent = [topic for topic in topics if topic.name not in present]
    if not absent:
        return []
    copies = replication or min(_MOST_REPLICAS, await brokers(client))
    response = await client.create_topics(
        [NewTopic(topic.name, topic.partitions, copies, topic_configs=topic.config(copies)) for topic in absent],
        timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    created = []
    for name, code, *detail in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != _ALREADY_EXISTS:
            why = next((text for text in detail if text), None) or for_code(code).__name__
            raise UsageError(f"The broker does not create the topic {name}: {why}.")
    return created


async def brokers(client: AIOKafkaAdminClient) -> int:
    """How many brokers there are now."""
    return len((await client.describe_cluster())["brokers"])


async def found(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Found]:
    """Those of ``names`` that exist on the broker, as they are."""
    present = [name for name in names if name in set(await client.list_topics())]
    if not present:
        return {}
    parts = {topic["topic"]: topic["partitions"] for topic in await client.describe_topics(present)}
    answers: list[Any] = await client.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": None}) for name in present]
    )
    retention = {resource[3]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}
    return {
        name: Found(
            partitions=len(parts[name]),
            retention_days=_days(retention.get(name)),
            replicas=min((len(part["replicas"]) for part in parts[name]), default=0),
        )
        for name in present
    }


def _days(milliseconds: str | None) -> float | None:
    return int(milliseconds) / _DAY_MS if milliseconds and int(milliseconds) >= 0 else None
