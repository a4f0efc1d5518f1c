"""Article pages within politeness: robots.txt, one request a host at a time, and a gap between two.

RFC 9309: a robots.txt that answers 4xx allows everything, one that cannot be had (5xx, no connection) allows nothing;
it is asked for once a day (one that cannot be had, after ten minutes) and read up to 500 KiB.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from protego import Protego

from services.poller.core import policy
from services.poller.core.canonical import host_of
from services.poller.core.model import Fetched
from services.poller.errors import WorkerError
from services.poller.metrics import PollerMetrics
from services.poller.ports import Documents, FeedStore, PageLook
from services.poller.status import Outcome
from services.runtime.process.clock import Clock

ROBOTS_BYTES: Final = 500 * 1024
ROBOTS_HOURS: Final = 24
ROBOTS_MISSING_FOR: Final = timedelta(minutes=10)  # until one that could not be had is asked for again
MAX_CRAWL_DELAY_SECONDS: Final = 60.0
LONGEST_WAIT_SECONDS: Final = 600.0  # for a host's turn: one that said when to come back is not waited for
_ORIGINS_KEPT: Final = 5000
_AGENT: Final = "wirewatch"


@dataclass(frozen=True, slots=True)
class _Rules:
    until: datetime
    parsed: Any  # Protego's, or None where nothing is allowed
    missing: Outcome | None = None  # what came of asking, where that is why nothing is allowed

    def allows(self, url: str) -> bool:
        return self.parsed is not None and bool(self.parsed.can_fetch(url, _AGENT))

    def delay_seconds(self) -> float:
        delay = self.parsed.crawl_delay(_AGENT) if self.parsed is not None else None
        return min(float(delay or 0), MAX_CRAWL_DELAY_SECONDS)


class HttpGet(Protocol):
    """What of :class:`services.poller.edges.egress.Egress` is needed here."""

    async def get(self, url: str, *, headers: dict[str, str], limit: int) -> Fetched:
        """Any address."""

    async def page(self, url: str) -> Fetched:
        """An article page."""


@dataclass(slots=True, kw_only=True)
class ArticlePages:
    """See :class:`services.poller.ports.Pages`."""

    egress: HttpGet
    documents: Documents
    store: FeedStore
    metrics: PollerMetrics
    clock: Clock
    _rules: OrderedDict[str, _Rules] = field(default_factory=OrderedDict)

    async def look(self, url: str, *, gap_seconds: float) -> PageLook:
        look = await self._look(url, gap_seconds)
        self.metrics.pages.labels(look.status).inc()
        return look

    async def refusal(self, url: str, *, gap_seconds: float) -> Outcome | None:
        rules = await self._rules_for(url, gap_seconds)
        return None if rules.allows(url) else rules.missing or "robots"

    async def _look(self, url: str, gap_seconds: float) -> PageLook:
        rules = await self._rules_for(url, gap_seconds)
        if not rules.allows(url):
            return PageLook(status="robots", answer=Fetched(outcome=rules.missing or "robots", url=url))
        gap = max(gap_seconds, rules.delay_seconds()) if gap_seconds else 0.0
        answer = await self._one_at_a_time(url, gap, robots=False)
        content_type = (answer.headers or {}).get("content-type")
        if answer.outcome != "ok" or (content_type and "html" not in content_type.lower()):
            return PageLook(status="failed", answer=answer)
        try:
            page = await self.documents.page(answer.body, url=answer.url, content_type=content_type)
        except WorkerError:
            return PageLook(status="failed", answer=answer)
        return PageLook(status="ok", answer=answer, page=page)

    async def _rules_for(self, url: str, gap_seconds: float) -> _Rules:
        address = robots_address(url)
        now = self.clock.now()
        kept = self._rules.get(address)
        if kept is not None and kept.until > now:
            self._rules.move_to_end(address)
            return kept
        answer = await self._one_at_a_time(address, gap_seconds, robots=True)
        parsed = _parsed(answer)
        if parsed is None:
            rules = _Rules(until=now + ROBOTS_MISSING_FOR, parsed=None, missing=answer.outcome)
        else:
            rules = _Rules(until=now + timedelta(hours=ROBOTS_HOURS), parsed=parsed)
        self._rules[address] = rules
        if len(self._rules) > _ORIGINS_KEPT:
            self._rules.popitem(last=False)
        return rules

    async def _one_at_a_time(self, url: str, gap_seconds: float, *, robots: bool) -> Fetched:
        host = host_of(url) or ""
        if gap_seconds:
            while (wait := await self.store.take_host(host, self.clock.now(), gap_seconds)) > 0:
                if wait > LONGEST_WAIT_SECONDS:
                    return Fetched(outcome="rate_limited", url=url, detail="its host wants to be left alone for now")
                await self.clock.sleep(wait)
        try:
            if robots:
                accepted = {"Accept": "text/plain, */*;q=0.1"}
                answer = await self.egress.get(url, headers=accepted, limit=ROBOTS_BYTES)
            else:
                answer = await self.egress.page(url)
        finally:
            if gap_seconds:
                await self.store.release_host(host)
        now = self.clock.now()
        if (pause := policy.host_pause_seconds(answer, now)) is not None:
            await self.store.pause_host(host, now + timedelta(seconds=pause))
        return answer


def robots_address(url: str) -> str:
    """Where the robots.txt of an address is."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"


def robots_allow(answer: Fetched, url: str) -> bool:
    """Whether the robots.txt in ``answer`` allows the address."""
    parsed = _parsed(answer)
    return parsed is not None and bool(parsed.can_fetch(url, _AGENT))


def _parsed(answer: Fetched) -> Any:
    if answer.outcome == "ok":
        return Protego.parse(answer.body.decode("utf-8", "replace"))
    if answer.outcome in ("http_4xx", "gone"):
        return Protego.parse("")
    return None
