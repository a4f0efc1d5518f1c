"""The poller as a process: what starts before the schedule, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.poller.scheduler import Scheduler
from services.runtime.process.logging import get

log = get(__name__)


class Connection(Protocol):
    """A publisher that is connected at the start and let go at the end."""

    async def start(self) -> None:
        """Connect, waiting for as long as it takes."""
        ...

    async def stop(self) -> None:
        """Let go."""
        ...


class Listener(Protocol):
    """Where hubs are listened for."""

    async def start(self) -> int:
        """Listen, and return the port."""
        ...

    async def stop(self) -> None:
        """Close it."""
        ...


class PollerService:
    """See :class:`services.runtime.process.run.Service`."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        publisher: Connection,
        closing: Sequence[Callable[[], Awaitable[None]]],
        listener: Listener | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._publisher = publisher
        self._closing = closing
        self._listener = listener
        self._running: asyncio.Task[None] | None = None
        self.callback_port: int | None = None  # where hubs are listened for

    async def start(self) -> None:
        await self._publisher.start()
        await self._scheduler.sync()
        if self._listener is not None:
            self.callback_port = await self._listener.start()
            log.info("listening_for_hubs", port=self.callback_port)
        self._running = asyncio.create_task(self._scheduler.run())

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.stop()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._scheduler.drain()
        await self._publisher.stop()
        for close in self._closing:
            await close()

    async def ended(self) -> None:
        if self._running is not None:
            await asyncio.wait([self._running])
            self._running.result()

    def ready(self) -> str | None:
        return None if self._scheduler.synced else "reading the feed list"

    def note(self) -> str | None:
        return self._scheduler.note()

    def healthy(self) -> str | None:
        return "the schedule has stopped" if self._running is not None and self._running.done() else None
