"""Publishers that judge whoever asks them: scripted answers, simulated weeks, and a count of every breach.

The poller's own handler and policy run against them on an injected clock; only HTTP and Redis are fakes. What a
publisher would see in its log is what it judges: conditional requests, validators, gaps, Retry-After.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

from services.contracts.ids import feed_id
from services.poller.core.model import FeedConfig, Fetched, Request
from services.poller.core.policy import DAILY_BYTES
from services.poller.websub.subscriptions import Subscriptions
from tests.support.clock import START
from tests.support.poller import Bench, FakePushStore, FakeWeb, an_item, rss

HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
EIGHT_DAYS = timedelta(days=8)
Answer = Callable[["Publisher", Request, datetime], Fetched]

BREACHES = ("early", "during Retry-After", "bogus validator", "stale validator", "mixed validators",
            "unconditional again within 8 days", "after 410", "two at once or under 5 s", "other address",
            "over the budget of bytes")  # fmt: skip


@dataclass
class Publisher:
    """One feed. ``least`` is the gap the publisher may expect; ``etag`` and ``modified`` say what it sends.

    ``weighs`` is what a whole answer weighs on the wire, at least.
    """

    kind: str
    url: str
    least: timedelta = FIVE_MINUTES
    etag: bool = True
    modified: bool = True
    every: timedelta = timedelta(hours=5)  # how often it has something new
    headers: dict[str, str] = field(default_factory=dict)
    channel: str = ""
    special: Answer | None = None
    never_new: bool = False
    weighs: int = 0
    sent_bytes: int = 0
    asked: list[datetime] = field(default_factory=list)
    issued: dict[tuple[str | None, str | None], None] = field(default_factory=dict)
    last: tuple[str | None, str | None] | None = None
    whole_at: datetime | None = None
    quiet_until: datetime = START
    gone_at: datetime | None = None
    pushes: Callable[[int], bool] | None = None  # whether its hub pushes a version; None where it names no hub

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
        items = [self.item(number - back) for back in range(4)]
        hub = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="https://hub-{self.host}/"/>'
        body = rss(*items, channel=self.channel + (hub if self.pushes else ""))
        weight = max(self.weighs, len(body))
        self.sent_bytes += weight
        return Fetched(outcome="ok", status=200, url=request.url, headers=headers, body=body, wire_bytes=weight)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def item(self, number: int) -> str:
        return an_item(number, date=format_datetime(START + number * self.every))

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
        publisher.quiet_until = (now + timedelta(seconds=seconds)).replace(microsecond=0)  # a date has no fractions
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
    """Every third body, and the first, ends early; its validators must never come back. A first failure is tried again
    after a minute."""
    if len(publisher.asked) % 3 == 1:
        return Fetched(outcome="bad_body", status=200, url=request.url, headers={"etag": '"of half a body"'})
    return publisher.plain(request, now)


def gone(publisher: Publisher, request: Request, now: datetime) -> Fetched:
    """410 from the fifth request on."""
    if len(publisher.asked) < 5:
        return publisher.plain(request, now)
    publisher.gone_at = now
    return Fetched(outcome="gone", status=410, url=request.url)


def silent_for_a_week(version: int) -> bool:
    """A hub that loses what it should push from the tenth to the seventeenth day."""
    return not 10 * 24 <= 5 * version < 17 * 24


def world(copies: int) -> list[Publisher]:
    """Publishers of every kind, ``copies`` of each, every one on a host of its own but those of the last kind."""
    hint, longer = {"cache-control": "max-age=10800"}, {"cache-control": "max-age=14400"}
    module = 'xmlns="http://purl.org/rss/1.0/modules/syndication/"'
    hourly = f"<updatePeriod {module}>hourly</updatePeriod><updateFrequency {module}>1</updateFrequency>"
    kinds: list[tuple[str, dict[str, object]]] = [
        ("both validators", {}),
        ("only an ETag", {"modified": False}),
        ("only Last-Modified", {"etag": False}),
        ("no validator", {"etag": False, "modified": False}),
        ("no validator, heavy", {"etag": False, "modified": False, "weighs": 150_000}),
        ("no validator, hourly", {"etag": False, "modified": False, "channel": hourly, "least": HOUR}),
        ("WordPress", {"channel": hourly}),
        ("twice a day", {"channel": hourly.replace("hourly", "daily").replace(">1<", ">2<"), "least": 12 * HOUR}),
        ("304 for ever", {"never_new": True}),
        ("max-age 3 h", {"headers": hint, "least": 3 * HOUR}),
        ("max-age 1 min", {"headers": {"cache-control": "max-age=60"}, "least": timedelta(minutes=2)}),
        ("ttl 120", {"channel": "<ttl>120</ttl>", "least": 2 * HOUR}),
        ("ttl 30, max-age 4 h", {"channel": "<ttl>30</ttl>", "headers": longer, "least": 4 * HOUR}),
        ("429, seconds", {"special": limited(429, 7200, as_date=False, every=7)}),
        ("429, date", {"special": limited(429, 9000, as_date=True, every=7)}),
        ("503, seconds", {"special": limited(503, 20_000, as_date=False, every=9)}),
        ("fails for days", {"special": failing}),
        ("half bodies", {"special": cut_off, "least": timedelta(minutes=1)}),
        ("gone", {"special": gone}),
        ("busy", {"every": timedelta(minutes=20), "least": timedelta(minutes=2)}),
        ("hub", {"pushes": lambda _: True}),
        ("hub, silent for a week", {"pushes": silent_for_a_week}),
        ("hub that never pushes", {"pushes": lambda _: False}),
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


@dataclass
class JudgingHubs:
    """A hub for every publisher that names one. It judges requests as publishers do, and pushes each new version."""

    web: JudgingWeb
    bench: Bench
    least: timedelta = timedelta(days=1)  # between two requests: the lease is ten days
    pushed: dict[str, int] = field(default_factory=dict)
    taken: int = 0
    subscriptions: Subscriptions | None = None
    asked: dict[str, datetime] = field(default_factory=dict)
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        now, topic = self.bench.clock.now(), form["hub.topic"]
        if self.subscriptions is None or f"https://hub-{self.web.publishers[topic].host}/" != url:
            self.web.breaches["other address"] += 1
            return Fetched(outcome="http_4xx", status=404, url=url)
        if topic in self.asked and now - self.asked[topic] < self.least:
            self.web.breaches["early"] += 1
        self.asked[topic] = now
        token, mode = form["hub.callback"].rpartition("/")[2], form["hub.mode"]
        if mode == "subscribe":
            self.secrets[topic] = (token, form["hub.secret"])
        else:
            del self.secrets[topic]
        back = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": "x", "hub.lease_seconds": "864000"}
        confirmed = await self.subscriptions.confirm(token, back)
        self.web.by_kind[self.web.publishers[topic].kind][f"{mode}d" if confirmed == "x" else "NOT CONFIRMED"] += 1
        return Fetched(outcome="ok", status=202, url=url)

    def next_at(self) -> datetime:
        """When the next new version of a feed with a subscriber comes out."""
        moments = [
            START + (self.pushed.setdefault(topic, self.web.publishers[topic].version(self.bench.clock.now())) + 1)
            * self.web.publishers[topic].every
            for topic in self.secrets
        ]  # fmt: skip
        return min(moments, default=datetime.max.replace(tzinfo=START.tzinfo))

    async def push(self) -> None:
        """Push what is new now."""
        for topic, (token, secret) in self.secrets.items():
            publisher = self.web.publishers[topic]
            version = publisher.version(self.bench.clock.now())
            if version > self.pushed.get(topic, version) and publisher.pushes is not None:
                self.pushed[topic] = version
                if publisher.pushes(version) and self.subscriptions is not None:
                    body = rss(publisher.item(version))
                    signature = f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"
                    await self.subscriptions.take(token, body, signature=signature, content_type=None)
                    self.web.by_kind[publisher.kind]["pushed"] += 1


async def simulate(publishers: list[Publisher], *, days: float, restart_every: timedelta | None = None) -> Report:
    """Poll ``publishers`` for ``days`` of simulated time; the process may be started anew every so often."""
    web = JudgingWeb(publishers={publisher.url: publisher for publisher in publishers})
    bench = Bench(web=web)
    web.now = bench.clock.now
    feeds = {feed_id(p.url): FeedConfig(id=feed_id(p.url), url=p.url, full_text="never") for p in publishers}
    hubs = JudgingHubs(web=web, bench=bench)
    pushes = FakePushStore(bench.store)
    hubs.subscriptions = Subscriptions(
        public_url="https://hooks.example", hubs=hubs, store=pushes, hosts=bench.store, clock=bench.clock,
        metrics=bench.poller.metrics, listed=lambda feed: feed in feeds, usable=lambda url: url.startswith("https:"),
    )  # fmt: skip
    bench.poller = dataclasses.replace(bench.poller, hubs=hubs.subscriptions)
    await bench.store.sync(feeds, {feed: START + timedelta(seconds=n) for n, feed in enumerate(feeds)})
    end, restart = START + timedelta(days=days), START + (restart_every or timedelta(days=99_999))
    while (due := min([*bench.store.due.values(), *pushes.due.values(), hubs.next_at()])) < end:
        bench.clock.advance(max(0.0, (due - bench.clock.now()).total_seconds()))
        if bench.clock.now() >= restart and restart_every is not None:
            restart += restart_every
            await bench.store.sync(feeds, dict.fromkeys(feeds, bench.clock.now()))  # as every start does
        await hubs.push()
        await hubs.subscriptions.sweep()
        for claim in await bench.store.claim(bench.clock.now(), 100):
            await bench.poller.poll(claim, feeds[claim.feed_id])
    for publisher in publishers:
        if publisher.weighs and publisher.sent_bytes > DAILY_BYTES * (
            days + 1
        ):  # a full day's budget stood there before
            web.breaches["over the budget of bytes"] += 1
    published = bench.count("wirewatch_poller_articles_total", status="published")
    return Report(days=days, feeds=len(feeds), web=web, published=published)
