"""A stream service as a process runs it: the Faust app, its publisher, and what runs beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import faust

from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.process.logging import get
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting

log = get(__name__)

STALL_SECONDS = 45.0


class StreamService:
    """A Faust app and the publisher its handler sends through, as one service (see ``runtime.process``).

    Stalled partitions and consumers that stop without a word are known of Faust (issues 166, 471, 532): where
    messages wait, no server is away, and no offset has moved for :data:`STALL_SECONDS`, or where a rebalance lasts that
    long, the service ends by itself, and the supervisor starts the process anew.
    """

    def __init__(
        self,
        app: faust.App,
        publisher: KafkaPublisher,
        *,
        waiting: Waiting,
        metrics: ServiceMetrics,
        before: Sequence[Callable[[], Awaitable[object]]] = (),
        beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
        finishing: Sequence[Callable[[], Awaitable[None]]] = (),
        closing: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """``before`` is awaited once the publisher is there and before anything is consumed.

        ``beside`` runs for as long as the stream does: where one of them ends, by returning or raising, the service
        ends. When it stops, ``finishing`` is awaited first, then ``beside`` is cancelled, and ``closing`` comes last.
        """
        self._app = app
        self._publisher = publisher
        self._waiting = waiting
        self._metrics = metrics
        self._before = before
        self._beside = beside
        self._finishing = finishing
        self._closing = closing
        self._tasks: list[asyncio.Task[None]] = []
        self._stall = StallWatch()
        self._settled = time.monotonic()

    async def start(self) -> None:
        await self._publisher.start()
        for call in self._before:
            await call()
        await self._app.start()
        self._settled = time.monotonic()
        self._tasks = [asyncio.create_task(run(), name=_name(run)) for run in self._beside]

    async def stop(self) -> None:
        for finish in self._finishing:
            await finish()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._app.stop()
        await self._publisher.stop()
        for close in self._closing:
            await close()

    async def ended(self) -> None:
        """Returns when the stream or something beside it has ended; raises what ended it."""
        stream = asyncio.create_task(self._stream_ended())
        try:
            done, _ = await asyncio.wait({stream, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is not stream:
                    log.error("ended_beside_the_stream", task=task.get_name())
                task.result()
        finally:
            stream.cancel()

    async def _stream_ended(self) -> None:
        stopped = asyncio.ensure_future(self._app.wait_until_stopped())
        try:
            while not stopped.done():
                await asyncio.wait({stopped}, timeout=STALL_SECONDS / 12)
                await self._publisher.check()
                problem = self.healthy()
                if problem is not None:
                    log.error("stream_unhealthy", problem=problem)
                    return
        finally:
            stopped.cancel()

    def ready(self) -> str | None:
        if self._app.rebalancing or not self._app.consumer.started:
            return "waiting for partitions"
        return None

    def note(self) -> str | None:
        return self._metrics.poison.sentence()

    def healthy(self) -> str | None:
        if self._app.crashed:
            return "the stream processor has crashed"
        now = time.monotonic()
        if not self._app.rebalancing:
            self._settled = now
        elif now - self._settled > STALL_SECONDS:
            return f"the group has been rebalancing for {now - self._settled:.0f} s"
        return self._stall.problem(_offsets(self._app), now=now, excused=bool(self._waiting.servers))


class StallWatch:
    """Whether offsets stand still while messages wait. Pure but for its memory: time is passed in, in seconds."""

    def __init__(self) -> None:
        self._committed: dict[str, int] = {}
        self._since: float | None = None

    def problem(self, offsets: Mapping[str, tuple[int, int]], *, now: float, excused: bool) -> str | None:
        """What is wrong with ``offsets`` (partition to committed offset and end), or None.

        ``excused`` is true while standing still has a known cause.
        """
        committed = {name: at for name, (at, _) in offsets.items()}
        waiting = {name: end - at for name, (at, end) in offsets.items() if end > at}
        if excused or not waiting or committed != self._committed:
            self._committed, self._since = committed, now
            return None
        if self._since is None or now - self._since < STALL_SECONDS:
            return None
        return f"no offset has moved for {now - self._since:.0f} s while {sum(waiting.values())} messages wait"


def _offsets(app: faust.App) -> dict[str, tuple[int, int]]:
    """Partition to (next offset to commit, end of the log), for what this worker reads now."""
    consumer: Any = app.consumer  # the committed offsets have no public name in Faust
    offsets: dict[str, tuple[int, int]] = {}
    for partition in consumer.assignment() if consumer.started else ():
        end = consumer.highwater(partition)
        committed = consumer._committed_offset[partition]
        if end is not None and committed is not None:
            offsets[f"{partition.topic}-{partition.partition}"] = (committed, end)
    return offsets


def _name(run: Callable[..., object]) -> str:
    return getattr(run, "__qualname__", repr(run))
