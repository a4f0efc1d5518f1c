"""Feed servers on loopback, one host a feed, that show articles as time goes by and judge every request.

A breach is what a publisher would complain of: asked again too early, a validator that was never given, an address
that nobody configured, a cookie, or a request within Retry-After.
"""

from __future__ import annotations

import asyncio
import html
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from services.contracts.ids import feed_id
from services.poller.core.model import FeedConfig
from services.poller.core.opml import write
from tests.bench.corpus import Item

INTERVAL_SECONDS = 10.0
SHOWN = 50  # articles in a feed: with what a feed gets here, more than ten minutes of news
EARLY = 0.9  # of the interval: two clocks and a busy machine are between the two ends
RETRY_AFTER_SECONDS = 40.0
_RETRY_EVERY = 25  # the feed that is sometimes busy says so at every 25th request


@dataclass
class Feed:
    """One feed: what it shows, its validator, and when it was asked."""

    name: str
    address: str
    items: deque[Item] = field(default_factory=lambda: deque(maxlen=SHOWN))
    version: int = 0
    given: set[str] = field(default_factory=set)
    asked_at: float = 0.0
    asked: int = 0
    busy_until: float = 0.0


@dataclass
class FeedServers:
    """``count`` feeds. ``clock`` is monotonic seconds."""

    count: int = 24
    port: int = 0
    network: str = "127.77.0."
    clock: Callable[[], float] = time.monotonic
    breaches: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    conditional: int = 0
    _feeds: dict[str, Feed] = field(default_factory=dict)
    _server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        """Listen on the first addresses of the network."""
        self.port = port
        names = [f"press{number}.faults.test" for number in range(1, self.count + 1)]
        self._feeds = {name: Feed(name, f"{self.network}{number}") for number, name in enumerate(names, start=1)}
        hosts = [feed.address for feed in self._feeds.values()]
        self._server = await asyncio.start_server(self._answer, hosts, port)

    async def stop(self) -> None:
        """Close the listeners."""
        if self._server is not None:
            self._server.close()

    def write_opml(self, path: Path, *, by_name: bool) -> None:
        """The feed list, with hosts by name (for those who can make names resolve) or by address."""
        configs = [
            FeedConfig(id=feed_id(url), url=url, title=feed.name, interval_seconds=INTERVAL_SECONDS, backfill=False)
            for feed in self._feeds.values()
            for url in [f"http://{feed.name if by_name else feed.address}:{self.port}/feed.xml"]
        ]
        path.write_text(write(configs, title="faults"), encoding="utf-8")

    def hosts_file(self) -> str:
        """Lines of /etc/hosts."""
        return "127.0.0.1 localhost\n" + "".join(f"{feed.address} {feed.name}\n" for feed in self._feeds.values())

    def show(self, item: Item) -> None:
        """Put an article into the feed whose turn it is."""
        feed = list(self._feeds.values())[item.group % self.count]
        feed.items.append(item)
        feed.version += 1

    def empty(self) -> None:
        """Show nothing of what was shown, but for one article a feed: an empty feed is a broken one."""
        for feed in self._feeds.values():
            while len(feed.items) > 1:
                feed.items.popleft()
            feed.version += 1

    def forget(self) -> None:
        """The poller has lost its memory for a reason that is the row's: its next requests are first requests."""
        for feed in self._feeds.values():
            feed.asked_at = 0.0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
            address = writer.get_extra_info("sockname")[0]
            feed = next(one for one in self._feeds.values() if one.address == address)
            writer.write(self._reply(feed, head[0].split()[1], headers))
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _reply(self, feed: Feed, path: str, headers: dict[str, str]) -> bytes:
        now = self.clock()
        self._judge(feed, path, headers, now)
        if path != "/feed.xml":
            return b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        if feed.address.endswith(".1") and feed.asked % _RETRY_EVERY == 0:
            feed.busy_until = now + RETRY_AFTER_SECONDS
            return _head("503 Service Unavailable", f"Retry-After: {RETRY_AFTER_SECONDS:.0f}", b"")
        tag = f'"{feed.version}-{feed.name}"'
        feed.given.add(tag)
        if headers.get("if-none-match") == tag:
            return _head("304 Not Modified", f"ETag: {tag}", b"")
        return _head("200 OK", f"ETag: {tag}\r\nContent-Type: application/rss+xml", _document(feed))

    def _judge(self, feed: Feed, path: str, headers: dict[str, str], now: float) -> None:
        self.requests += 1
        feed.asked += 1
        given = headers.get("if-none-match")
        self.conditional += given is not None
        if path != "/feed.xml":
            self.breaches["an address nobody configured"] += 1
        if feed.asked_at and now - feed.asked_at < EARLY * INTERVAL_SECONDS:
            self.breaches["asked too early"] += 1
        if now < feed.busy_until:
            self.breaches["asked within Retry-After"] += 1
        if given is not None and given not in feed.given:
            self.breaches["a validator that was never given"] += 1
        if "cookie" in headers or "referer" in headers:
            self.breaches["a cookie or a referrer"] += 1
        if "wirewatch/" not in headers.get("user-agent", ""):
            self.breaches["no name"] += 1
        feed.asked_at = now


def _head(status: str, lines: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\n{lines}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _document(feed: Feed) -> bytes:
    when = format_datetime(datetime.now(UTC), usegmt=True)
    entries = "".join(
        f"<item><title>{html.escape(item.article.title)}</title><link>{item.article.url}</link>"
        f"<guid>{item.article.url}</guid>"
        f"<description>{html.escape(_paragraphs(item.article.text))}</description></item>"
        for item in reversed(feed.items)
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{feed.name}</title><link>https://{feed.name}/</link>'
        f"<language>en</language><lastBuildDate>{when}</lastBuildDate>{entries}</channel></rss>"
    ).encode()


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n"))
