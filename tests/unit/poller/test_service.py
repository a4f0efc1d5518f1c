"""The poller as a service: one bad feed stops nobody, and a part that dies ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.poller import scheduler
from services.poller.core.connectivity import PROBE_INTERVAL, PROBES
from services.poller.core.model import FeedConfig, Fetched, Request
from services.poller.scheduler import Scheduler
from services.poller.service import PollerService
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.lag import ConsumerLag, LagMetrics
from services.runtime.process.outages import Waiting
from tests.support.clock import FakeClock
from tests.support.poller import Bench, FakeWeb, a_feed, an_item, ok, rss


class Turning(FakeClock):
    """Lets the others have their turn while it sleeps."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0)


class Virtual(FakeClock):
    """Moves on to the end of the shortest sleep once those who are awake have had their turns."""

    def __init__(self) -> None:
        super().__init__()
        self._asleep: list[tuple[float, asyncio.Future[None]]] = []
        self._moving: asyncio.Task[None] | None = None

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._asleep.append((self.monotonic() + seconds, woken))
        if self._moving is None or self._moving.done():
            self._moving = asyncio.create_task(self._move_on())
        await woken

    async def _move_on(self) -> None:
        while self._asleep:
            for _ in range(30):
                await asyncio.sleep(0)
            first = min((end for end, woken in self._asleep if not woken.done()), default=self.monotonic())
            self.advance(max(0.0, first - self.monotonic()))
            for end, woken in self._asleep:
                if end <= self.monotonic() and not woken.done():
                    woken.set_result(None)
            self._asleep = [(end, woken) for end, woken in self._asleep if not woken.done()]


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
        "store": bench.store,
        "poller": bench.poller,
        "metrics": bench.poller.metrics,
        "clock": bench.clock,
        "waiting": Waiting(),
        "fetchers": 4,
        "spread_seconds": 0.0,
        "held_back": lambda: lag.held_back,
        "check_publisher": Connected().check,
        "beside": [lag.watch],
    }
    service = PollerService(scheduler=Scheduler(**parts), publisher=Connected(), closing=())
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
        while not {bad.id, good.id} <= bench.store.kept.keys():
            await asyncio.sleep(0)
        assert service.healthy() is None
    assert bench.store.kept[good.id].health.last_outcome == "ok"
    failed = bench.store.kept[bad.id]
    assert (failed.health.last_outcome, failed.health.last_detail) == (
        "parse_error",
        "a defect of Wirewatch: RuntimeError",
    )
    assert failed.health.failures == 1
    assert failed.next_poll_at is not None
    assert bench.count("wirewatch_poller_polls_total", outcome="parse_error") >= 1


async def test_many_defects_in_a_row_end_the_service() -> None:
    feeds = [a_feed(f"https://n{n}.example/feed") for n in range(scheduler.DEFECTS_IN_A_ROW + 1)]
    bench = a_bench(broken={feed.url for feed in feeds})
    async with running(bench, feeds, Lag()) as service:
        with pytest.raises(RuntimeError, match="nobody foresaw this"):
            await service.ended()
        assert service.healthy() == "the schedule has stopped"
    assert len(bench.store.kept) == scheduler.DEFECTS_IN_A_ROW


async def test_the_end_of_the_look_at_the_readers_ends_the_service() -> None:
    lag = Lag(held_back="polling waits")
    async with running(a_bench(broken=set()), [a_feed()], lag) as service:
        assert service.healthy() is None
        lag.broken.set()
        with pytest.raises(RuntimeError, match="the look at the readers broke"):
            await service.ended()
        assert service.healthy() == "the schedule has stopped"


async def test_without_a_limit_nobody_has_to_look() -> None:
    bench = a_bench(broken=set())
    lag = ConsumerLag(kafka=KafkaAccess("127.0.0.1:1"), limit=0, metrics=LagMetrics(bench.registry), clock=bench.clock)
    async with running(bench, [a_feed()], lag) as service:
        while not bench.store.kept:
            await asyncio.sleep(0)
        assert service.healthy() is None


async def test_a_store_that_was_emptied_gets_its_schedule_back() -> None:
    feed = a_feed()
    bench = a_bench(broken=set())
    async with running(bench, [feed], Lag()):
        while feed.id not in bench.store.kept:
            await asyncio.sleep(0)
        for memory in (bench.store.due, bench.store.kept, bench.store.leases, bench.store.hosts):
            memory.clear()
        while feed.id not in bench.store.kept:
            bench.clock.advance(1)
            await asyncio.sleep(0)


