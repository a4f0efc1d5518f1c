"""Keeps the unique articles of the last days beside the archive, for topics that are still to be made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.archive.metrics import ArchiveMetrics
from services.archive.ports import RecentFile
from services.archive.status import Status
from services.archive_store.errors import ArchiveFileError
from services.archive_store.recent import RecentArticle
from services.contracts import codec
from services.contracts.messages import UniqueArticle
from services.runtime.errors import TransientError
from services.runtime.messages.delivery import Delivery
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)


class RecentHandler:
    """See :class:`services.runtime.ports.StreamHandler`. What cannot be kept is passed over: nothing depends on it."""

    def __init__(self, *, file: RecentFile, clock: Clock, metrics: ArchiveMetrics) -> None:
        self._file = file
        self._clock = clock
        self._metrics = metrics

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[Status]:
        """Returns once the file has the batch, or cannot have it."""
        began, now = self._clock.monotonic(), self._clock.now()
        found = [_article(delivery) for delivery in batch]
        statuses: list[Status] = ["unkept" if article is None else "recent" for article in found]
        try:
            await asyncio.to_thread(self._file.add, [article for article in found if article is not None], now=now)
        except (ArchiveFileError, TransientError) as error:
            log.warning("recent_articles_not_kept", error=str(error))
            statuses = ["unkept"] * len(batch)
        self._metrics.finished(batch, statuses, now=self._clock.now(), seconds=self._clock.monotonic() - began)
        return statuses


def _article(delivery: Delivery) -> RecentArticle | None:
    """None for a message that is none: the tagger makes it a dead letter."""
    try:
        article = codec.decode(delivery.value, UniqueArticle).article
    except codec.UndecodableError:
        return None
    return RecentArticle(
        id=article.id,
        first_seen_at=article.first_seen_at,
        title=article.title,
        summary=article.summary or "",
        text=article.text,
        url=article.url,
        language=article.language,
    )
