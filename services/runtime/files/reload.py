"""Files that change while a service runs: looked at by their stamp, read off the event loop, taken all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from prometheus_client import Counter

from services.runtime.errors import UnusableFilesError
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

T = TypeVar("T")

log = get(__name__)


class Reloading(Generic[T]):
    """Looks at files from time to time. Where they cannot be used, what is in force stays, and that is said once.

    ``what`` names them in log lines ("packs"). ``stamp`` is what changes when one of them is written, added or removed;
    ``load`` reads them and may raise :class:`UnusableFilesError`. ``reloads`` counts by result: taken, refused.
    """

    def __init__(
        self,
        what: str,
        *,
        stamp: Callable[[], Hashable],
        load: Callable[[], T],
        use: Callable[[T], None],
        reloads: Counter,
        clock: Clock,
        every_seconds: float,
    ) -> None:
        self._what = what
        self._stamp = stamp
        self._load = load
        self._use = use
        self._reloads = reloads
        self._clock = clock
        self._every_seconds = every_seconds
        self._seen = stamp()

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await self._clock.sleep(self._every_seconds)
            await self.look()

    async def look(self) -> None:
        """Take the files if they have changed since the last look."""
        try:
            stamp = await asyncio.to_thread(self._stamp)
        except OSError as error:
            log.warning("files_unreadable", files=self._what, error=str(error))
            return
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            loaded = await asyncio.to_thread(self._load)
        except UnusableFilesError as error:
            self._reloads.labels("refused").inc()
            log.error("files_refused", files=self._what, problems=list(error.problems))
            return
        self._use(loaded)
        self._reloads.labels("taken").inc()
        log.info("files_taken", files=self._what)
