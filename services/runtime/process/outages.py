"""Waiting for a server that is away: back-off, and the gauge that says so."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from prometheus_client import Gauge, Histogram

from services.runtime.errors import TransientError
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

T = TypeVar("T")

ONE_ABSENCE_SECONDS = 10.0  # twice the longest pause between two attempts


class Backoff:
    """Doubling delays from ``first`` to ``longest`` seconds. A value, not a task: the caller sleeps."""

    def __init__(self, first: float = 0.1, longest: float = 5.0) -> None:
        self.attempts = 0
        self._next = first
        self._longest = longest

    def next(self) -> float:
        """The seconds to wait before the next attempt."""
        delay, self._next = self._next, min(self._next * 2, self._longest)
        self.attempts += 1
        return delay


class Waiting:
    """Which servers this process waits for, and since when (Unix time), and how long they take.

    The first two are shown on /readyz; all of it in the metrics, where those are given.
    """

    def __init__(
        self,
        gauge: Gauge | None = None,
        since: Gauge | None = None,
        times: Histogram | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.servers: set[str] = set()
        self.since: dict[str, float] = {}
        self._before: dict[str, tuple[float, float]] = {}  # since when, until when
        self._gauge = gauge
        self._since = since
        self._now = now
        self._times = times
        self._busy: str | None = None

    def show_on(self, gauge: Gauge, since: Gauge | None = None) -> None:
        """Show it in the metrics, too: a service makes its gauges after the process made this."""
        self._gauge, self._since = gauge, since

    def took(self, server: str, seconds: float) -> None:
        """Note how long ``server`` took for what it was asked."""
        if self._times is not None:
            self._times.labels(server).observe(seconds)

    def set(self, server: str, waiting: bool) -> None:
        """Note that ``server`` is away, or back.

        A server that takes some calls and refuses others (its memory is full) is away and back by turns: that is one
        absence, and it began when it began.
        """
        if not waiting and server not in self.servers:
            return  # as after nearly every call
        if waiting and server not in self.servers:
            since, until = self._before.get(server, (0.0, 0.0))
            now = self._now()
            self.since[server] = since if 0 <= now - until < ONE_ABSENCE_SECONDS else now
            self.servers.add(server)
        elif not waiting:
            self.servers.discard(server)
            self._before[server] = (self.since.pop(server), self._now())
        if self._gauge is not None:
            self._gauge.labels(server).set(int(waiting))
        if self._since is not None:
            self._since.labels(server).set(self.since.get(server, 0))

    def busy_with(self, words: str | None) -> None:
        """Note what has to be done before the process can do its work, in words; None when it is done."""
        self._busy = words

    def in_words(self) -> str | None:
        """``waiting for redis since 2026-11-26T09:03:05Z``, what is done before work, or None."""
        if not self.servers:
            return self._busy
        since = {name: datetime.fromtimestamp(self.since[name], UTC) for name in sorted(self.since)}
        return "waiting for " + " and ".join(f"{name} since {at:%Y-%m-%dT%H:%M:%SZ}" for name, at in since.items())


async def until_available(call: Callable[[], Awaitable[T]], *, server: str, clock: Clock, waiting: Waiting) -> T:
    """The result of ``call``, tried again with back-off for as long as it raises :class:`TransientError`."""
    backoff = Backoff()
    while True:
        try:
            result = await call()
        except TransientError as error:
            waiting.set(server, True)
            if backoff.attempts % 10 == 0:
                log.warning("server_away", server=server, error=str(error), attempt=backoff.attempts)
            await clock.sleep(backoff.next())
        else:
            waiting.set(server, False)
            return result
