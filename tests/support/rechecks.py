"""Looking again at pages, on fakes: pages that wait in memory and a web of pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import Alert, Article
from services.poller.article_pages import ArticlePages
from services.poller.core.model import Fetched
from services.poller.core.rechecks import WatchedPage
from services.poller.metrics import PollerMetrics
from services.poller.rechecks.rechecker import PageClaim, Rechecker
from services.runtime.messages.delivery import Delivery
from tests.support.clock import FakeClock
from tests.support.poller import FakeFeedStore, InProcess
from tests.support.publisher import FakePublisher

DAY, WEEK = timedelta(days=1), timedelta(days=7)


class FakeWatchedPages:
    """The pages in memory."""

    def __init__(self) -> None:
        self.pages: dict[str, WatchedPage | None] = {}
        self.due: dict[str, datetime] = {}
        self.turns: dict[str, int] = {}

    async def add(self, page: WatchedPage) -> bool:
        if page.article_id in self.pages:
            return False
        self.pages[page.article_id], self.due[page.article_id] = page, page.added_at
        return True

    async def claim(self, now: datetime, limit: int) -> Sequence[PageClaim]:
        found = [id_ for id_, due in self.due.items() if due <= now][:limit]
        for article_id in found:
            self.due[article_id] = now + timedelta(minutes=15)
        return [PageClaim("token", page) for id_ in found if (page := self.pages[id_]) is not None]

    async def take_turn(self, now: datetime, a_day: int) -> bool:
        day = f"{now:%Y-%m-%d}"
        self.turns[day] = self.turns.get(day, 0) + 1
        return self.turns[day] <= a_day

    async def finish(self, claim: PageClaim, page: WatchedPage | None, due: datetime | None) -> None:
        self.pages[claim.page.article_id] = page
        self.due.pop(claim.page.article_id)
        if due is not None:
            self.due[claim.page.article_id] = due


@dataclass
class FakeEgress:
    """Answers by address; what is not there is a 404."""

    answers: dict[str, Fetched] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, *, headers: dict[str, str], limit: int) -> Fetched:
        del headers, limit
        self.asked.append(url)
        return self.answers.get(url, Fetched(outcome="http_4xx", status=404, url=url))

    async def page(self, url: str) -> Fetched:
        return await self.get(url, headers={}, limit=0)


def a_page(url: str, text: str) -> Fetched:
    """A page with a text."""
    return Fetched(outcome="ok", status=200, url=url, body=text.encode(), headers={"content-type": "text/html"})


class Looks:
    """A rechecker with fakes around it."""

    def __init__(self, *, a_day: int = 100) -> None:
        self.egress = FakeEgress()
        self.clock = FakeClock()
        self.store = FakeWatchedPages()
        self.publisher = FakePublisher()
        self.registry = CollectorRegistry()
        metrics = PollerMetrics(self.registry)
        self.rechecker = Rechecker(
            store=self.store,
            pages=ArticlePages(
                egress=self.egress, documents=InProcess(), store=FakeFeedStore(), metrics=metrics, clock=self.clock
            ),
            publisher=self.publisher,
            metrics=metrics,
            clock=self.clock,
            after=(DAY, WEEK),
            a_day=a_day,
            host_gap_seconds=5,
            busy=lambda: False,
        )

    async def hear(self, *alerts: Alert) -> None:
        """Have these come on ``alerts``."""
        await self.rechecker.take(
            [Delivery(topics.ALERTS, 0, at, alert.id.encode(), codec.encode(alert)) for at, alert in enumerate(alerts)]
        )

    async def look(self, *, later: timedelta = timedelta()) -> None:
        """Look at all that is due then."""
        self.clock.advance(later.total_seconds())
        for claim in await self.store.claim(self.clock.now(), 100):
            await self.rechecker.look(claim)

    def outcomes(self) -> dict[str, int]:
        """The looks, by outcome."""
        samples = (sample for family in self.registry.collect() for sample in family.samples)
        found = {s.labels["outcome"]: int(s.value) for s in samples if s.name == "wirewatch_poller_rechecks_total"}
        return {outcome: count for outcome, count in found.items() if count}

    def articles(self) -> list[Article]:
        """What was published."""
        return [codec.decode(message.value, Article) for message in self.publisher.on(topics.ARTICLES)]
