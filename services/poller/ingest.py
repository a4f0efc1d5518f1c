"""Turns a feed's answer into items: parsed, compared with what was sent before, completed from pages, published.

Every item of a feed ends in one status: ``published`` (Kafka has it), ``known`` (this version was sent before) or
``dead`` (the broker will never take it, even shortened). Nothing is remembered here but in the :class:`Seen` that is
handed back, so whoever calls decides when that is written.
"""

import asyncio
import dataclasses
import hashlib
import itertools
from collections.abc import Sequence
from typing import Final

from services.poller.core.articles import Item, hidden_by_304, items_of
from services.poller.core.model import ExtractedPage, FeedConfig, Fetched, ParsedFeed, Polled
from services.poller.core.seen import Seen
from services.poller.errors import WorkerError
from services.poller.metrics import PollerMetrics
from services.poller.ports import Claim, Documents, FeedStore, Pages
from services.poller.publishing import ArticlePublisher, Source
from services.poller.status import Outcome
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

BATCH_ITEMS: Final = 50  # between two batches the event loop turns
MAX_PAGES_PER_POLL: Final = 40


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FeedIngest:
    """Takes in one answer at a time for a claimed feed; many are taken in at once."""

    documents: Documents
    pages: Pages | None
    store: FeedStore
    articles: ArticlePublisher
    metrics: PollerMetrics
    clock: Clock
    host_gap_seconds: float

    async def take(
        self, claim: Claim, config: FeedConfig, fetched: Fetched, *, polite: bool, whole: bool
    ) -> tuple[Polled, bytes | None]:
        """What the poll came to, and the new record of what was sent (None where nothing was).

        ``whole``: the feed was asked for without validators.
        """
        polled = Polled(
            outcome=fetched.outcome,
            status=fetched.status,
            detail=fetched.detail,
            headers=fetched.headers,
            permanent_url=fetched.permanent_url,
            wire_bytes=fetched.wire_bytes,
        )
        if fetched.outcome != "ok":
            return polled, None
        body_hash = hashlib.blake2b(fetched.body, digest_size=12).hexdigest()
        if body_hash == claim.state.validators.body_hash:
            self.metrics.articles.labels("known").inc(claim.state.cadence.items)
            return dataclasses.replace(
                polled, complete=True, body_hash=body_hash, items=claim.state.cadence.items
            ), None
        seen = await self.store.seen(config.id)
        polled = dataclasses.replace(polled, complete=True, body_hash=body_hash)
        for part in itertools.count():
            try:
                feed = await self._part(config, fetched, part)
            except WorkerError as error:
                if not part:
                    outcome: Outcome = "not_a_feed" if error.kind == "NotAFeedError" else "parse_error"
                    return dataclasses.replace(polled, outcome=outcome, detail=str(error), complete=False), None
                log.warning("part_of_a_feed_unread", feed=config.url, part=part, error=str(error))
                polled = dataclasses.replace(polled, complete=False)
                break
            polled = await self._take_part(claim, config, feed, polled, seen, base=fetched.url, polite=polite)
            if not feed.more:
                break
        if not polled.items:
            return dataclasses.replace(polled, outcome="empty", detail="a feed without a single item"), None
        hidden = whole and hidden_by_304(claim.state, polled.new_dates)
        return dataclasses.replace(polled, hidden_by_304=hidden), seen.pack(polled.items)

    async def _part(self, config: FeedConfig, fetched: Fetched, part: int) -> ParsedFeed:
        started = self.clock.monotonic()
        if config.page:
            feed = await self.documents.listing(fetched.body, url=fetched.url, items=config.items)
        else:
            kind = (fetched.headers or {}).get("content-type")
            feed = await self.documents.feed(fetched.body, url=fetched.url, content_type=kind, part=part)
        self.metrics.parse_seconds.observe(self.clock.monotonic() - started)
        return feed

    async def _take_part(
        self, claim: Claim, config: FeedConfig, feed: ParsedFeed, polled: Polled, seen: Seen, *, base: str, polite: bool
    ) -> Polled:
        """Publish what is new in a document, or in a part of one, and add it to what the poll came to."""
        items = items_of(feed, feed_id=config.id, base=base)
        new = [item for item in items if not seen.version_sent(item.id, item.version)]
        unseen = tuple(item.id for item in new if seen.first_seen(item.id) is None)
        self.metrics.articles.labels("known").inc(len(items) - len(new))
        backfill = config.backfill and claim.state.health.last_success_at is None
        source = Source(claim=claim, config=config, feed=feed, seen=seen, backfill=backfill)
        await self._publish_all(source, new, polite=polite)
        if feed.more:
            await self.store.extend(claim, self.clock.now())
        else:
            self.metrics.dropped.inc(feed.dropped)
            if feed.dropped:
                self.metrics.caps.labels("entries").inc()
        return dataclasses.replace(
            polled,
            complete=polled.complete and not feed.truncated and not feed.dropped,
            feed=polled.feed or feed,
            new_items=polled.new_items + len(new),
            items=polled.items + len(items),
            item_ids=(*polled.item_ids, *(item.id for item in items)),
            new_ids=(*polled.new_ids, *unseen),
            dates=(*polled.dates, *(moment for item in items if (moment := item.entry.published_at))),
            new_dates=(*polled.new_dates, *(moment for item in new if (moment := item.entry.published_at))),
        )

    async def _publish_all(self, source: Source, new: Sequence[Item], *, polite: bool) -> None:
        """Publish what the feed carries whole at once, then one by one what needs its page."""
        with_page = [item for item in new if self._wants_page(item, source)]
        over, with_page = with_page[MAX_PAGES_PER_POLL:], with_page[:MAX_PAGES_PER_POLL]
        self.metrics.pages.labels("skipped").inc(len(over))
        if over:
            self.metrics.caps.labels("pages").inc()
        waiting = {item.id for item in with_page}
        ready = [item for item in new if item.id not in waiting]
        for at in range(0, len(ready), BATCH_ITEMS):
            await self.articles.publish(source, [(item, None) for item in ready[at : at + BATCH_ITEMS]])
            await asyncio.sleep(0)
        for item in with_page:
            page = await self._page(item, polite)
            await self.articles.publish(source, [(item, page)])
            await self.store.extend(source.claim, self.clock.now())

    def _wants_page(self, item: Item, source: Source) -> bool:
        full_text = source.config.full_text
        if self.pages is None or item.url is None or full_text == "never" or source.backfill:
            return False
        return full_text == "always" or not item.has_full_text

    async def _page(self, item: Item, polite: bool) -> ExtractedPage | None:
        if self.pages is None or item.url is None:  # pragma: no cover - _wants_page has looked
            return None
        began = self.clock.monotonic()
        look = await self.pages.look(item.url, gap_seconds=self.host_gap_seconds if polite else 0.0)
        self.metrics.page_seconds.observe(self.clock.monotonic() - began)
        return look.page
