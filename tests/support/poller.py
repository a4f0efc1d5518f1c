"""Fakes of the poller's ports: a web of scripted answers, a parser that runs in process, a store in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from services.contracts.ids import feed_id
from services.contracts.publishers import Wire
from services.poller.core.boilerplate import REPEATS
from services.poller.core.model import ExtractedPage, FeedConfig, Fetched, ParsedFeed, Request
from services.poller.core.outlet import Publishers
from services.poller.core.seen import Seen
from services.poller.core.state import FeedState
from services.poller.errors import DocumentError, WorkerError
from services.poller.handler import Poller
from services.poller.ingest import FeedIngest
from services.poller.metrics import PollerMetrics
from services.poller.parsing.feed import parse_feed
from services.poller.parsing.listing import parse_listing
from services.poller.ports import Claim, PageLook, Push
from services.poller.publishing import ArticlePublisher
from services.poller.status import Outcome
from services.poller.websub.protocol import Subscription
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher

FEED = "https://news.example/feed.xml"
LEASE = timedelta(seconds=120)


def a_feed(url: str = FEED, **more: Any) -> FeedConfig:
    """A feed of the list."""
    return FeedConfig(id=feed_id(url), url=url, **more)


def rss(*items: str, channel: str = "") -> bytes:
    """An RSS document."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>News Example</title>'
        f"<link>https://news.example/</link>{channel}{''.join(items)}</channel></rss>"
    ).encode()


def an_item(number: int, *, title: str | None = None, text: str = "A short report.", date: str = "") -> str:
    """An item with a link of its own."""
    when = f"<pubDate>{date}</pubDate>" if date else ""
    return (
        f"<item><title>{title or f'Report {number}'}</title><link>https://news.example/{number}</link>"
        f"<guid isPermaLink='false'>{number}</guid><description>{text}</description>{when}</item>"
    )


