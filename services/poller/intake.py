"""What a feed answered becomes articles on Kafka: read, told apart from what was sent, completed, published.

Every item of a feed ends in one status: ``published`` (Kafka has it), ``known`` (this version was sent before) or
``dead`` (the broker will never take it, even shortened). Nothing is remembered here but in the :class:`Seen` that is
handed back, so whoever calls decides when that is written.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec

from services.contracts import codec, ids, topics, trace
from services.contracts.messages import Article
from services.poller.core import boilerplate
from services.poller.core.articles import Item, article_of, hidden_by_304, items_of
from services.poller.core.language import Detect, language_of
from services.poller.core.model import ExtractedPage, FeedConfig, Fetched, Outcome, ParsedFeed, Polled
from services.poller.core.outlet import Publishers
from services.poller.core.seen import Seen
from services.poller.core.text import cut
from services.poller.errors import WorkerError
from services.poller.metrics import PollerMetrics
from services.poller.ports import Claim, Documents, FeedStore, Pages
from services.runtime.messages.delivery import Outgoing
from services.runtime.ports import Publisher
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

Status = Literal["published", "known", "dead"]
STATUSES: tuple[Status, ...] = get_args(Status)

BATCH_ITEMS: Final = 50  # between two batches the event loop turns
MAX_PAGES_PER_POLL: Final = 40
SHORTENED_CHARACTERS: Final = 50_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes in one answer at a time for a claimed feed; many are taken in at once."""

    documents: Documents
    pages: Pages | None
    store: FeedStore
    publisher: Publisher
    publishers: Publishers
    detect: Detect
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
        )
        if fetched.outcome != "ok":
            return polled, None
        body_hash = hashlib.blake2b(fetched.body, digest_size=12).hexdigest()
        if body_hash == claim.state.body_hash:
            self.metrics.articles.labels("known").inc(claim.state.items)
            return dataclasses.replace(polled, complete=True, body_hash=body_hash, items=claim.state.items), None
        seen = await self.store.seen(config.id)
        polled = dataclasses.replace(polled, complete=True, body_hash=body_hash)
        for part in itertools.count():
            try:
                feed = await self._part(fetched, part)
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

    async def _part(self, fetched: Fetched, part: int) -> ParsedFeed:
        started = self.clock.monotonic()
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
        await self._publish_all(claim, config, feed, new, seen, polite)
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
            new_dates=(*polled.new_dates, *(moment for item in new if (moment := item.entry.published_at))),
        )

    async def _publish_all(
        self, claim: Claim, config: FeedConfig, feed: ParsedFeed, new: Sequence[Item], seen: Seen, polite: bool
    ) -> None:
        """Publish what the feed carries whole at once, then one by one what needs its page."""
        backfill = config.backfill and claim.state.last_success_at is None
        with_page = [item for item in new if self._wants_page(item, config, backfill)]
        over, with_page = with_page[MAX_PAGES_PER_POLL:], with_page[:MAX_PAGES_PER_POLL]
        self.metrics.pages.labels("skipped").inc(len(over))
        if over:
            self.metrics.caps.labels("pages").inc()
        waiting = {item.id for item in with_page}
        ready = [item for item in new if item.id not in waiting]
        for at in range(0, len(ready), BATCH_ITEMS):
            await self._publish(config, feed, [(item, None) for item in ready[at : at + BATCH_ITEMS]], seen, backfill)
            await asyncio.sleep(0)
        for item in with_page:
            page = await self._page(item, polite)
            await self._publish(config, feed, [(item, page)], seen, backfill)
            await self.store.extend(claim, self.clock.now())

    def _wants_page(self, item: Item, config: FeedConfig, backfill: bool) -> bool:
        if self.pages is None or item.url is None or config.full_text == "never" or backfill:
            return False
        return config.full_text == "always" or not item.has_full_text

    async def _page(self, item: Item, polite: bool) -> ExtractedPage | None:
        if self.pages is None or item.url is None:  # pragma: no cover - _wants_page has looked
            return None
        began = self.clock.monotonic()
        page = await self.pages.text(item.url, gap_seconds=self.host_gap_seconds if polite else 0.0)
        self.metrics.page_seconds.observe(self.clock.monotonic() - began)
        return page

    async def _publish(
        self,
        config: FeedConfig,
        feed: ParsedFeed,
        items: Sequence[tuple[Item, ExtractedPage | None]],
        seen: Seen,
        backfill: bool,
    ) -> None:
        now = self.clock.now()
        articles = [self._article(item, page, config, feed, seen, now, backfill) for item, page in items]
        first = [seen.first_seen(item.id) is None for item, _ in items]
        articles = await self._without_boilerplate(articles, first)
        self._observe(articles, first)
        articles.sort(key=lambda article: article.published_at or article.fetched_at)
        messages = [_outgoing(article) for article in articles]
        sent = {message.key: message for message in messages}
        refused = await self.publisher.publish(messages)
        if refused:
            self.metrics.caps.labels("message").inc(len(refused))
            keys = {message.key for message in refused}
            short = [_outgoing(_shortened(article)) for article in articles if article.id.encode() in keys]
            sent |= {message.key: message for message in short}
            refused = await self.publisher.publish(short)
        for message in refused:
            log.error(
                "article_refused_by_broker",
                article=message.key.decode(),
                feed=config.url,
                trace=trace.id_of(message.headers.get(trace.HEADER)),
            )
        gone = {message.key for message in refused}
        for article in articles:
            if (key := article.id.encode()) not in gone:
                log.info(
                    "handled",
                    status="published",
                    article=article.id,
                    feed=config.id,
                    backfill=backfill,
                    trace=trace.id_of(sent[key].headers.get(trace.HEADER)),
                )
        self.metrics.articles.labels("dead").inc(len(refused))
        self.metrics.articles.labels("published").inc(len(articles) - len(refused))
        seen.add(((item.id, item.version) for item, _ in items), now)

    def _observe(self, articles: Sequence[Article], first: Sequence[bool]) -> None:
        """How long ago each was published when it is seen here first, and which were too long."""
        for article, is_first in zip(articles, first, strict=True):
            if "text_truncated" in article.flags:
                self.metrics.caps.labels("text").inc()
            if is_first and not article.backfill and article.published_at is not None:
                age = (article.fetched_at - article.published_at).total_seconds()
                self.metrics.published_seconds.observe(max(0.0, age))

    async def _without_boilerplate(self, articles: list[Article], first: Sequence[bool]) -> list[Article]:
        """The articles without what their outlets put under many. All are counted before any is judged."""
        names = [list(boilerplate.candidates(article.text).values()) for article in articles]
        if not any(names):
            return articles
        counted = [
            self.store.repeated(article.outlet, paragraphs, article_id=article.id)
            for article, paragraphs, is_first in zip(articles, names, first, strict=True)
            if is_first and paragraphs
        ]
        await asyncio.gather(*counted)
        judged = [
            self.store.repeated(article.outlet, paragraphs, article_id=None)
            for article, paragraphs in zip(articles, names, strict=True)
        ]
        return [
            _with_text(article, boilerplate.without(article.text, repeated)) if repeated else article
            for article, repeated in zip(articles, await asyncio.gather(*judged), strict=True)
        ]

    def _article(
        self,
        item: Item,
        page: ExtractedPage | None,
        config: FeedConfig,
        feed: ParsedFeed,
        seen: Seen,
        now: datetime,
        backfill: bool,
    ) -> Article:
        text = page.text if page is not None and page.text else item.text
        return article_of(
            item,
            config=config,
            feed=feed,
            publishers=self.publishers,
            fetched_at=now,
            first_seen_at=seen.first_seen(item.id) or now,
            backfill=backfill,
            language=language_of(item, text, config.language or feed.language, self.detect),
            page=page,
        )


def _outgoing(article: Article) -> Outgoing:
    return Outgoing(
        topic=topics.ARTICLES,
        key=article.id.encode(),
        value=codec.encode(article),
        headers=trace.headers(trace.begun(article.id, article.content_hash)),
    )


def _with_text(article: Article, text: str) -> Article:
    return msgspec.structs.replace(article, text=text, content_hash=ids.content_hash(article.title, text))


def _shortened(article: Article) -> Article:
    """The article as the broker may take it: the flag tells the services after us."""
    text, _ = cut(article.text, SHORTENED_CHARACTERS)
    return msgspec.structs.replace(
        _with_text(article, text),
        summary=cut(article.summary, 1000)[0] if article.summary else None,
        flags=tuple(dict.fromkeys((*article.flags, "text_truncated"))),
    )
