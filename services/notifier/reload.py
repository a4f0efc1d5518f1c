"""Watches that change while the notifier runs: looked at by time stamp, taken all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from services.notifier import watch_file
from services.notifier.errors import WatchFileError
from services.notifier.metrics import NotifierMetrics
from services.notifier.watch_file import Loaded
from services.runtime.clock import Clock
from services.runtime.logging import get

log = get(__name__)


class WatchFileWatch:
    """Looks at the watch file and at the files with secrets. One that cannot be used leaves all as it is, said once."""

    def __init__(
        self,
        path: Path,
        environ: Mapping[str, str],
        *,
        use: Callable[[Loaded], None],
        clock: Clock,
        metrics: NotifierMetrics,
        every_seconds: float,
    ) -> None:
        self._path = path
        self._environ = environ
        self._use = use
        self._clock = clock
        self._metrics = metrics
        self._every_seconds = every_seconds
        self._seen = watch_file.stamp(path)

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await self._clock.sleep(self._every_seconds)
            await self.look()

    async def look(self) -> None:
        """Take the watches if a file has changed since the last look."""
        try:
            stamp = await asyncio.to_thread(watch_file.stamp, self._path)
        except OSError as error:
            log.warning("watches_unreadable", path=str(self._path), error=str(error))
            return
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            loaded = await asyncio.to_thread(watch_file.load, self._path, self._environ)
        except WatchFileError as error:
            self._metrics.reloads.labels("refused").inc()
            log.error("watches_refused", problems=list(error.problems))
            return
        self._use(loaded)
        self._metrics.reloads.labels("taken").inc()
        log.info("watches_taken", watches=len(loaded.watches), channels=len(loaded.routes))
