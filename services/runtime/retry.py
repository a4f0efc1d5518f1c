"""Waiting for a server that is away: back-off, and the gauge that says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from prometheus_client import Gauge

from services.runtime.clock import Clock
from services.runtime.errors import TransientError
from services.runtime.logging import get

log = get(__name__)

T = TypeVar("T")


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
    """Which servers this process waits for; shown on /readyz and, with a gauge, in the metrics."""

    def __init__(self, gauge: Gauge | None = None) -> None:
        self.servers: set[str] = set()
        self._gauge = gauge

    def show_on(self, gauge: Gauge) -> None:
        """Show it in the metrics, too: a room makes its gauge after the process made this."""
        self._gauge = gauge

    def set(self, server: str, waiting: bool) -> None:
        """Note that ``server`` is away, or back."""
        (self.servers.add if waiting else self.servers.discard)(server)
        if self._gauge is not None:
            self._gauge.labels(server).set(int(waiting))


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
