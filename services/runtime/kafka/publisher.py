"""The Kafka edge: a publisher that returns only once the broker has every message, and waits while it is away."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiokafka import AIOKafkaProducer
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.messages.delivery import Outgoing
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.outages import Backoff, Waiting

log = get(__name__)

Compression = Literal["lz4", "gzip"]

MAX_MESSAGE_BYTES = 1_000_000  # Kafka's own default for a record batch is 1,048,588: stay below it with the headers
_SIGN_OF_LIFE_SECONDS = 10.0
_REFUSED = (MessageSizeTooLargeError, RecordTooLargeError)
_STRANGER = (AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError)
_FORBIDDEN = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)


def why_refused(kafka: KafkaAccess, error: BaseException) -> UsageError | None:
    """The sentence for a broker that answers and refuses us, which waiting will not change; else None."""
    who = f"the user {kafka.user!r}" if kafka.user is not None else "a client without a user"
    if isinstance(error, _STRANGER):
        return UsageError(
            f"The Kafka at {kafka} refuses {who}: correct WIREWATCH_KAFKA_USER and WIREWATCH_KAFKA_PASSWORD_FILE."
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return UsageError(
            f"The certificate of the Kafka at {kafka} is not one that WIREWATCH_KAFKA_CA_FILE vouches for "
            f"({error.verify_message}): correct the file or the address."
        )
    if isinstance(error, _FORBIDDEN):
        said = ", ".join(str(part) for part in error.args if part)[:200]
        return UsageError(f"The Kafka at {kafka} does not let {who} do what is needed ({said}): permit it.")
    return None


async def refusal(kafka: KafkaAccess, *, timeout_seconds: float = _SIGN_OF_LIFE_SECONDS) -> UsageError | None:
    """Why a broker that seems to be away refuses us, in a sentence; None where it is away, or takes us after all.

    aiokafka says "unable to bootstrap" of both, so one connection is made by hand.
    """
    if kafka.user is None and kafka.ca_file is None:
        return None
    arguments = kafka.client()
    for address in arguments.pop("bootstrap_servers"):
        host, _, port = address.rpartition(":")
        try:
            connection = await create_conn(
                host.strip("[]"), int(port), request_timeout_ms=int(timeout_seconds * 1000), **arguments
            )
        except (KafkaError, OSError, TimeoutError) as error:
            if refused := why_refused(kafka, error):
                return refused
        else:
            connection.close()
    return None


@dataclass(slots=True, kw_only=True)
class KafkaPublisher:
    """Publishes with acks=all and an idempotent producer, through one connection for the whole process.

    A producer that the broker has fenced or that has failed for good is replaced by a new one.
    ``compression`` is lz4, which is quicker, or gzip, which every client reads with nothing added to it.
    """

    kafka: KafkaAccess
    client_id: str
    clock: Clock
    waiting: Waiting = field(default_factory=Waiting)
    compression: Compression = "lz4"
    max_message_bytes: int = MAX_MESSAGE_BYTES
    _producer: Any = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        """Connect, waiting for as long as the broker is away."""
        await self._ready()

    async def stop(self) -> None:
        """Send what is under way and close the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def check(self) -> None:
        """Ask for a sign of life, so that a service with nothing to send notices too that the broker is away."""
        if self._producer is None:
            return  # it is being connected, and waited for
        try:
            await asyncio.wait_for(self._producer.client.fetch_all_metadata(), timeout=_SIGN_OF_LIFE_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            self.waiting.set("kafka", True)
        else:
            self.waiting.set("kafka", False)

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """See :class:`services.runtime.ports.Publisher`."""
        backoff = Backoff()
        began = self.clock.monotonic()
        refused: list[Outgoing] = []
        left = list(messages)
        while left:
            left, too_large = await self._attempt(left, backoff)
            refused += too_large
            if left:
                self.waiting.set("kafka", True)
                await self.clock.sleep(backoff.next())
        self.waiting.set("kafka", False)
        if messages:
            self.waiting.took("kafka", self.clock.monotonic() - began)
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
                self._raise_if_refused(error)
                log.warning("kafka_send_failed", error=repr(error), attempt=backoff.attempts)
                break
            else:
                pending.append(future)
        failpoints.reach("publisher.sent")
        sent = len(pending)
        results = await asyncio.gather(*(future for future in pending if future), return_exceptions=True)
        outcomes = iter(results)
        for index, future in enumerate(pending):
            outcome = next(outcomes) if future else None
            if future is None or isinstance(outcome, _REFUSED):
                refused.append(messages[index])
            elif isinstance(outcome, KafkaError):
                self._raise_if_refused(outcome)
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
                    **self.kafka.client(),
                    client_id=self.client_id,
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=5,
                    max_batch_size=256 * 1024,
                    max_request_size=self.max_message_bytes,
                    compression_type=self.compression,
                    request_timeout_ms=20_000,
                )
                try:
                    await producer.start()
                except (KafkaConnectionError, KafkaError, OSError) as error:
                    await producer.stop()
                    if refused := await refusal(self.kafka):
                        raise refused from error
                    self.waiting.set("kafka", True)
                    if backoff.attempts % 10 == 0:
                        log.warning("kafka_away", address=str(self.kafka), error=str(error))
                    await self.clock.sleep(backoff.next())
                else:
                    self._producer = producer
                    self.waiting.set("kafka", False)
            return self._producer

    def _raise_if_refused(self, error: BaseException) -> None:
        """A broker that refuses us will not change its mind: that is a :class:`UsageError`, and ends the process."""
        if refused := why_refused(self.kafka, error):
            raise refused from error

    async def _replace(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
            try:
                await asyncio.wait_for(producer.stop(), timeout=5)
            except (KafkaError, TimeoutError) as error:
                log.warning("kafka_producer_dropped", error=repr(error))
