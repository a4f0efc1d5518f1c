"""Files that change while a service runs: looked at by their stamp, read off the event loop, taken all or none."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prometheus_client import Counter

from services.runtime.errors import UnusableFilesError
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

T = TypeVar("T")

log = get(__name__)


@dataclass(slots=True)
class Reloading(Generic[T]):
    """Looks at files from time to time. Where they cannot be used, what is in force stays, and that is said once.

    ``what`` names them in log lines ("packs"). ``stamp`` is what changes when one of them is written, added or removed;
    ``load`` reads them and may raise :class:`UnusableFilesError`. ``reloads`` counts by result: taken, refused.
    """

    what: str
    stamp: Callable[[], Hashable]
    load: Callable[[], T]
    use: Callable[[T], None]
    reloads: Counter
    clock: Clock
    every_seconds: float
    _seen: Hashable = field(init=False)

    def __post_init__(self) -> None:
        self._seen = self.stamp()

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await self.clock.sleep(self.every_seconds)
            await self.look()

    async def look(self) -> None:
        """Take the files if they have changed since the last look."""
        try:
            stamp = await asyncio.to_thread(self.stamp)
        except OSError as error:
            log.warning("files_unreadable", files=self.what, error=str(error))
            return
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            loaded = await asyncio.to_thread(self.load)
        except UnusableFilesError as error:
            self.reloads.labels("refused").inc()
            log.error("files_refused", files=self.what, problems=list(error.problems))
            return
        self.use(loaded)
        self.reloads.labels("taken").inc()
        log.info("files_taken", files=self.what)
