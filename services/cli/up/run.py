"""The work of ``wirewatch up``: start the stack, tell the reporter, end when it is time."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from services.cli import output
from services.cli.up import alert_feed
from services.cli.up.alert_feed import Seen
from services.cli.up.reporters import Reporter
from services.contracts.feed_health import FEEDS_METRIC, OFFLINE_METRIC, FeedHealth, feed_health
from services.local import pipeline, preflight, process_status, stack
from services.local.home import Home
from services.local.settings import LocalSettings
from services.local.stack import Stack
from services.runtime.errors import UsageError
from services.runtime.process.clock import SystemClock
from services.runtime.process.settings import load

_READY_WITHIN_SECONDS = 60.0
_SUMMARY_EVERY_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Stop after so many alerts, or after so many seconds of the whole run."""

    alerts: int
    seconds: float


def home_of(option: Path | None) -> Home:
    """The directory: the option, else the setting, else ``.wirewatch`` here."""
    return Home((option or load(LocalSettings, "local", os.environ).home).absolute())


def run(reporter: Reporter, wanted: Wanted | None, home: Path | None) -> int:
    """Run until Ctrl-C or until ``wanted`` is reached; returns the exit code."""
    for noisy in ("aiokafka", "asyncio"):  # the supervisor reports once that a broker restarts
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    place = home_of(home)
    try:
        preflight.check(pipeline.own_files(place) | dict(os.environ))
        return asyncio.run(_Up(reporter, wanted, place).run())
    finally:
        reporter.close()


@dataclass(slots=True)
class _Up:
    reporter: Reporter
    wanted: Wanted | None
    home: Home
    _seen: set[str] = field(default_factory=set)
    _settings: LocalSettings = field(default_factory=lambda: load(LocalSettings, "local", os.environ))

    async def run(self) -> int:
        work = asyncio.create_task(self._work())
        with _on_signals(work):
            limit = self.wanted.seconds if self.wanted else None
            done, _ = await asyncio.wait({work}, timeout=limit)
            if not done:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work
                if self.wanted:
                    wanted = f"{self.wanted.alerts} alerts were asked for"
                    output.error(f"{wanted}, {len(self._seen)} came within {self.wanted.seconds:.0f} s.")
                return 1
            try:
                return work.result()
            except asyncio.CancelledError:
                return 1 if self.wanted else 0  # Ctrl-C is how a run without a goal ends

    async def _work(self) -> int:
        clock = SystemClock()
        began, began_at = clock.monotonic(), clock.now()
        async with stack.running(
            self.home,
            os.environ,
            clock,
            with_samples=self._settings.samples,
            progress=self.reporter.progress,
            report=self.reporter.happened,
        ) as standing:
            try:
                async with alert_feed.connected(standing.servers.kafka) as log:
                    await standing.until_ready(_READY_WITHIN_SECONDS)
                    self._raise_if_hopeless(standing)
                    self.reporter.standing(standing, clock.monotonic() - began)
                    return await self._watch(alert_feed.seen(log, began=began_at), standing)
            finally:
                self.reporter.ending()

    async def _watch(self, alerts: AsyncIterator[Seen], standing: Stack) -> int:
        async with _beside(self._summarise(standing)):
            async for one in alerts:
                self.reporter.alert(one)
                self._seen.add(one.alert.id)
                if self.wanted is not None and len(self._seen) >= self.wanted.alerts:
                    break
        return 0

    def _raise_if_hopeless(self, standing: Stack) -> None:
        """A service that cannot start as it is set up will not start later: say so now, and end.

        Not for the archive: nothing waits for it, and alerts go on while its file is damaged. It has said so itself.
        """
        for part in standing.parts():
            if part.state == "failed" and part.name != "archive":
                raise UsageError(f"{part.name} cannot start: {part.detail}")

    async def _summarise(self, standing: Stack) -> None:
        poller = next(service.address for service in standing.pipeline.services if service.program.name == "poller")
        last: FeedHealth | None = None
        while True:
            found = await asyncio.to_thread(process_status.metrics, poller)
            states = {labels["state"]: count for labels, count in found.get(FEEDS_METRIC, ())}
            since = max((value for _, value in found.get(OFFLINE_METRIC, ())), default=0.0)
            now = feed_health(states, local=standing.pipeline.local_feeds, offline_since=since)
            if now and (last is None or now.summary != last.summary):
                self.reporter.feeds(now.summary)
            last = now
            await asyncio.sleep(_SUMMARY_EVERY_SECONDS)


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run a coroutine for as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _on_signals(work: asyncio.Task[int]) -> Iterator[None]:
    """The first signal ends the work in good order; a second one ends this process, and with it its children."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        work.cancel()

    for signum in signals:
        loop.add_signal_handler(signum, stop)
    try:
        yield
    finally:
        for signum in signals:
            loop.remove_signal_handler(signum)