def ok(body: bytes, **headers: str) -> Fetched:
    """A 200 with a body; header names are written with underscores."""
    return Fetched(
        outcome="ok", status=200, url=FEED, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


PUBLISHERS = Publishers(
    families={"bbc.co.uk": "bbc", "bbc.com": "bbc"},
    wires={
        "AP": Wire(hosts=("apnews.com",), credits=("AP",), names=("Associated Press", "The Associated Press")),
        "Reuters": Wire(hosts=("reuters.com",), credits=("Reuters",), endings=("(Reporting by ",)),
    },
    aggregators=frozenset({"news.google.com"}),
    registrable=lambda host: ".".join(host.split(".")[-2:]),
)


@dataclass
class FakeWeb:
    """Answers in the order scripted, the last one again and again; keeps the requests."""

    answers: deque[Fetched] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    pages: dict[str, Fetched] = field(default_factory=dict)

    async def feed(self, request: Request) -> Fetched:
        self.requests.append(request)
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    async def page(self, url: str) -> Fetched:
        return self.pages[url]


class InProcess:
    """Documents parsed without a worker."""

    async def feed(self, body: bytes, *, url: str, content_type: str | None, part: int = 0) -> ParsedFeed:
        try:
            return parse_feed(body, url=url, content_type=content_type, part=part)
        except DocumentError as error:
            raise WorkerError(type(error).__name__, str(error)) from None

    async def listing(self, body: bytes, *, url: str, items: str | None) -> ParsedFeed:
        try:
            return parse_listing(body, url=url, items=items)
        except DocumentError as error:
            raise WorkerError(type(error).__name__, str(error)) from None

    async def page(self, body: bytes, *, url: str, content_type: str | None) -> ExtractedPage:
        return ExtractedPage(text=body.decode())


@dataclass
class FakePages:
    """Page texts by address; what is not there cannot be had. All may be asked for but what is ``forbidden``."""

    texts: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forbidden: dict[str, Outcome] = field(default_factory=dict)

    async def look(self, url: str, *, gap_seconds: float) -> PageLook:
        self.asked.append(url)
        if url not in self.texts:
            return PageLook(status="failed", answer=Fetched(outcome="http_4xx", url=url))
        return PageLook(status="ok", answer=Fetched(outcome="ok", url=url), page=ExtractedPage(text=self.texts[url]))

    async def refusal(self, url: str, *, gap_seconds: float) -> Outcome | None:
        return self.forbidden.get(url)


class FakeFeedStore:
    """The schedule in memory."""

    def __init__(self) -> None:
        self.due: dict[str, datetime] = {}
        self.kept: dict[str, FeedState] = {}
        self.records: dict[str, bytes] = {}
        self.leases: dict[str, str] = {}
        self.hosts: dict[str, datetime] = {}
        self.busy: set[str] = set()
        self.addresses: dict[str, str] = {}
        self.printed: dict[tuple[str, str], set[str]] = {}
        self.pushed: dict[str, list[Push]] = {}
        self.wishes: list[str] = []
        self.status: dict[str, str | int] = {}
        self._tokens = 0

    async def sync(self, feeds: Mapping[str, FeedConfig], first_polls: Mapping[str, datetime]) -> int:
        new = len(feeds.keys() - self.due.keys())
        self.due = {feed: self.due.get(feed, first_polls[feed]) for feed in feeds}
        return new

    async def advance_due(self, due: Mapping[str, datetime]) -> None:
        free = {feed: moment for feed, moment in due.items() if feed in self.due and feed not in self.leases}
        self.due |= {feed: min(moment, self.due[feed]) for feed, moment in free.items()}

    async def shorten_leases(self, now: datetime) -> None:
        """Leases are not kept here."""

    async def states(self, feed_ids: Sequence[str]) -> Sequence[FeedState | None]:
        return [self.kept.get(feed_id) for feed_id in feed_ids]

    async def take_wishes(self) -> Sequence[str]:
        taken, self.wishes = self.wishes, []
        return taken

    async def write_status(self, status: Mapping[str, str | int]) -> None:
        self.status = dict(status)

    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]:
        self._tokens += 1
        claims = []
        for feed, moment in sorted(self.due.items(), key=lambda pair: pair[1])[:limit]:
            if moment <= now:
                self.due[feed] = now + LEASE
                self.leases[feed] = str(self._tokens)
                state, pushed = self.kept.get(feed, FeedState()), bool(self.pushed.get(feed))
                claims.append(Claim(feed, str(self._tokens), moment, state, pushed))
        return claims

    async def extend(self, claim: Claim, now: datetime) -> None:
        if self.leases.get(claim.feed_id) == claim.token:
            self.due[claim.feed_id] = now + LEASE

    async def postpone(self, claim: Claim, until: datetime) -> None:
        if self.leases.get(claim.feed_id) == claim.token:
            self.due[claim.feed_id] = until
            del self.leases[claim.feed_id]

    async def finish(self, claim: Claim, state: FeedState, seen: bytes | None, *, host: str | None = None) -> bool:
        self.busy.discard(host or "")
        if self.leases.get(claim.feed_id) != claim.token or state.next_poll_at is None:
            return False
        self.due[claim.feed_id] = state.next_poll_at
        self.kept[claim.feed_id] = state
        if seen:
            self.records[claim.feed_id] = seen
        if claim.pushed:
            self.pushed[claim.feed_id].pop(0)
        if self.pushed.get(claim.feed_id):
            self.due[claim.feed_id] = self.pushed[claim.feed_id][0].received_at
        del self.leases[claim.feed_id]
        return True

    async def queued(self, feed_id: str) -> Push | None:
        return next(iter(self.pushed.get(feed_id, ())), None)

    async def seen(self, feed_id: str) -> Seen:
        return Seen(self.records.get(feed_id))

    async def repeated(self, outlet: str, paragraphs: Sequence[str], *, article_id: str | None) -> set[str]:
        for name in paragraphs:
            self.printed.setdefault((outlet, name), set()).update([article_id] if article_id else [])
        return {name for name in paragraphs if len(self.printed[outlet, name]) >= REPEATS}

    async def owner_of(self, url: str, feed_id: str) -> str:
        return self.addresses.setdefault(url, feed_id)

    async def take_host(self, host: str, now: datetime, gap_seconds: float) -> float:
        free = self.hosts.get(host, now)
        if host in self.busy or free > now:
            return max((free - now).total_seconds(), 1.0)
        self.hosts[host] = now + timedelta(seconds=gap_seconds)
        self.busy.add(host)
        return 0.0

    async def release_host(self, host: str) -> None:
        self.busy.discard(host)

    async def pause_host(self, host: str, until: datetime) -> None:
        self.hosts[host] = max(until, self.hosts.get(host, until))


