"""The poller as a process: what starts before the schedule, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.poller.scheduler import Scheduler
from services.runtime.process import tasks
from services.runtime.process.logging import get

T = TypeVar("T", covariant=True)

log = get(__name__)


class Connection(Protocol[T]):
    """What is opened at the start, for as long as it takes, and closed at the end; opened, a listener has its port."""

    async def start(self) -> T: ...

    async def stop(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class PollerService:
    """See :class:`services.runtime.process.run.Service`."""

    scheduler: Scheduler
    publisher: Connection[None]
    closing: Sequence[Callable[[], Awaitable[None]]]
    listener: Connection[int] | None = None
    _running: asyncio.Task[None] | None = None
    callback_port: int | None = None  # where hubs are listened for

    async def start(self) -> None:
        await self.publisher.start()
        await self.scheduler.sync()
        if self.listener is not None:
            self.callback_port = await self.listener.start()
            log.info("listening_for_hubs", port=self.callback_port)
        self._running = asyncio.create_task(self.scheduler.run())

    async def stop(self) -> None:
        if self.listener is not None:
            await self.listener.stop()
        if self._running is not None:
            await tasks.end([self._running])
        await self.scheduler.drain()
        await self.publisher.stop()
        for close in self.closing:
            await close()

    async def ended(self) -> None:
        if self._running is not None:
            await asyncio.wait([self._running])
            self._running.result()

    def ready(self) -> str | None:
        return None if self.scheduler.synced else "reading the feed list"

    def note(self) -> str | None:
        return self.scheduler.note()

    def healthy(self) -> str | None:
        return "the schedule has stopped" if self._running is not None and self._running.done() else None
