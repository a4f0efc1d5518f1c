"""The Kafka edge: a publisher that returns only once the broker has every message, and waits while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from services.runtime.clock import Clock
from services.runtime.delivery import Outgoing
from services.runtime.errors import UsageError
from services.runtime.logging import get
from services.runtime.retry import Backoff, Waiting

log = get(__name__)

MAX_MESSAGE_BYTES = 1_000_000  # Kafka's own default for a record batch is 1,048,588: stay below it with the headers
_SIGN_OF_LIFE_SECONDS = 10.0
_REFUSED = (MessageSizeTooLargeError, RecordTooLargeError)


class KafkaPublisher:
    """Publishes with acks=all and an idempotent producer, through one connection for the whole process.

    A producer that the broker has fenced or that has failed for good is replaced by a new one.
    """

    def __init__(self, *, kafka: str, client_id: str, clock: Clock, waiting: Waiting | None = None) -> None:
        self._kafka = kafka
        self._client_id = client_id
        self._clock = clock
        self._waiting = waiting or Waiting()
        self._producer: Any = None
        self._opening = asyncio.Lock()

    async def start(self) -> None:
        """Connect, waiting for as long as the broker is away."""
        await self._ready()

    async def stop(self) -> None:
        """Send what is under way and close the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def check(self) -> None:
        """Ask for a sign of life, so that a room with nothing to send notices too that the broker is away."""
        if self._producer is None:
            return  # it is being connected, and waited for
        try:
            await asyncio.wait_for(self._producer.client.fetch_all_metadata(), timeout=_SIGN_OF_LIFE_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            self._waiting.set("kafka", True)
        else:
            self._waiting.set("kafka", False)

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """See :class:`services.runtime.ports.Publisher`."""
        backoff = Backoff()
        refused: list[Outgoing] = []
        left = list(messages)
        while left:
            left, too_large = await self._attempt(left, backoff)
            refused += too_large
            if left:
                self._waiting.set("kafka", True)
                await self._clock.sleep(backoff.next())
        self._waiting.set("kafka", False)
        return refused

    async def _attempt(self, messages: list[Outgoing], backoff: Backoff) -> tuple[list[Outgoing], list[Outgoing]]:
        """Send ``messages`` once: (what has to be sent again, what the broker will never take)."""
        producer = await self._ready()
        pending: list[asyncio.Future[object] | None] = []
        refused: list[Outgoing] = []
        for message in messages:
            try:
                future = await producer.send(
                    message.topic,
                    key=message.key,
                    value=message.value,
                    headers=[(name, text.encode()) for name, text in message.headers.items()],
                )
            except _REFUSED:
                pending.append(None)
            except KafkaError as error:
                log.warning("kafka_send_failed", error=repr(error), attempt=backoff.attempts)
                break
            else:
                pending.append(future)
        sent = len(pending)
        results = await asyncio.gather(*(future for future in pending if future), return_exceptions=True)
        outcomes = iter(results)
        for index, future in enumerate(pending):
            outcome = next(outcomes) if future else None
            if future is None or isinstance(outcome, _REFUSED):
                refused.append(messages[index])
            elif isinstance(outcome, KafkaError):
                sent = index
                break
            elif isinstance(outcome, BaseException):
                raise outcome
        if sent < len(messages):
            await self._replace(producer)
        # What follows the first failure is sent again too, though it may have arrived: the order within a key matters
        # more than a repetition, which every reader has to bear anyway.
        return messages[sent:], refused

    async def _ready(self) -> Any:
        async with self._opening:
            backoff = Backoff()
            while self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._kafka.split(","),
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=5,
                    max_batch_size=256 * 1024,
                    max_request_size=MAX_MESSAGE_BYTES,
                    compression_type="lz4",
                    request_timeout_ms=20_000,
                )
                try:
                    await producer.start()
                except (KafkaConnectionError, KafkaError, OSError) as error:
                    await producer.stop()
                    self._waiting.set("kafka", True)
                    if backoff.attempts % 10 == 0:
                        log.warning("kafka_away", address=self._kafka, error=str(error))
                    await self._clock.sleep(backoff.next())
                else:
                    self._producer = producer
                    self._waiting.set("kafka", False)
            return self._producer

    async def _replace(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
            try:
                await asyncio.wait_for(producer.stop(), timeout=5)
            except (KafkaError, TimeoutError) as error:
                log.warning("kafka_producer_dropped", error=repr(error))


def parse_addresses(kafka: str) -> list[str]:
    """``host:port`` pairs of a comma-separated list. Raises :class:`UsageError` for anything else."""
    addresses = [address.strip() for address in kafka.split(",")]
    for address in addresses:
        host, colon, port = address.rpartition(":")
        if not (host and colon and port.isdigit()):
            raise UsageError(f"WIREWATCH_KAFKA is {kafka!r}: give host:port, or several separated by commas.")
    return addresses
