"""A stream service as a process runs it: the Faust app, its publisher, and what runs beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import faust
from aiokafka.errors import KafkaError

from services.runtime.kafka.group import NOTHING_KNOWN, GroupState, GroupWatch
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.process import tasks
from services.runtime.process.logging import get
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting

log = get(__name__)

STALL_SECONDS = 45.0
DOUBT_SECONDS = 20.0
POSITION_WITHIN_SECONDS = 3.0


@dataclass(slots=True)
class StreamService:
    """A Faust app and the publisher its handler sends through, as one service (see ``runtime.process``).

    Stalled partitions and consumers that stop without a word are known of Faust (issues 166, 471, 532) and of aiokafka:
    where messages wait on a partition, no server is away, and none was handled for :data:`STALL_SECONDS`, where nobody
    in the group reads a partition (its topic was deleted and made again), or where a rebalance lasts that long, the
    service ends by itself, and the supervisor starts the process anew.

    ``before`` is awaited once the publisher is there and before anything is consumed. ``beside`` runs for as long as
    the stream does: where one of them ends, by returning or raising, the service ends. When it stops, ``finishing`` is
    awaited first, then ``beside`` is cancelled, and ``closing`` comes last.
    """

    app: faust.App
    publisher: KafkaPublisher
    waiting: Waiting
    metrics: ServiceMetrics
    before: Sequence[Callable[[], Awaitable[object]]] = ()
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    finishing: Sequence[Callable[[], Awaitable[None]]] = ()
    closing: Sequence[Callable[[], Awaitable[None]]] = ()
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _group: GroupWatch = field(init=False)
    _seen: GroupState = NOTHING_KNOWN
    _stall: StallWatch = field(default_factory=lambda: StallWatch())
    _stalled: str | None = None
    _settled: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._group = GroupWatch(self.publisher.kafka, self.app.conf.id, _topics(self.app))

    async def start(self) -> None:
        await self.publisher.start()
        for call in self.before:
            await call()
        await self.app.start()
        self._settled = time.monotonic()
        self._tasks = [asyncio.create_task(run(), name=_name(run)) for run in self.beside]

    async def stop(self) -> None:
        for finish in self.finishing:
            await finish()
        await tasks.end(self._tasks)
        await self.app.stop()
        await self._group.stop()
        await self.publisher.stop()
        for close in self.closing:
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
        stopped = asyncio.ensure_future(self.app.wait_until_stopped())
        try:
            while not stopped.done():
                await asyncio.wait({stopped}, timeout=STALL_SECONDS / 12)
                await self.publisher.check()
                self._seen = await self._group.look()
                places = await _places(self.app, self._seen)
                excused = self.waiting.in_words() is not None or self.app.rebalancing
                self._stalled = self._stall.problem(places, now=time.monotonic(), excused=excused)
                problem = self.healthy()
                if problem is not None:
                    log.error("stream_unhealthy", problem=problem)
                    return
        finally:
            stopped.cancel()

    def ready(self) -> str | None:
        if self.app.rebalancing or not self.app.consumer.started:
            return "waiting for partitions"
        if self._seen.missing:
            return f"waiting for the topic {' and '.join(self._seen.missing)}: run `wirewatch topics create`"
        return self._stall.doubt(time.monotonic())

    def note(self) -> str | None:
        return self.metrics.poison.sentence()

    def healthy(self) -> str | None:
        if self.app.crashed:
            return "the stream processor has crashed"
        now = time.monotonic()
        if not self.app.rebalancing:
            self._settled = now
        elif now - self._settled > STALL_SECONDS:
            return f"the group has been rebalancing for {now - self._settled:.0f} s"
        return self._stalled


@dataclass(frozen=True, slots=True)
class Place:
    """A partition of what the group reads. ``done`` is anything that changes with progress, None where nobody reads it.

    ``waits`` is whether there is anything to do on it.
    """

    done: tuple[int | None, ...] | None
    waits: bool


class StallWatch:
    """Whether a partition stands still while messages wait. Pure but for its memory: time is passed in, in seconds."""

    def __init__(self) -> None:
        self._standing: dict[str, tuple[Place, float]] = {}

    def problem(self, places: Mapping[str, Place], *, now: float, excused: bool) -> str | None:
        """What is wrong with ``places``, or None. ``excused`` is true while standing still has a known cause."""
        before, self._standing = self._standing, {}
        if excused:
            return None
        for name, place in places.items():
            if place.waits:
                known, since = before.get(name, (None, now))
                self._standing[name] = (place, since if known == place else now)
        return self._told(now, STALL_SECONDS)

    def doubt(self, now: float) -> str | None:
        """What keeps the service from being called ready, before it is a problem."""
        return self._told(now, DOUBT_SECONDS)

    def _told(self, now: float, seconds: float) -> str | None:
        for name, (place, since) in sorted(self._standing.items()):
            if now - since >= seconds:
                what = "nobody reads it" if place.done is None else "messages wait and none is handled"
                return f"{name}: {what}, for {now - since:.0f} s"
        return None


def _topics(app: faust.App) -> list[str]:
    return sorted({topic for agent in app.agents.values() for topic in agent.channel.topics})


async def _places(app: faust.App, seen: GroupState) -> dict[str, Place]:
    """The partitions of this worker, and those that no worker has."""
    consumer: Any = app.consumer  # the committed offsets have no public name in Faust
    own = set(consumer.assignment()) if consumer.started else set()
    taken = {(message.topic, message.partition) for message in consumer.unacked} if consumer.started else set()
    places: dict[str, Place] = {}
    for place in own:
        end, position = seen.ends.get(place, consumer.highwater(place)), await _position(consumer, place)
        # An end before the position: the topic was made again, and is read from a place that it does not have.
        waits = tuple(place) in taken or position is None or (end is not None and end != position)
        places[_named(place)] = Place((consumer._committed_offset[place], position), waits)
    for place in seen.ends.keys() - own - seen.owned:
        places[_named(place)] = Place(None, waits=True)
    return places


async def _position(consumer: Any, place: Any) -> int | None:
    """What is fetched next; None where the consumer does not say."""
    with suppress(KafkaError, TimeoutError):
        position: int = await asyncio.wait_for(consumer.position(place), timeout=POSITION_WITHIN_SECONDS)
        return position
    return None


def _named(place: Any) -> str:
    return f"{place.topic}-{place.partition}"


def _name(run: Callable[..., object]) -> str:
    return getattr(run, "__qualname__", repr(run))