@dataclass
class FakePushStore:
    """Subscriptions in memory; pushes go to the queue of ``feeds``."""

    feeds: FakeFeedStore
    kept: dict[str, Subscription] = field(default_factory=dict)
    due: dict[str, datetime] = field(default_factory=dict)
    full: bool = False

    async def subscription(self, feed_id: str) -> Subscription | None:
        return self.kept.get(feed_id)

    async def replace(self, feed_id: str, before: Subscription | None, after: Subscription) -> bool:
        if self.kept.get(feed_id) != before:
            return False
        self.kept[feed_id], self.due[feed_id] = after, after.next_at
        return True

    async def forget(self, feed_id: str) -> None:
        self.kept.pop(feed_id, None)
        self.due.pop(feed_id, None)

    async def subscribed(self) -> Sequence[str]:
        return list(self.kept)

    async def feed_of(self, token: str) -> str | None:
        return next((feed for feed, kept in self.kept.items() if kept.token == token), None)

    async def due_subscriptions(self, now: datetime, limit: int) -> Sequence[str]:
        found = [feed for feed, moment in self.due.items() if moment <= now][:limit]
        self.due |= dict.fromkeys(found, now + timedelta(minutes=1))
        return found

    async def later(self, feed_id: str, until: datetime) -> None:
        self.due[feed_id] = until

    async def enqueue(self, feed_id: str, push: Push) -> bool:
        if self.full:
            return False
        self.feeds.pushed.setdefault(feed_id, []).append(push)
        if feed_id not in self.feeds.leases:
            self.feeds.due[feed_id] = min(push.received_at, self.feeds.due[feed_id])
        return True


@dataclass
class Bench:
    """A poller on fakes, with everything it touches at hand."""

    web: FakeWeb = field(default_factory=FakeWeb)
    store: FakeFeedStore = field(default_factory=FakeFeedStore)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    pages: FakePages = field(default_factory=FakePages)
    clock: FakeClock = field(default_factory=FakeClock)
    exempt_from_host_gap: Callable[[FeedConfig], bool] = lambda _: False

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        metrics = PollerMetrics(self.registry)
        self.poller = Poller(
            fetcher=self.web,
            ingest=FeedIngest(
                documents=InProcess(),
                pages=self.pages,
                store=self.store,
                articles=ArticlePublisher(
                    store=self.store,
                    publisher=self.publisher,
                    publishers=PUBLISHERS,
                    detect=lambda _: ("en", 0.9),
                    metrics=metrics,
                    clock=self.clock,
                ),
                metrics=metrics,
                clock=self.clock,
                host_gap_seconds=5.0,
            ),
            store=self.store,
            metrics=metrics,
            clock=self.clock,
            host_gap_seconds=5.0,
            exempt_from_host_gap=self.exempt_from_host_gap,
            jitter=lambda: 0.0,
            pages=self.pages,
        )

    async def poll(self, config: FeedConfig, *answers: Fetched) -> str | None:
        """Poll once, now, whatever the schedule says; the web answers with ``answers``."""
        if answers:
            self.web.answers = deque(answers)
        self.store.due.setdefault(config.id, START)
        self.store.due[config.id] = min(self.store.due[config.id], self.clock.now())
        claim = next(claim for claim in await self.store.claim(self.clock.now(), 100) if claim.feed_id == config.id)
        self.clock.advance(10)
        return await self.poller.poll(claim, config)

    def count(self, name: str, **labels: str) -> float:
        """The value of a counter."""
        return self.registry.get_sample_value(name, labels) or 0.0
