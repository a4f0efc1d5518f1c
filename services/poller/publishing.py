"""Items that were not sent before become articles on Kafka: completed, published, shortened where too large."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from services.contracts import codec, ids, topics, trace
from services.contracts.messages import Article
from services.poller.core import boilerplate, cadence
from services.poller.core.articles import Item, article_of
from services.poller.core.language import Detect, language_of
from services.poller.core.model import ExtractedPage, FeedConfig, ParsedFeed
from services.poller.core.outlet import Publishers
from services.poller.core.seen import Seen
from services.poller.core.text import cut
from services.poller.metrics import PollerMetrics
from services.poller.ports import Claim, FeedStore
from services.runtime.messages.delivery import Outgoing
from services.runtime.ports import Publisher
from services.runtime.process import telemetry
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

SHORTENED_CHARACTERS: Final = 50_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What an article's feed says of it: the claimed feed, its document, and whether its items are old news."""

    claim: Claim
    config: FeedConfig
    feed: ParsedFeed
    seen: Seen
    backfill: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePublisher:
    """Publishes the new items of feeds; many at once."""

    store: FeedStore
    publisher: Publisher
    publishers: Publishers
    detect: Detect
    metrics: PollerMetrics
    clock: Clock

    async def publish(self, source: Source, items: Sequence[tuple[Item, ExtractedPage | None]]) -> None:
        """Publish ``items`` in order of time, and note them in ``source.seen`` once Kafka has them.

        An item that the broker will never take, even shortened, is noted, too: it would never be taken.
        """
        now = self.clock.now()
        articles = [self._article(item, page, source, now) for item, page in items]
        first = [source.seen.first_seen(item.id) is None for item, _ in items]
        articles = await self._without_boilerplate(articles, first)
        self._observe(source, articles, first)
        articles.sort(key=lambda article: article.published_at or article.fetched_at)
        refused = await self._send(articles, source)
        self.metrics.articles.labels("dead").inc(refused)
        self.metrics.articles.labels("published").inc(len(articles) - refused)
        source.seen.add(((item.id, item.version) for item, _ in items), now)

    async def _send(self, articles: Sequence[Article], source: Source) -> int:
        """Send the articles, shortened where the broker finds them too large; how many it refused even so."""
        began = self.clock.monotonic()
        messages = [outgoing(article) for article in articles]
        sent = {message.key: message for message in messages}
        refused = await self.publisher.publish(messages)
        if refused:
            self.metrics.caps.labels("message").inc(len(refused))
            keys = {message.key for message in refused}
            short = [outgoing(_shortened(article)) for article in articles if article.id.encode() in keys]
            sent |= {message.key: message for message in short}
            refused = await self.publisher.publish(short)
        for message in refused:
            log.error(
                "article_refused_by_broker",
                article=message.key.decode(),
                feed=source.config.url,
                trace=trace.id_of(message.headers.get(trace.HEADER)),
            )
            del sent[message.key]
        seconds = self.clock.monotonic() - began
        for key, message in sent.items():
            telemetry.sent(message, "published", seconds, feed=source.config.id)
            log.info(
                "handled",
                status="published",
                article=key.decode(),
                feed=source.config.id,
                backfill=source.backfill,
                trace=trace.id_of(message.headers.get(trace.HEADER)),
            )
        return len(refused)

    def _observe(self, source: Source, articles: Sequence[Article], first: Sequence[bool]) -> None:
        """How long ago each was published when it is seen here first, and which were too long."""
        tier = cadence.tier_of(source.config, source.claim.state.cadence, self.clock.now())
        for article, is_first in zip(articles, first, strict=True):
            if "text_truncated" in article.flags:
                self.metrics.caps.labels("text").inc()
            if is_first and not article.backfill and article.published_at is not None:
                age = (article.fetched_at - article.published_at).total_seconds()
                self.metrics.published_seconds.labels(tier).observe(max(0.0, age))

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

    def _article(self, item: Item, page: ExtractedPage | None, source: Source, now: datetime) -> Article:
        text = page.text if page is not None and page.text else item.text
        return article_of(
            item,
            config=source.config,
            feed=source.feed,
            publishers=self.publishers,
            fetched_at=now,
            first_seen_at=source.seen.first_seen(item.id) or now,
            backfill=source.backfill,
            language=language_of(item, text, source.config.language or source.feed.language, self.detect),
            page=page,
            tier=cadence.tier_of(source.config, source.claim.state.cadence, now),
        )


def outgoing(article: Article) -> Outgoing:
    """The message that an article is."""
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
