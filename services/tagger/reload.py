"""Packs that change while the tagger runs: looked at by time stamp, read off the event loop, taken all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from services.runtime.clock import Clock
from services.runtime.logging import get
from services.tagger import library
from services.tagger.errors import PackError
from services.tagger.library import Library
from services.tagger.metrics import TaggerMetrics

log = get(__name__)


class PackWatch:
    """Watches a folder of packs. A folder that cannot be used leaves the packs in force, and is said once."""

    def __init__(
        self,
        folder: Path,
        *,
        use: Callable[[Library], None],
        clock: Clock,
        metrics: TaggerMetrics,
        every_seconds: float,
    ) -> None:
        self._folder = folder
        self._use = use
        self._clock = clock
        self._metrics = metrics
        self._every_seconds = every_seconds
        self._seen = library.stamp(folder)

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await self._clock.sleep(self._every_seconds)
            await self.look()

    async def look(self) -> None:
        """Take the packs if their files have changed since the last look."""
        try:
            stamp = library.stamp(self._folder)
        except OSError as error:
            log.warning("packs_unreadable", folder=str(self._folder), error=str(error))
            return
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            taken = await asyncio.to_thread(library.load, self._folder)
        except PackError as error:
            self._metrics.reloads.labels("refused").inc()
            log.error("packs_refused", problems=list(error.problems))
            return
        self._use(taken)
        self._metrics.reloads.labels("taken").inc()
        log.info("packs_taken", packs=[pack.id for pack in taken.packs])
