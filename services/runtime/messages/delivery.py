"""A message as Kafka hands it over, before anyone has looked inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.contracts import trace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Raw bytes and where they came from. ``sent_at`` is the broker's timestamp for the message."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime = EPOCH

    @property
    def trace(self) -> str | None:
        """The trace id it carries, for log lines; None where it carries none."""
        return trace.id_of(self.headers.get(trace.HEADER))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. ``key`` decides the partition, so it decides the order."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
