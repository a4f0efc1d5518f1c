"""Reading one feed from a file or an address, as ``wirewatch parse`` and ``wirewatch feeds check`` do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from services.contracts import codec, ids
from services.contracts.messages import Article
from services.poller.article_pages import ROBOTS_BYTES, robots_address, robots_allow
from services.poller.core.articles import article_of, items_of
from services.poller.core.language import language_of
from services.poller.core.model import FeedConfig, Fetched, ParsedFeed, Request
from services.poller.core.outlet import Publishers
from services.poller.edges import language, publishers
from services.poller.edges.egress import FEED_BYTES, Egress
from services.poller.errors import WorkerError
from services.poller.parsing.pool import WorkerPool
from services.poller.settings import PollerSettings, allowed_of, user_agent
from services.runtime.process import settings

_OUTCOMES = {"NotAFeedError": "not_a_feed", "empty": "empty"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The lines to print for one source, and whether it failed."""

    lines: tuple[bytes, ...]
    failed: bool = False


class SourceError(Exception):
    """A source cannot be read or is no feed. ``kind`` is an outcome of the poller, or ``file``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reader:
    """What is needed to turn a source into articles, opened once for many sources."""

    egress: Egress
    workers: WorkerPool
    publishers: Publishers
    gap_seconds: float

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator[Reader]:
        """A reader with the poller's settings of this environment."""
        chosen = settings.load(PollerSettings, "poller", os.environ)
        agent = user_agent(chosen.contact)
        async with (
            aclosing(Egress(allowed=allowed_of(chosen), user_agent=agent)) as egress,
            aclosing(WorkerPool(chosen.workers)) as workers,
        ):
            yield cls(egress, workers, publishers.load(), chosen.host_gap_seconds)

    async def read(self, source: str, base_url: str | None) -> Parsed:
        """The articles of a source as JSON lines, or one line that says what is wrong with it."""
        try:
            body, url, content_type = await self._body(source, base_url)
            feed = await self.document(body, url=url, content_type=content_type)
            return Parsed(tuple(codec.encode(article) for article in self.articles(source, feed, url)))
        except SourceError as error:
            said = {"file": source, "error": {"class": error.kind, "message": str(error)}}
            return Parsed((msgspec.json.encode(said),), failed=True)

    async def fetch(self, feed: FeedConfig) -> Fetched:
        """One plain request for a feed; for a page only where robots.txt allows it."""
        if feed.page:
            answer = await self.egress.get(robots_address(feed.url), headers={}, limit=ROBOTS_BYTES)
            if not robots_allow(answer, feed.url):
                return Fetched(outcome="robots" if answer.outcome == "ok" else answer.outcome)
        return await self.egress.feed(Request(url=feed.url))

    async def document(
        self, body: bytes, *, url: str, content_type: str | None, feed: FeedConfig | None = None
    ) -> ParsedFeed:
        """The feed document, all parts of a very long one, or the page. Raises :class:`SourceError`."""
        try:
            if feed is not None and feed.page:
                return await self.workers.listing(body, url=url, items=feed.items)
            return await self._all_parts(body, url, content_type)
        except WorkerError as error:
            raise SourceError(_OUTCOMES.get(error.kind, "parse_error"), error.detail) from None

    async def _all_parts(self, body: bytes, url: str, content_type: str | None) -> ParsedFeed:
        feed = await self.workers.feed(body, url=url, content_type=content_type)
        entries, more, part = list(feed.entries), feed.more, 1
        while more:
            following = await self.workers.feed(body, url=url, content_type=content_type, part=part)
            entries += following.entries
            more, part = following.more, part + 1
        return msgspec.structs.replace(feed, entries=tuple(entries), more=False)

    def articles(self, source: str, feed: ParsedFeed, base: str) -> list[Article]:
        """The articles of a document, fetched now."""
        now = datetime.now(UTC)
        config = FeedConfig(id=ids.feed_id(source), url=source)
        return [
            article_of(
                item,
                config=config,
                feed=feed,
                publishers=self.publishers,
                fetched_at=now,
                first_seen_at=now,
                backfill=False,
                language=language_of(item, item.text, feed.language, language.detect),
            )
            for item in items_of(feed, feed_id=config.id, base=base)
        ]

    async def _body(self, source: str, base_url: str | None) -> tuple[bytes, str, str | None]:
        if source.startswith(("http://", "https://")):
            answer = await self.egress.feed(Request(url=source))
            if answer.outcome != "ok":
                raise SourceError(answer.outcome, answer.detail or answer.outcome)
            return answer.body, base_url or answer.url, (answer.headers or {}).get("content-type")
        try:
            body = await asyncio.to_thread(_read, Path(source))
        except OSError as error:
            raise SourceError("file", error.strerror or str(error)) from None
        return body, base_url or "", None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        body = file.read(FEED_BYTES + 1)
    if len(body) > FEED_BYTES:
        raise OSError(27, f"more than {FEED_BYTES} bytes")
    return body
