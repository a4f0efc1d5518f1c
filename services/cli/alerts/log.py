"""The ``alerts`` topic as a reader of the command line sees it: what is retained, then what comes. No group."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.cli import broker
from services.contracts import topics
from services.contracts.messages import Alert
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import LogReader
from services.runtime.messages.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Record:
    """One revision, decoded and as it was sent."""

    alert: Alert
    value: bytes

    @property
    def line(self) -> str:
        """The message as one line, with its end."""
        return self.value.decode("utf-8", "replace") + "\n"


class AlertLog(LogReader):
    """The topic, from its beginning. Use it as an async context manager."""

    def __init__(self, kafka: KafkaAccess) -> None:
        super().__init__(kafka, topics.ALERTS)

    async def revisions(self) -> Sequence[Record]:
        """What the topic holds now."""
        return [found async for batch in self.retained() for each in batch if (found := _record(each))]

    async def new_revisions(self) -> AsyncIterator[Record]:
        """What comes from where :meth:`revisions` ended, for ever."""
        async for delivery in self.coming():
            if found := _record(delivery):
                yield found


def _record(delivery: Delivery) -> Record | None:
    alert = broker.decoded(delivery, Alert)
    return None if alert is None else Record(alert, delivery.value or b"")
