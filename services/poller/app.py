"""The poller as a service: take what is due, poll it, never more at once than there are fetchers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.contracts import ids
from services.poller.core import policy
from services.poller.core.canonical import host_of
from services.poller.core.health import health
from services.poller.core.model import FeedState
from services.poller.edges.callbacks import CallbackServer
from services.poller.edges.feedlist import FeedList
from services.poller.edges.lag import ConsumerLag
from services.poller.edges.store import RedisFeedStore
from services.poller.handler import Poller
from services.poller.metrics import FEED_STATES, PollerMetrics
from services.poller.ports import Claim
from services.poller.subscriptions import Subscriptions
from services.runtime.errors import UsageError
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get
from services.runtime.process.outages import Waiting

log = get(__name__)

IDLE_SECONDS: Final = 0.25
RELOAD_SECONDS: Final = 2.0
HEALTH_SECONDS: Final = 30.0
SWEEP_SECONDS: Final = 1.0
SIGN_OF_LIFE_SECONDS: Final = 5.0
DRAIN_SECONDS: Final = 25.0
UNKNOWN_SECONDS: Final = 60.0
DEFECTS_IN_A_ROW: Final = 20  # more than this, and the fault is not in what some feed sent


class PollerService:
    """See :class:`services.runtime.process.run.Service`.

    Back-pressure: a poll holds its place until Kafka has its items, and nothing is claimed while a server is away, so
    when Kafka stops, polling stops with it. It also waits while the readers of ``articles`` are too far behind.
    """

    def __init__(
        self,
        *,
        feeds: FeedList,
        store: RedisFeedStore,
        publisher: KafkaPublisher,
        poller: Poller,
        metrics: PollerMetrics,
        clock: Clock,
        waiting: Waiting,
        lag: ConsumerLag,
        fetchers: int,
        spread_seconds: float,
        closing: Sequence[Callable[[], Awaitable[None]]],
        subscriptions: Subscriptions | None = None,
        listener: CallbackServer | None = None,
    ) -> None:
        self._feeds = feeds
        self._store = store
        self._publisher = publisher
        self._poller = poller
        self._metrics = metrics
        self._clock = clock
        self._waiting = waiting
        self._lag = lag
        self._watching: asyncio.Task[None] | None = None
        self._fetchers = fetchers
        self._spread_seconds = spread_seconds
        self._closing = closing
        self._polls: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()  # so many polls that there is room for new ones
        self._failed: BaseException | None = None
        self._defects = 0  # polls in a row that ended in one
        self._loop: asyncio.Task[None] | None = None
        self._synced = False
        self._subscriptions = subscriptions
        self._listener = listener
        self._sweeping: asyncio.Task[None] | None = None
        self.callback_port: int | None = None  # where hubs are listened for

    async def start(self) -> None:
        self._feeds.load()
        await self._publisher.start()
        await self._sync()
        if self._listener is not None and self._subscriptions is not None:
            self.callback_port = await self._listener.start()
            log.info("listening_for_hubs", port=self.callback_port)
            self._sweeping = asyncio.create_task(self._sweep(self._subscriptions))
        self._watching = asyncio.create_task(self._lag.watch())
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.stop()
        for task in (self._watching, self._sweeping, self._loop):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()  # nothing of it is remembered, so it is done again
            await asyncio.gather(*late, return_exceptions=True)
        await self._publisher.stop()
        for close in self._closing:
            await close()

    async def ended(self) -> None:
        tasks = [task for task in (self._loop, self._watching, self._sweeping) if task is not None]
        if tasks:  # all run until they are cancelled: the end of any is the end of the service
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    def ready(self) -> str | None:
        return None if self._synced else "reading the feed list"

    def note(self) -> str | None:
        return self._lag.held_back

    def healthy(self) -> str | None:
        if self._loop is not None and self._loop.done():
            return "the schedule has stopped"
        if self._watching is not None and self._watching.done():
            return "nobody looks at how far the readers are behind"
        if self._sweeping is not None and self._sweeping.done():
            return "nobody looks after the subscriptions to hubs"
        return None

    async def _sync(self) -> None:
        now = self._clock.now()
        spread = self._spread_seconds
        first = {
            feed.id: now + timedelta(seconds=0 if feed.interval_seconds else spread * _share(feed.id))
            for feed in self._feeds.feeds.values()
        }
        added = await self._store.sync(self._feeds.feeds, first)
        if self._subscriptions is not None:
            await self._subscriptions.leave_unlisted()
        if added or not self._synced:
            log.info("feeds_scheduled", feeds=len(self._feeds.feeds), added=added)
        self._synced = True

    async def _sweep(self, subscriptions: Subscriptions) -> None:
        while True:
            if self._waiting.servers or not await subscriptions.sweep():
                await self._clock.sleep(SWEEP_SECONDS)

    async def _run(self) -> None:
        reload_at = health_at = alive_at = self._clock.monotonic()
        while True:
            if self._failed is not None:
                raise self._failed
            if self._clock.monotonic() >= reload_at:
                reload_at = self._clock.monotonic() + RELOAD_SECONDS
                if self._feeds.reload_if_changed():
                    await self._sync()
            if self._clock.monotonic() >= health_at:
                health_at = self._clock.monotonic() + max(HEALTH_SECONDS, len(self._feeds.feeds) / 100)
                await self._sync()  # a store that was emptied has lost the schedule, too
                await self._count_feeds()
            if self._clock.monotonic() >= alive_at:
                # Without it a poller with nothing new to send would go on asking feeds while the broker is away.
                await self._publisher.check()
                alive_at = self._clock.monotonic() + SIGN_OF_LIFE_SECONDS
            free = self._fetchers - len(self._polls)
            if free < self._fetchers / 4:  # claiming one at a time would cost a call to the store for each
                await self._service()
                continue
            claims = await self._claims(free)
            for claim in claims:
                task = asyncio.create_task(self._poll(claim))
                self._polls.add(task)
                task.add_done_callback(self._done)
            if not claims:
                await self._clock.sleep(IDLE_SECONDS)

    async def _service(self) -> None:
        """Wait until a poll has ended, for a while."""
        self._ended.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), IDLE_SECONDS)

    async def _claims(self, free: int) -> Sequence[Claim]:
        if free <= 0 or self._waiting.servers or self._lag.held_back:
            return ()
        return await self._store.claim(self._clock.now(), free)

    async def _poll(self, claim: Claim) -> None:
        config = self._feeds.feeds.get(claim.feed_id)
        if config is None:  # another poller has a newer list than this one
            await self._store.postpone(claim, self._clock.now() + timedelta(seconds=UNKNOWN_SECONDS))
            return
        try:
            outcome = await self._poller.poll(claim, config)
        except UsageError:
            raise  # a person has to change something: the process says so and ends
        except Exception as error:
            # A documented edge: what one feed sends must not stop the others. Many in a row are no feed's fault.
            self._defects += 1
            if self._defects > DEFECTS_IN_A_ROW:
                raise
            log.exception("poll_ended_by_a_defect", feed=config.url)
            outcome = await self._poller.give_up(claim, config, error)
        else:
            self._defects = 0
        log.debug("polled", feed=config.url, outcome=outcome)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._polls.discard(task)
        if len(self._polls) <= self._fetchers * 3 / 4:
            self._ended.set()
        if not task.cancelled() and task.exception() is not None:
            self._failed = task.exception()  # the process ends with a traceback and is started anew

    async def _count_feeds(self) -> None:
        counts = dict.fromkeys(FEED_STATES, 0)
        bad: list[tuple[str, str, float]] = []
        now = self._clock.now()
        feed_ids = list(self._feeds.feeds)
        for at in range(0, len(feed_ids), 1000):
            batch = feed_ids[at : at + 1000]
            states = await self._store.states(batch)
            for feed_id, state in zip(batch, states, strict=True):
                name = health(state, now)
                counts[name] += 1
                bad += self._bad(feed_id, state, name, now)
            ahead = {id_: policy.due_by_this_clock(state, now) for id_, state in zip(batch, states, strict=True)}
            await self._store.pull({id_: due for id_, due in ahead.items() if due is not None})
        await self._store.shorten_leases(now)
        self._metrics.show_worst(bad)
        for name, count in counts.items():
            self._metrics.feeds.labels(name).set(count)

    def _bad(self, feed_id: str, state: FeedState | None, name: str, now: datetime) -> list[tuple[str, str, float]]:
        """(why, host, seconds) of a feed that fails or is silent, nothing of any other."""
        since = None if state is None else bad_since(state, name)
        config = self._feeds.feeds.get(feed_id)
        if since is None or config is None:
            return []
        return [(name, host_of(config.url) or "other", (now - since).total_seconds())]


def bad_since(state: FeedState, name: str) -> datetime | None:
    """Since when a feed has been failing or silent; None where it is neither."""
    if name == "failing":
        return state.failing_since
    return (state.last_new_at or state.first_success_at) if name == "silent" else None


def _share(feed_id: str) -> float:
    """A number in [0, 1) that belongs to the feed: the same at every start."""
    return int(ids.digest("spread", feed_id)[:8], 16) / 0x1_0000_0000
