"""Messages to rows: decode, write, one status per message; and the retention of what is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.archive.core.rows import article_row, revision_row
from services.archive.metrics import ArchiveMetrics
from services.archive.ports import ArchiveFile, Row
from services.archive.status import Status
from services.contracts import codec, topics
from services.contracts.messages import Alert, TaggedArticle
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.ports import Publisher
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

TOPICS = (topics.TAGGED, topics.ALERTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveHandler:
    """See :class:`services.runtime.ports.StreamHandler`. Both topics come through it, each batch of one of them."""

    file: ArchiveFile
    publisher: Publisher
    keep: timedelta
    most_bytes: int
    clock: Clock
    metrics: ArchiveMetrics

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """Returns once the file has the batch. What cannot be read is a dead letter, and is passed over."""
        if not batch:
            return []
        began = self.clock.monotonic()
        rows: list[Row | None] = []
        letters: list[Outgoing] = []
        for delivery in batch:
            try:
                rows.append(_row(delivery))
            except codec.UndecodableError as error:
                rows.append(None)
                letters.append(set_aside(delivery, "undecodable", error, now=self.clock.now(), metrics=self.metrics))
        if letters:
            await self.publisher.publish(letters)
        statuses = await self._write(batch, rows)
        seconds = self.clock.monotonic() - began
        self.metrics.finished(batch, statuses, now=self.clock.now(), seconds=seconds)
        return statuses

    async def retain(self) -> None:
        """Drop what is too old or too much, and show how the file stands."""
        dropped = await self.file.drop(before=self.clock.now() - self.keep, most_bytes=self.most_bytes)
        for one in dropped:
            self.metrics.dropped.labels(one.what, one.why).inc(one.count)
            log.info("dropped", what=one.what, why=one.why, count=one.count)
        state = await self.file.state()
        self.metrics.file_bytes.set(state.used_bytes)
        self.metrics.limit_bytes.set(self.most_bytes)
        self.metrics.oldest.set(0 if state.oldest is None else state.oldest.timestamp())

    async def _write(self, batch: Sequence[Delivery], rows: Sequence[Row | None]) -> list[Status]:
        positions: dict[tuple[str, int], int] = {}
        for delivery in batch:
            place = (delivery.topic, delivery.partition)
            positions[place] = max(positions.get(place, 0), delivery.offset + 1)
        new = iter(await self.file.add([row for row in rows if row is not None], positions))
        failpoints.reach("archive.written")
        statuses: list[Status] = []
        for delivery, row in zip(batch, rows, strict=True):
            if row is None:
                statuses.append("dead")
            elif not next(new):
                statuses.append("known")
            else:
                statuses.append("article" if delivery.topic == topics.TAGGED else "revision")
        return statuses


def _row(delivery: Delivery) -> Row:
    """The row of a message. Raises :class:`services.contracts.codec.UndecodableError`."""
    if delivery.topic == topics.ALERTS:
        return revision_row(codec.decode(delivery.value, Alert), delivery.value or b"")
    return article_row(codec.decode(delivery.value, TaggedArticle))
