"""Publishers that judge whoever asks them: scripted answers, simulated weeks, and a count of every breach.

The poller's own handler and policy run against them on an injected clock; only HTTP and Redis are fakes. What a
publisher would see in its log is what it judges: conditional requests, validators, gaps, Retry-After.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

from services.contracts.ids import feed_id
from services.poller.core.model import FeedConfig, Fetched, Request
from tests.support.clock import START
from tests.support.poller import Bench, FakeWeb, an_item, rss

HOUR = timedelta(hours=1)
EIGHT_DAYS = timedelta(days=8)
Answer = Callable[["Publisher", Request, datetime], Fetched]

BREACHES = ("early", "during Retry-After", "bogus validator", "stale validator", "mixed validators",
            "unconditional again within 8 days", "after 410", "two at once or under 5 s", "other address")  # fmt: skip


@dataclass
class Publisher:
    """One feed. ``least`` is the gap the publisher may expect; ``etag`` and ``modified`` say what it sends."""

    kind: str
    url: str
    least: timedelta = HOUR
    etag: bool = True
    modified: bool = True
    every: timedelta = timedelta(hours=5)  # how often it has something new
    headers: dict[str, str] = field(default_factory=dict)
    channel: str = ""
    special: Answer | None = None
    never_new: bool = False
    asked: list[datetime] = field(default_factory=list)
    issued: dict[tuple[str | None, str | None], None] = field(default_factory=dict)
    last: tuple[str | None, str | None] | None = None
    whole_at: datetime | None = None
    quiet_until: datetime = START
    gone_at: datetime | None = None

    def version(self, now: datetime) -> int:
        return 0 if self.never_new else int((now - START) / self.every)

    def validators(self, now: datetime) -> tuple[str | None, str | None]:
        number = self.version(now)
        moment = format_datetime(START + number * self.every, usegmt=True)
        return (f'W/"{number}  x"' if self.etag else None, moment if self.modified else None)

    def plain(self, request: Request, now: datetime) -> Fetched:
        """200 with the items of now, or 304 where the request's validators are current."""
        current = self.validators(now)
        headers = {k: v for k, v in zip(("etag", "last-modified"), current, strict=True) if v} | self.headers
        headers["date"] = format_datetime(now, usegmt=True)
        given = (request.etag, request.last_modified)
        self.issued[current] = None
        self.last = current
        if given != (None, None) and given == current:
            return Fetched(outcome="not_modified", status=304, url=request.url, headers=headers)
        self.whole_at = now
        number = self.version(now)
        items = [
            an_item(number - back, date=format_datetime(START + (number - back) * self.every)) for back in range(4)
        ]
        body = rss(*items, channel=self.channel)
        return Fetched(outcome="ok", status=200, url=request.url, headers=headers, body=body, wire_bytes=len(body))

    def answer(self, request: Request, now: datetime) -> Fetched:
        return (self.special or Publisher.plain)(self, request, now)


@dataclass
class JudgingWeb(FakeWeb):
    """All publishers by address; counts requests and breaches."""

    publishers: dict[str, Publisher] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: START
    breaches: Counter[str] = field(default_factory=Counter)
    conditional: int = 0
    total: int = 0
    first: int = 0
    fair: int = 0  # whole requests that no validator could have spared: none was ever given, or 8 days are over
    last_on_host: dict[str, datetime] = field(default_factory=dict)
    by_kind: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    async def feed(self, request: Request) -> Fetched:
        now = self.now()
        publisher = self.publishers.get(request.url)
        if publisher is None:
            self.breaches["other address"] += 1
            return Fetched(outcome="http_4xx", status=404, url=request.url)
        self.total += 1
        self._judge(publisher, request, now)
        publisher.asked.append(now)
        answer = publisher.answer(request, now)
        self.by_kind[publisher.kind][answer.outcome] += 1
        return answer

    def _judge(self, publisher: Publisher, request: Request, now: datetime) -> None:
        host = urlsplit(request.url).hostname or ""
        if publisher.asked and now - publisher.asked[-1] < publisher.least:
            self._breach(publisher, "early")
        if now < publisher.quiet_until:
            self._breach(publisher, "during Retry-After")
        if publisher.gone_at is not None and now - publisher.gone_at < timedelta(days=30):
            self._breach(publisher, "after 410")
        if host in self.last_on_host and now - self.last_on_host[host] < timedelta(seconds=5):
            self._breach(publisher, "two at once or under 5 s")
        self.last_on_host[host] = now
        self._judge_validators(publisher, (request.etag, request.last_modified), now)

    def _judge_validators(self, publisher: Publisher, given: tuple[str | None, str | None], now: datetime) -> None:
        if given == (None, None):
            self._judge_whole(publisher, now)
            return
        self.conditional += 1
        if given in publisher.issued:
            if given != publisher.last:
                self._breach(publisher, "stale validator")
            return
        etags, dates = {etag for etag, _ in publisher.issued}, {modified for _, modified in publisher.issued}
        mixed = given[0] in etags and given[1] in dates
        self._breach(publisher, "mixed validators" if mixed else "bogus validator")

    def _judge_whole(self, publisher: Publisher, now: datetime) -> None:
        if not publisher.issued or publisher.whole_at is None:
            self.first += 1
        elif publisher.last == (None, None) or now - publisher.whole_at >= EIGHT_DAYS:
            self.fair += 1
        else:
            self._breach(publisher, "unconditional again within 8 days")

    def _breach(self, publisher: Publisher, what: str) -> None:
        self.breaches[what] += 1
        self.by_kind[publisher.kind][f"BREACH {what}"] += 1


