"""What commands that talk to Kafka share: quiet logs, a topic that has to exist, its messages, a publisher."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from services.contracts import codec
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import read_all
from services.runtime.kafka.publisher import MAX_MESSAGE_BYTES, KafkaPublisher
from services.runtime.kafka.topics import admin
from services.runtime.messages.delivery import Delivery
from services.runtime.process import logging
from services.runtime.process.clock import SystemClock

T = TypeVar("T", bound=Struct)

ANSWER_WITHIN_SECONDS = 8.0


def quiet() -> None:
    """Send what the edges log to standard error, errors only: a person reads sentences instead."""
    logging.configure(service="cli", log_format="console", log_level="error")


async def require_topic(kafka: KafkaAccess, topic: str) -> set[str]:
    """The topics of the broker. Raises :class:`UsageError` where none answers or ``topic`` is not among them."""
    async with admin(kafka, timeout_seconds=ANSWER_WITHIN_SECONDS) as client:
        present = set(await client.list_topics())
    if topic not in present:
        raise UsageError(f"The Kafka at {kafka} has no topic {topic}: run `wirewatch topics create` first.")
    return present


@asynccontextmanager
async def publisher(kafka: KafkaAccess, *, max_message_bytes: int = MAX_MESSAGE_BYTES) -> AsyncIterator[KafkaPublisher]:
    """A publisher for the length of a command. Use :func:`require_topic` first: it would wait for ever."""
    opened = KafkaPublisher(
        kafka=kafka,
        client_id="wirewatch-cli",
        clock=SystemClock(),
        compression="gzip",
        max_message_bytes=max_message_bytes,
    )
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


async def messages(
    kafka: KafkaAccess, topic: str, kind: type[T], *, since: datetime | None = None
) -> AsyncIterator[tuple[Delivery, T]]:
    """Every message of a topic, as it was sent and decoded. Raises :class:`UsageError`.

    What is no ``kind`` is passed over: anyone may write to a topic, and no service could read it either.
    """
    quiet()
    await require_topic(kafka, topic)
    async for delivery in read_all(kafka, topic, since=since):
        if (found := decoded(delivery, kind)) is not None:
            yield delivery, found


def decoded(delivery: Delivery, kind: type[T]) -> T | None:
    """The message in a record; None where it is none."""
    try:
        return codec.decode(delivery.value, kind)
    except codec.UndecodableError:
        return None
