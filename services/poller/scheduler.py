"""The schedule: takes what is due and polls it, never more at once than there are fetchers, and what runs beside."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from services.contracts import ids
from services.poller.core import policy
from services.poller.core.canonical import host_of
from services.poller.core.connectivity import offline_sentence
from services.poller.core.health import bad_since, health
from services.poller.core.model import FeedConfig
from services.poller.core.state import FeedState
from services.poller.handler import Poller
from services.poller.metrics import PollerMetrics, WorstFeed
from services.poller.ports import Claim, FeedStore
from services.poller.status import FEED_HEALTHS, UNREACHABLE, FeedHealth
from services.runtime.errors import UsageError
from services.runtime.process import tasks
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.outages import Waiting

log = get(__name__)

IDLE_SECONDS: Final = 0.25
RELOAD_SECONDS: Final = 2.0
HEALTH_SECONDS: Final = 30.0
WISHES_SECONDS: Final = 1.0
SIGN_OF_LIFE_SECONDS: Final = 5.0
DRAIN_SECONDS: Final = 25.0
UNKNOWN_SECONDS: Final = 60.0
DEFECTS_IN_A_ROW: Final = 20  # more than this, and the fault is not in what some feed sent
BATCH: Final = 1000


class FeedList(Protocol):
    """The feeds of the list."""

    feeds: dict[str, FeedConfig]

    def reload_if_changed(self) -> bool:
        """Whether there is a new list."""


@dataclass(slots=True, kw_only=True)
class Scheduler:
    """Claims and polls until it is cancelled; the end of any task of it is the end of all.

    Back-pressure: a poll holds its place until Kafka has its items, and nothing is claimed while a server is away, so
    when Kafka stops, polling stops with it. It also waits while the readers of ``articles`` are too far behind
    (``held_back``), and while no feed at all answers.
    """

    feeds: FeedList
    store: FeedStore
    poller: Poller
    metrics: PollerMetrics
    clock: Clock
    waiting: Waiting
    fetchers: int
    spread_seconds: float
    held_back: Callable[[], str | None]
    check_publisher: Callable[[], Awaitable[None]]
    unlisted: Callable[[], Awaitable[None]] | None = None  # what else has to know that the list has changed
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    synced: bool = False
    _polls: set[asyncio.Task[None]] = field(default_factory=set)
    _room: asyncio.Event = field(default_factory=asyncio.Event)  # so many polls have ended that new ones may begin
    _failed: BaseException | None = None
    _defects: int = 0  # polls in a row that ended in one
    _offline_since: datetime | None = None

    async def run(self) -> None:
        """Keep the schedule. Raises what ended it."""
        try:
            async with asyncio.TaskGroup() as group:
                for seconds, act in (
                    (RELOAD_SECONDS, self._reload),
                    (max(HEALTH_SECONDS, len(self.feeds.feeds) / 100), self._look_after),
                    (SIGN_OF_LIFE_SECONDS, self.check_publisher),
                    (WISHES_SECONDS, self._take_wishes),
                ):
                    group.create_task(self._every(seconds, act))
                for start in self.beside:
                    group.create_task(start())
                await self._claim_and_poll()
        except BaseExceptionGroup as group_of_one:
            raise group_of_one.exceptions[0] from None

    async def drain(self) -> None:
        """Let the polls under way end; what takes too long is cancelled, and done again by whoever comes next."""
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=DRAIN_SECONDS)
            await tasks.end(late)

    async def sync(self) -> None:
        """Make the schedule hold the feeds of the list."""
        now = self.clock.now()
        first = {}
        for feed in self.feeds.feeds.values():
            share = int(ids.digest("spread", feed.id)[:8], 16) / 0x1_0000_0000  # the same at every start
            first[feed.id] = now + timedelta(seconds=0 if feed.interval_seconds else self.spread_seconds * share)
        added = await self.store.sync(self.feeds.feeds, first)
        if self.unlisted is not None:
            await self.unlisted()
        if added or not self.synced:
            log.info("feeds_scheduled", feeds=len(self.feeds.feeds), added=added)
        self.synced = True

    def busy(self) -> bool:
        """Whether feeds need all there is: nothing may be claimed, or most fetchers are at work."""
        return self._paused() or self._offline_since is not None or len(self._polls) > self.fetchers / 2

    def note(self) -> str | None:
        """Why nothing is polled, in words."""
        if self._offline_since is not None:
            return offline_sentence(self._offline_since)
        return self.held_back()

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await act()
            await self.clock.sleep(seconds)

    async def _reload(self) -> None:
        if self.feeds.reload_if_changed():
            await self.sync()

    async def _take_wishes(self) -> None:
        now = self.clock.now()
        wishes = await self.store.take_wishes()
        if wishes:
            log.info("feeds_asked_for", feeds=len(wishes))
            await self.store.advance_due(dict.fromkeys(wishes, now))
        await self._note_connectivity()

    async def _note_connectivity(self) -> None:
        since = self.poller.connectivity.offline_since
        if since == self._offline_since:
            return
        before, self._offline_since = self._offline_since, since
        self.metrics.offline_since.set(since.timestamp() if since else 0)
        if since is not None:
            log.warning("offline", since=since.isoformat(), feeds=len(self.feeds.feeds))
        elif before is not None:
            log.info("online_again", offline_since=before.isoformat())
            await self._ask_again(before)
        await self._look_after()

    async def _ask_again(self, since: datetime) -> None:
        """Have the feeds asked now that failed because this machine was offline."""
        now = self.clock.now()
        due: dict[str, datetime] = {}
        async for feed_id, state in self._states():
            if state is None or state.health.last_poll_at is None or state.health.last_poll_at < since:
                continue
            if state.health.last_outcome in UNREACHABLE:
                due[feed_id] = now
        await self.store.advance_due(due)

    async def _claim_and_poll(self) -> None:
        while True:
            if self._failed is not None:
                raise self._failed
            if self._paused():
                await self.clock.sleep(IDLE_SECONDS)
                continue
            free = self.fetchers - len(self._polls)
            if free < self.fetchers / 4:  # claiming one at a time would cost a call to the store for each
                self._room.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._room.wait(), IDLE_SECONDS)
                continue
            claims = await self.store.claim(self.clock.now(), free)
            for claim in claims:
                task = asyncio.create_task(self._poll(claim))
                self._polls.add(task)
                task.add_done_callback(self._done)
            if not claims:
                await self.clock.sleep(IDLE_SECONDS)

    def _paused(self) -> bool:
        """Whether nothing may be claimed now: a server is away, or readers are behind."""
        return bool(self.waiting.servers) or self.held_back() is not None

    async def _poll(self, claim: Claim) -> None:
        config = self.feeds.feeds.get(claim.feed_id)
        if config is None:  # another poller has a newer list than this one
            await self.store.postpone(claim, self.clock.now() + timedelta(seconds=UNKNOWN_SECONDS))
            return
        try:
            outcome = await self.poller.poll(claim, config)
        except UsageError:
            raise  # a person has to change something: the process says so and ends
        except Exception as error:
            # A documented edge: what one feed sends must not stop the others. Many in a row are no feed's fault.
            self._defects += 1
            if self._defects > DEFECTS_IN_A_ROW:
                raise
            log.exception("poll_ended_by_a_defect", feed=config.url)
            outcome = await self.poller.give_up(claim, config, error)
        else:
            self._defects = 0
        log.debug("polled", feed=config.url, outcome=outcome)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._polls.discard(task)
        if len(self._polls) <= self.fetchers * 3 / 4:
            self._room.set()
        if not task.cancelled() and task.exception() is not None:
            self._failed = task.exception()  # the process ends with a traceback and is started anew

    async def _states(self) -> Any:
        feed_ids = list(self.feeds.feeds)
        for at in range(0, len(feed_ids), BATCH):
            batch = feed_ids[at : at + BATCH]
            for pair in zip(batch, await self.store.states(batch), strict=True):
                yield pair

    async def _look_after(self) -> None:
        """Put right what a store that was emptied or a clock that was set back has done, and count the feeds."""
        await self.sync()
        counts = dict.fromkeys(FEED_HEALTHS, 0)
        bad: list[WorstFeed] = []
        ahead: dict[str, datetime] = {}
        answering, now = 0, self.clock.now()
        async for feed_id, state in self._states():
            name = health(state, now)
            counts[name] += 1
            answering += state is not None and state.health.polls > 0 and not state.health.failures
            bad += self._bad(feed_id, state, name, now)
            if (due := policy.due_by_this_clock(state, now)) is not None:
                ahead[feed_id] = due
        await self.store.advance_due(ahead)
        await self.store.shorten_leases(now)
        self.metrics.show_worst(bad)
        for name, count in counts.items():
            self.metrics.feeds.labels(name).set(count)
        since = self._offline_since
        await self.store.write_status(
            {
                "feeds": len(self.feeds.feeds),
                "answering": 0 if since else answering,
                "failing": counts["failing"],
                "offline_since": since.isoformat() if since else "",
                "at": now.isoformat(),
            }
        )

    def _bad(self, feed_id: str, state: FeedState | None, name: FeedHealth, now: datetime) -> list[WorstFeed]:
        """A feed that fails or is silent, nothing of any other."""
        since = None if state is None else bad_since(state, name)
        config = self.feeds.feeds.get(feed_id)
        if state is None or since is None or config is None:
            return []
        reason = state.health.last_outcome or ""
        return [WorstFeed(name, host_of(config.url) or "other", reason, (now - since).total_seconds())]