def limited(status: int, seconds: int, *, as_date: bool, every: int) -> Answer:
    """Every so many requests, 429 or 503 with Retry-After, in seconds or as a date."""

    def answer(publisher: Publisher, request: Request, now: datetime) -> Fetched:
        if len(publisher.asked) % every:
            return publisher.plain(request, now)
        publisher.quiet_until = now + timedelta(seconds=seconds)
        value = format_datetime(publisher.quiet_until, usegmt=True) if as_date else str(seconds)
        outcome = "rate_limited" if status == 429 else "http_5xx"
        headers = {"retry-after": value}
        return Fetched(outcome=outcome, status=status, url=request.url, headers=headers)  # type: ignore[arg-type]

    return answer


def failing(publisher: Publisher, request: Request, now: datetime) -> Fetched:
    """Five days of trouble in every ten."""
    if (now - START).days % 10 >= 5:
        return Fetched(outcome="http_5xx", status=502, url=request.url, headers={"etag": '"from the error page"'})
    return publisher.plain(request, now)


def cut_off(publisher: Publisher, request: Request, now: datetime) -> Fetched:
    """Every third body ends early; its validators must never come back."""
    if len(publisher.asked) % 3 == 1:
        return Fetched(outcome="bad_body", status=200, url=request.url, headers={"etag": '"of half a body"'})
    return publisher.plain(request, now)


def gone(publisher: Publisher, request: Request, now: datetime) -> Fetched:
    """410 from the fifth request on."""
    if len(publisher.asked) < 5:
        return publisher.plain(request, now)
    publisher.gone_at = now
    return Fetched(outcome="gone", status=410, url=request.url)


def world(copies: int) -> list[Publisher]:
    """Publishers of every kind, ``copies`` of each, every one on a host of its own but those of the last kind."""
    hint, longer = {"cache-control": "max-age=10800"}, {"cache-control": "max-age=14400"}
    kinds: list[tuple[str, dict[str, object]]] = [
        ("both validators", {}),
        ("only an ETag", {"modified": False}),
        ("only Last-Modified", {"etag": False}),
        ("no validator", {"etag": False, "modified": False, "least": timedelta(hours=24)}),
        ("304 for ever", {"never_new": True}),
        ("max-age 3 h", {"headers": hint, "least": 3 * HOUR}),
        ("max-age 1 min", {"headers": {"cache-control": "max-age=60"}, "least": timedelta(minutes=5)}),
        ("ttl 120", {"channel": "<ttl>120</ttl>", "least": 2 * HOUR}),
        ("ttl 30, max-age 4 h", {"channel": "<ttl>30</ttl>", "headers": longer, "least": 4 * HOUR}),
        ("429, seconds", {"special": limited(429, 7200, as_date=False, every=7)}),
        ("429, date", {"special": limited(429, 9000, as_date=True, every=7)}),
        ("503, seconds", {"special": limited(503, 20_000, as_date=False, every=9)}),
        ("fails for days", {"special": failing}),
        ("half bodies", {"special": cut_off}),
        ("gone", {"special": gone}),
        ("busy", {"every": timedelta(minutes=20)}),
    ]
    alone = [
        Publisher(kind=kind, url=f"https://{number}-{copy}.example/feed?a=b&c", **more)  # type: ignore[arg-type]
        for number, (kind, more) in enumerate(kinds)
        for copy in range(copies)
    ]
    return alone + [Publisher(kind="12 on one host", url=f"https://many.example/{number}") for number in range(12)]


@dataclass
class Report:
    """What the publishers saw."""

    days: float
    feeds: int
    web: JudgingWeb
    published: float

    @property
    def conditional_share(self) -> float:
        """Conditional requests among those that could have been."""
        return self.web.conditional / max(1, self.web.total - self.web.first - self.web.fair)


async def simulate(publishers: list[Publisher], *, days: float, restart_every: timedelta | None = None) -> Report:
    """Poll ``publishers`` for ``days`` of simulated time; the process may be started anew every so often."""
    web = JudgingWeb(publishers={publisher.url: publisher for publisher in publishers})
    bench = Bench(web=web)
    web.now = bench.clock.now
    feeds = {feed_id(p.url): FeedConfig(id=feed_id(p.url), url=p.url, full_text="never") for p in publishers}
    await bench.store.sync(feeds, {feed: START + timedelta(seconds=n) for n, feed in enumerate(feeds)})
    end, restart = START + timedelta(days=days), START + (restart_every or timedelta(days=99_999))
    while (due := min(bench.store.due.values())) < end:
        bench.clock.advance(max(0.0, (due - bench.clock.now()).total_seconds()))
        if bench.clock.now() >= restart and restart_every is not None:
            restart += restart_every
            await bench.store.sync(feeds, dict.fromkeys(feeds, bench.clock.now()))  # as every start does
        for claim in await bench.store.claim(bench.clock.now(), 100):
            await bench.poller.poll(claim, feeds[claim.feed_id])
    published = bench.count("wirewatch_poller_articles_total", status="published")
    return Report(days=days, feeds=len(feeds), web=web, published=published)
