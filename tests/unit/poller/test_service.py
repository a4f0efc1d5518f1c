"""The poller as a service: one bad feed stops nobody, and a part that dies ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.poller import app
from services.poller.app import PollerService
from services.poller.core.model import FeedConfig, FeedState, Fetched, Request
from services.poller.edges.lag import ConsumerLag
from services.poller.ports import Claim
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.process.outages import Waiting
from tests.support.clock import FakeClock
from tests.support.poller import Bench, FakeWeb, a_feed, an_item, ok, rss


class Turning(FakeClock):
    """Lets the others have their turn while it sleeps."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0)


@dataclass
class Web(FakeWeb):
    """Answers every feed, but for some addresses with a defect."""

    broken: set[str] = field(default_factory=set)

    async def feed(self, request: Request) -> Fetched:
        if request.url in self.broken:
            raise RuntimeError("nobody foresaw this")
        return await super().feed(request)


@dataclass
class Feeds:
    """A list that does not change."""

    feeds: dict[str, FeedConfig]

    def load(self) -> None:
        return

    def reload_if_changed(self) -> bool:
        return False


@dataclass
class Store:
    """The schedule of a bench, as the service asks for it."""

    bench: Bench

    async def sync(self, feeds: Mapping[str, FeedConfig], first_polls: Mapping[str, datetime]) -> int:
        return await self.bench.store.sync(feeds, first_polls)

    async def pull(self, due: Mapping[str, datetime]) -> None:
        await self.bench.store.pull(due)

    async def shorten_leases(self, now: datetime) -> None:
        await self.bench.store.shorten_leases(now)

    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]:
        return await self.bench.store.claim(now, limit)

    async def states(self, feed_ids: Sequence[str]) -> list[FeedState | None]:
        return [self.bench.store.states.get(feed_id) for feed_id in feed_ids]


class Connected:
    """A publisher that has nothing to connect to."""

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def check(self) -> None:
        return


@dataclass
class Lag:
    """Looks until it is told to break."""

    held_back: str | None = None
    broken: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        await self.broken.wait()
        raise RuntimeError("the look at the readers broke")


@asynccontextmanager
async def running(bench: Bench, feeds: Sequence[FeedConfig], lag: Any) -> AsyncIterator[PollerService]:
    parts: dict[str, Any] = {
        "feeds": Feeds({feed.id: feed for feed in feeds}),
        "store": Store(bench),
        "publisher": Connected(),
        "poller": bench.poller,
        "metrics": bench.poller.metrics,
        "clock": bench.clock,
        "waiting": Waiting(),
        "lag": lag,
        "fetchers": 4,
        "spread_seconds": 0.0,
        "closing": (),
    }
    service = PollerService(**parts)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def a_bench(*, broken: set[str]) -> Bench:
    web = Web(broken=broken)
    web.answers.append(ok(rss(an_item(1))))
    return Bench(web=web, clock=Turning())


async def test_a_defect_in_one_poll_is_that_feeds_failure_and_the_others_go_on() -> None:
    bad, good = a_feed("https://bad.example/feed"), a_feed("https://good.example/feed")
    bench = a_bench(broken={bad.url})
    async with running(bench, [bad, good], Lag()) as service:
        while not {bad.id, good.id} <= bench.store.states.keys():
            await asyncio.sleep(0)
        assert service.healthy() is None
    assert bench.store.states[good.id].last_outcome == "ok"
    failed = bench.store.states[bad.id]
    assert (failed.last_outcome, failed.last_detail) == ("parse_error", "a defect of Wirewatch: RuntimeError")
    assert failed.failures == 1
    assert failed.next_poll_at is not None
    assert bench.count("wirewatch_poller_polls_total", outcome="parse_error") >= 1


async def test_many_defects_in_a_row_end_the_service() -> None:
    feeds = [a_feed(f"https://n{n}.example/feed") for n in range(app.DEFECTS_IN_A_ROW + 1)]
    bench = a_bench(broken={feed.url for feed in feeds})
    async with running(bench, feeds, Lag()) as service:
        with pytest.raises(RuntimeError, match="nobody foresaw this"):
            await service.ended()
        assert service.healthy() == "the schedule has stopped"
    assert len(bench.store.states) == app.DEFECTS_IN_A_ROW


async def test_the_end_of_the_look_at_the_readers_ends_the_service() -> None:
    lag = Lag(held_back="polling waits")
    async with running(a_bench(broken=set()), [a_feed()], lag) as service:
        assert service.healthy() is None
        lag.broken.set()
        with pytest.raises(RuntimeError, match="the look at the readers broke"):
            await service.ended()
        assert service.healthy() == "nobody looks at how far the readers are behind"


async def test_without_a_limit_nobody_has_to_look() -> None:
    bench = a_bench(broken=set())
    lag = ConsumerLag(kafka=KafkaAccess("127.0.0.1:1"), limit=0, metrics=bench.poller.metrics, clock=bench.clock)
    async with running(bench, [a_feed()], lag) as service:
        while not bench.store.states:
            await asyncio.sleep(0)
        assert service.healthy() is None


async def test_a_store_that_was_emptied_gets_its_schedule_back() -> None:
    feed = a_feed()
    bench = a_bench(broken=set())
    async with running(bench, [feed], Lag()):
        while feed.id not in bench.store.states:
            await asyncio.sleep(0)
        for memory in (bench.store.due, bench.store.states, bench.store.leases, bench.store.hosts):
            memory.clear()
        while feed.id not in bench.store.states:
            bench.clock.advance(1)
            await asyncio.sleep(0)


async def test_a_clock_that_is_set_back_does_not_silence_the_feeds() -> None:
    feed = a_feed()
    bench = a_bench(broken=set())
    async with running(bench, [feed], Lag()):
        while feed.id not in bench.store.states:
            await asyncio.sleep(0)
        polled = bench.store.states[feed.id]
        assert polled.last_poll_at is not None
        assert polled.next_poll_at is not None
        interval, step = polled.next_poll_at - polled.last_poll_at, timedelta(days=1)
        bench.store.states[feed.id] = msgspec.structs.replace(
            polled, last_poll_at=polled.last_poll_at + step, next_poll_at=polled.next_poll_at + step
        )
        bench.store.due[feed.id] += step
        while bench.store.due[feed.id] > bench.clock.now() + interval:
            bench.clock.advance(1)
            await asyncio.sleep(0)
