"""A line with its articles, its feeds and its ledger, and the waits and measures that the rows share."""

from __future__ import annotations

import asyncio
import math
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.contracts import codec, ids, topics
from services.local import ports
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.bench.corpus import Item
from tests.faults.book import Book
from tests.faults.feeds import FeedServers
from tests.faults.pipeline import BrokenPipelineError, Pipeline
from tests.faults.pool import SEED, Pool
from tests.faults.report import Result

LAG_SECONDS = 5.0
DRAIN_SECONDS = 240.0
FEED_DRAIN_SECONDS = 400.0  # a feed that was being polled when the poller died is free again when its lease ends
TOPIC_PER_SECOND = 5.0
FEEDS_PER_SECOND = 1.5
_TICK = 0.25


@dataclass
class Bench:
    """Everything of a run."""

    pipeline: Pipeline
    pool: Pool
    feeds: FeedServers
    book: Book = field(default_factory=lambda: Book("", ""))
    full: bool = False
    row_seconds: float = math.inf  # a row that repeats itself begins nothing new after so long
    patient: bool = True  # False where articles will be lost: nobody waits for a lag that never ends
    kills: int = 0
    rates: tuple[float, float] = (TOPIC_PER_SECOND, FEEDS_PER_SECOND)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    publisher: KafkaPublisher | None = None
    _showing: asyncio.Task[None] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        """Feeds, line, ledger, and the articles that feeds show all the time."""
        await self.feeds.start(self.feeds.port or ports.free())
        self.pipeline.home.mkdir(parents=True, exist_ok=True)
        self.feeds.write_opml(self.pipeline.home / "faults.opml", by_name=False)
        await self.pipeline.start()
        self.book = Book(self.pipeline.kafka, self.pipeline.redis, self.pipeline.home / "archive.db")
        self.book.start()
        self.publisher = KafkaPublisher(kafka=KafkaAccess(self.pipeline.kafka), client_id="faults", clock=SystemClock())
        await self.publisher.start()
        self._showing = asyncio.create_task(self._show())

    async def stop(self) -> None:
        """The end."""
        if self._showing is not None:
            self._showing.cancel()
        await self.book.stop()
        if self.publisher is not None:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self.publisher.stop(), 10)
        await self.feeds.stop()
        try:
            await self.pipeline.stop()
        finally:
            self.pipeline.unmount()

    async def _show(self) -> None:
        while True:
            item = self.pool.take_single()
            self.feeds.show(item)
            self.book.sent(item, feed=True)
            await asyncio.sleep(1 / self.rates[1])

    def stop_showing(self) -> None:
        """No new articles in feeds from now on."""
        if self._showing is not None:
            self._showing.cancel()

    async def send(self, items: Sequence[Item]) -> None:
        """Articles to the topic, waiting where the broker is away; noted once it has them."""
        assert self.publisher is not None
        messages = [Outgoing(topics.ARTICLES, item.article.id.encode(), codec.encode(item.article)) for item in items]
        async with self._lock:
            await self.publisher.publish(messages)
        for item in items:
            self.book.sent(item, feed=False)

    async def send_poison(self, shapes: Sequence[tuple[bytes | None, bytes | None]]) -> None:
        """Key and value of messages that no room can read, as raw messages; each must be one dead letter."""
        producer = AIOKafkaProducer(bootstrap_servers=self.pipeline.kafka, acks="all")
        await producer.start()
        try:
            for key, value in shapes:
                placed = await producer.send_and_wait(topics.ARTICLES, key=key, value=value)
                letter = ids.dead_letter_id(placed.topic, placed.partition, placed.offset)
                self.book.poison[letter] = value
        finally:
            await producer.stop()

    @asynccontextmanager
    async def traffic(self, per_second: float | None = None) -> AsyncIterator[None]:
        """Articles to the topic for as long as the block lasts, originals and copies; and then the copies owed."""
        rate = per_second or self.rates[0]
        stop = asyncio.Event()

        async def flow() -> None:
            while not stop.is_set():
                await self.send([self.pool.take() for _ in range(max(1, round(rate / 5)))])
                await asyncio.sleep(max(1, round(rate / 5)) / rate)

        task = asyncio.create_task(flow())
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait({task}, timeout=120)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.send(self.pool.take_late_copies())

    def rounds(self, times: int) -> Iterator[int]:
        """``times`` numbers, fewer where the row has had its time; one at least."""
        began = time.monotonic()
        for number in range(times):
            if number and time.monotonic() - began > self.row_seconds:
                return
            yield number

    def lag(self) -> float:
        """Age of the oldest article of the topic that has not arrived at the end of the line, in seconds."""
        waiting = self.book.waiting(feeds=False)
        return time.monotonic() - waiting[0].at if waiting else 0.0

    async def recovered(self, old: Mapping[str, int], began: float, seconds: float = 400.0) -> float:
        """Wait until ``old`` are replaced, all is ready and the lag is small; seconds since ``began`` (monotonic)."""
        await self.pipeline.until_replaced(old, seconds)
        if not self.patient:
            await asyncio.sleep(LAG_SECONDS)
            return 0.0
        await self.until(lambda: self.lag() < LAG_SECONDS, "the lag is small", seconds)
        return time.monotonic() - began

    async def kill(self, *names: str) -> float:
        """SIGKILL of some processes at once, and the seconds until the line has recovered."""
        began = time.monotonic()
        old = self.pipeline.kill(*names)
        self.kills += len(old)
        return await self.recovered(old, began)

    async def until(self, holds: Callable[[], bool], what: str, seconds: float = 300.0) -> None:
        """Wait for something; the limit is for a line that is broken."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                late = [(entry.item.article.id, entry.item.group) for entry in self.book.waiting(feeds=False)[:3]]
                problems = f"{self.pipeline.problems()}, waiting (article, group): {late}"
                raise BrokenPipelineError(f"not within {seconds:.0f} s: {what}; {problems}")
            await asyncio.sleep(_TICK)

    async def replaced(self, service: str, pid: int, what: str, seconds: float = 300.0) -> None:
        """Wait until a service is another process than ``pid``."""
        await self.until(lambda: self.pipeline.part(service).pid != pid, what, seconds)

    async def drained(self, article_ids: Collection[str], seconds: float = FEED_DRAIN_SECONDS) -> None:
        """Wait until these have arrived, or until it is plain that they will not: the ledger says which."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.book.settle()
            if self.book.pending.keys().isdisjoint(article_ids):
                break
            await asyncio.sleep(_TICK)
        await asyncio.sleep(1.0)  # what stands in the outbox is ticked off a moment after it was sent

    async def row(
        self, fault: str, what: str, harm: Callable[[], Awaitable[list[float]]], *, feeds: bool = False, note: str = ""
    ) -> Result:
        """Run ``harm`` (which gives the seconds of each recovery) and judge the articles sent meanwhile.

        What feeds showed is judged at the end of the run: a feed that was being polled when the poller was killed is
        only asked again when its lease of two minutes ends. With ``feeds`` it is waited for here.
        """
        before, kills, began = set(self.book.entries), self.kills, time.monotonic()
        recoveries = await harm()
        ids_of_row = {i for i, e in self.book.entries.items() if i not in before and (feeds or not e.feed)}
        patience = 1.0 if self.patient else 0.5
        await self.drained(ids_of_row, patience * (FEED_DRAIN_SECONDS if feeds else DRAIN_SECONDS))
        verdict = await self.book.judge(ids_of_row)
        return Result(
            fault=fault,
            what=what,
            times=len(recoveries),
            kills=self.kills - kills,
            checked=verdict.checked,
            lost=len(verdict.lost),
            doubled=len(verdict.doubled),
            recovery=max(recoveries, default=0.0),
            problems=[*verdict.lost[:5], *verdict.doubled[:5], *verdict.wrong[:5]],
            note=note,
            seconds=time.monotonic() - began,
        )


def environment(home: Path, *, source: Path | None = None) -> dict[str, str]:
    """What the processes of a run are given; ``source`` is the folder whose ``services`` they run."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    if source is not None:
        environ |= {"PYTHONPATH": str(source), "PYTHONSAFEPATH": "1"}
    return environ | {
        "WIREWATCH_POLLER_FEEDS": str(home / "faults.opml"),
        "WIREWATCH_POLLER_ALLOW_PRIVATE": "127.77.0.0/24",
        "WIREWATCH_POLLER_SPREAD_SECONDS": "1",
        # A feed that was being polled at a kill rests for its lease of two minutes: not all at once.
        "WIREWATCH_POLLER_FETCHERS": "4",
        "WIREWATCH_POLLER_FULL_TEXT": "no",
        "WIREWATCH_API_PORT": str(ports.free()),
        "WIREWATCH_LOG_FORMAT": "json",
        "WIREWATCH_LOG_LEVEL": "info",
    }
