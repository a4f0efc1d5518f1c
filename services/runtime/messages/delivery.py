"""A message as Kafka hands it over, before anyone has looked inside."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from services.contracts import trace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


class Delivery(Struct, frozen=True):
    """Raw bytes and where they came from. ``sent_at`` is the time of the record, :data:`EPOCH` where that is none."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str] = {}
    sent_at: datetime = EPOCH

    @property
    def trace(self) -> str | None:
        """The trace id it carries, for log lines; None where it carries none."""
        return trace.id_of(self.headers.get(trace.HEADER))


class Outgoing(Struct, frozen=True):
    """A message to send. ``key`` decides the partition, so it decides the order."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, str] = {}


def delivery_of(record: Any) -> Delivery:
    """A record of aiokafka as a plain value. Never raises: whoever sent it chose every part of it."""
    return Delivery(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=headers_of(record.headers),
        sent_at=time_of(record.timestamp),
    )


def headers_of(pairs: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers as text; bytes that are not UTF-8 become ``\\xff``. Of two with one name the last counts."""
    return {name: bytes(value or b"").decode("utf-8", "backslashreplace") for name, value in pairs}


def time_of(milliseconds: float | None) -> datetime:
    """The time of a record, which is a number that its sender chose: :data:`EPOCH` where it is no time at all."""
    if milliseconds is None or not 0 <= milliseconds < _LATEST:
        return EPOCH
    return EPOCH + timedelta(milliseconds=milliseconds)