async def test_a_clock_that_is_set_back_does_not_silence_the_feeds() -> None:
    feed = a_feed()
    bench = a_bench(broken=set())
    async with running(bench, [feed], Lag()):
        while feed.id not in bench.store.kept:
            await asyncio.sleep(0)
        polled = bench.store.kept[feed.id]
        last = polled.health.last_poll_at
        assert last is not None
        assert polled.next_poll_at is not None
        interval, step = polled.next_poll_at - last, timedelta(days=1)
        bench.store.kept[feed.id] = msgspec.structs.replace(
            polled,
            health=msgspec.structs.replace(polled.health, last_poll_at=last + step),
            next_poll_at=polled.next_poll_at + step,
        )
        bench.store.due[feed.id] += step
        while bench.store.due[feed.id] > bench.clock.now() + interval:
            bench.clock.advance(1)
            await asyncio.sleep(0)


@dataclass
class Away(FakeWeb):
    """A network that is away until it is told otherwise."""

    away: bool = True

    async def feed(self, request: Request) -> Fetched:
        if self.away:
            self.requests.append(request)
            return Fetched(outcome="dns", url=request.url)
        return await super().feed(request)


async def test_while_nothing_answers_the_schedule_is_held_and_afterwards_all_feeds_are_asked() -> None:
    feeds = [a_feed(f"https://n{n}.example/feed") for n in range(40)]
    web = Away()
    web.answers.append(ok(rss(an_item(1))))
    bench = Bench(web=web, clock=Virtual())
    async with running(bench, feeds, Lag()) as service:
        while service.note() is None:
            await asyncio.sleep(0)
        assert (service.note() or "").startswith("this machine seems to be offline since ")
        began, asked = bench.clock.now(), len(web.requests)
        while bench.clock.now() < began + timedelta(hours=1):
            await asyncio.sleep(0)
        assert len(web.requests) - asked < (3600 / PROBE_INTERVAL.total_seconds() + 2) * PROBES
        assert all(state.health.failures < 8 for state in bench.store.kept.values())
        assert bench.count("wirewatch_poller_offline_since_timestamp_seconds") > 0
        web.away = False
        back = bench.clock.now()
        while sum(state.health.failures == 0 for state in bench.store.kept.values()) < len(feeds):
            await asyncio.sleep(0)
        assert bench.clock.now() - back < timedelta(minutes=3)
        while service.note() is not None:
            await asyncio.sleep(0)
        assert bench.count("wirewatch_poller_offline_since_timestamp_seconds") == 0


async def test_feeds_of_our_own_hosts_are_asked_at_their_time_while_the_world_is_away() -> None:
    ours = a_feed("http://127.0.0.1:8000/feed")

    @dataclass
    class WorldAway(FakeWeb):
        async def feed(self, request: Request) -> Fetched:
            if request.url != ours.url:
                return Fetched(outcome="dns", url=request.url)
            return await super().feed(request)

    web = WorldAway()
    web.answers.append(ok(rss(an_item(1))))
    bench = Bench(web=web, clock=Virtual(), exempt_from_host_gap=lambda config: config.id == ours.id)
    feeds = [*(a_feed(f"https://n{n}.example/feed") for n in range(300)), ours]
    async with running(bench, feeds, Lag()) as service:
        while service.note() is None:
            await asyncio.sleep(0)
        began = bench.clock.now()
        while ours.id not in bench.store.kept or not bench.store.kept[ours.id].health.polls:
            await asyncio.sleep(0)
        assert bench.clock.now() - began < timedelta(seconds=30)


async def test_a_wish_has_a_feed_asked_within_seconds() -> None:
    feed = a_feed()
    web = FakeWeb()
    web.answers.append(ok(rss(an_item(1))))
    bench = Bench(web=web, clock=Virtual())
    store = bench.store
    async with running(bench, [feed], Lag()):
        while not bench.store.kept:
            await asyncio.sleep(0)
        polls, due = bench.store.kept[feed.id].health.polls, bench.store.due[feed.id]
        store.wishes.append(feed.id)
        while bench.store.kept[feed.id].health.polls == polls:
            await asyncio.sleep(0)
        assert bench.clock.now() < due
        while not store.status.get("answering"):
            await asyncio.sleep(0)
        assert (store.status["feeds"], store.status["answering"], store.status["offline_since"]) == (1, 1, "")
