"""Keeps the unique articles of the last days beside the archive, for topics that are still to be made."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.archive.metrics import ArchiveMetrics
from services.archive.status import Status
from services.archive_store.errors import ArchiveFileError
from services.archive_store.recent import RecentArticle, RecentWriter
from services.contracts import codec
from services.contracts.messages import UniqueArticle
from services.runtime.errors import TransientError
from services.runtime.messages.dead_letters import set_aside
from services.runtime.messages.delivery import Delivery
from services.runtime.ports import Publisher
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentHandler:
    """See :class:`services.runtime.ports.StreamHandler`. What cannot be kept is passed over: nothing depends on it."""

    file: RecentWriter
    publisher: Publisher
    clock: Clock
    metrics: ArchiveMetrics

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """Returns once the file has the batch, or cannot have it."""
        began, now = self.clock.monotonic(), self.clock.now()
        statuses: list[Status] = []
        articles: list[RecentArticle] = []
        for delivery in batch:
            try:
                articles.append(_article(delivery))
                statuses.append("recent")
            except codec.UndecodableError as error:
                letter = set_aside(delivery, "undecodable", error, now=now, metrics=self.metrics)
                await self.publisher.publish([letter])
                statuses.append("dead")
        try:
            await asyncio.to_thread(self.file.add, articles, now=now)
        except (ArchiveFileError, TransientError) as error:
            log.warning("recent_articles_not_kept", error=str(error))
            statuses = ["unkept" if status == "recent" else status for status in statuses]
        self.metrics.finished(batch, statuses, now=self.clock.now(), seconds=self.clock.monotonic() - began)
        return statuses


def _article(delivery: Delivery) -> RecentArticle:
    article = codec.decode(delivery.value, UniqueArticle).article
    return RecentArticle(
        id=article.id,
        first_seen_at=article.first_seen_at,
        title=article.title,
        summary=article.summary or "",
        text=article.text,
        url=article.url,
        language=article.language,
    )
