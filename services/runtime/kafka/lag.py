"""How far every service is behind on what it reads: for the metrics, and so that a producer can wait for its reader.

One process looks for all services, because a service that is down cannot say how far behind it is.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError, for_code
from prometheus_client import CollectorRegistry

from services.contracts import topics as names
from services.runtime import services
from services.runtime.kafka import topics
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.metrics import Metrics

log = get(__name__)

HOLDS_BACK: Final = ("wirewatch-deduper", names.ARTICLES)
LOOK_SECONDS: Final = 10.0


@cache
def readers() -> tuple[tuple[str, str], ...]:
    """Group and topic of what every stream processor reads, as topics.yaml declares it."""
    streams = {service.name: service.group for service in services.declared().values() if service.stream}
    return tuple(
        (streams[consumer], topic.name)
        for topic in topics.read().values()
        for consumer in topic.consumers
        if consumer in streams
    )


class LagMetrics:
    """How far behind the readers of every topic were when last looked at."""

    def __init__(self, registry: CollectorRegistry) -> None:
        poller, kafka = Metrics("wirewatch_poller", registry), Metrics("wirewatch_kafka", registry)
        self.consumer_lag = poller.gauge(
            "consumer_lag_messages", "Articles that the deduper has not taken yet, when last looked."
        )
        self.group_lag = kafka.gauge(
            "group_lag_messages",
            "Messages on a topic not finished by a service when last looked; the poller looks for all services.",
            group=(),
            topic=(),
        )
        self.group_done = kafka.gauge(
            "group_done_messages",
            "Offsets committed by a service on a topic, added up over the partitions. Absent before the first look: "
            "a 0 would be read as if all of it had been taken since.",
            group=(),
            topic=(),
        )
        self.lag_looked_at = kafka.gauge(
            "lag_looked_at_timestamp_seconds", "When the two were last looked at (Unix time); 0 before the first."
        )
        self.held_back = poller.gauge("held_back", "1 while polling waits for the readers of articles.")
        self.held_back_since = poller.gauge(
            "held_back_since_timestamp_seconds",
            "Since when polling has waited for the readers of articles (Unix time); 0 while it does not.",
        )
        for group, topic in readers():
            self.group_lag.labels(group, topic)


@dataclass(kw_only=True)
class ConsumerLag:
    """Looks every few seconds. Over ``limit`` messages :attr:`held_back` says so until half of them are worked off.

    Without a limit polling never waits. A broker that does not answer changes nothing: publishing waits for it anyway.
    """

    kafka: KafkaAccess
    limit: int
    metrics: LagMetrics
    clock: Clock
    held_back: str | None = None  # the sentence a person reads
    _held_since: datetime | None = None

    async def watch(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                await self._watch_connected()
            except (KafkaError, OSError) as error:
                log.debug("consumer_lag_unknown", error=repr(error))
            await self.clock.sleep(LOOK_SECONDS)

    async def _watch_connected(self) -> None:
        admin = AIOKafkaAdminClient(**self.kafka.client())
        reader = AIOKafkaConsumer(**self.kafka.client(), group_id=None)
        try:
            await admin.start()
            await reader.start()
            while True:
                for group, topic in readers():
                    await self._look_if_permitted(admin, reader, group, topic)
                self.metrics.lag_looked_at.set(self.clock.now().timestamp())
                await self.clock.sleep(LOOK_SECONDS)
        finally:
            with contextlib.suppress(KafkaError, OSError):
                await reader.stop()
                await admin.close()

    async def _look_if_permitted(self, admin: Any, reader: Any, group: str, topic: str) -> None:
        """A service whose group or topic the poller's user may not describe is left out: holding back must go on."""
        try:
            await self._look(admin, reader, group, topic)
        except (TopicAuthorizationFailedError, GroupAuthorizationFailedError) as error:
            if (group, topic) == HOLDS_BACK:
                raise
            log.debug("consumer_lag_forbidden", group=group, topic=topic, error=repr(error))

    async def _look(self, admin: Any, reader: Any, group: str, topic: str) -> None:
        (described,) = await admin.describe_topics([topic])
        if described["error_code"]:
            raise for_code(described["error_code"])
        partitions = [TopicPartition(topic, found["partition"]) for found in described["partitions"]]
        begin, end = await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)
        committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
        lag = taken = 0
        for partition in partitions:
            kept = committed.get(partition)
            at = kept.offset if kept is not None else 0
            taken += max(0, at)
            lag += max(0, end[partition] - max(begin[partition], at))
        self.metrics.group_lag.labels(group, topic).set(lag)
        self.metrics.group_done.labels(group, topic).set(taken)
        if (group, topic) == HOLDS_BACK:
            self._judge(lag)

    def _judge(self, lag: int) -> None:
        self.metrics.consumer_lag.set(lag)
        since = self._held_since
        held = self.limit > 0 and lag > (self.limit / 2 if since else self.limit)
        if held != (since is not None):
            log.warning("polling_held_back" if held else "polling_resumed", lag=lag, limit=self.limit)
            since = self._held_since = self.clock.now() if held else None
        self.held_back = _sentence(since, lag) if since else None
        self.metrics.held_back_since.set(since.timestamp() if since else 0)
        self.metrics.held_back.set(held)


def _sentence(since: datetime, lag: int) -> str:
    return f"polling waits since {since:%Y-%m-%dT%H:%M:%SZ}: {lag} articles wait for the deduper"
