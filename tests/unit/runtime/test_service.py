"""A stream service lives as long as its stream and everything beside it, and says what ended it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.service import DOUBT_SECONDS, STALL_SECONDS, Place, StallWatch, StreamService
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting


class FakeConsumer:
    started = True
    unacked: ClassVar[set[Any]] = set()

    def assignment(self) -> set[Any]:
        return set()


class FakeApp:
    """A Faust app that runs until it is stopped, and notes in which order things happen."""

    crashed = False
    rebalancing = False
    consumer = FakeConsumer()
    conf = SimpleNamespace(id="wirewatch-tagger")
    agents: ClassVar[dict[str, Any]] = {}

    def __init__(self, order: list[str]) -> None:
        self._order = order
        self._stopped = asyncio.Event()

    async def start(self) -> None:
        self._order.append("app started")

    async def stop(self) -> None:
        self._order.append("app stopped")
        self._stopped.set()

    async def wait_until_stopped(self) -> None:
        await self._stopped.wait()


class FakePublisher:
    kafka = KafkaAccess("127.0.0.1:1")

    def __init__(self, order: list[str]) -> None:
        self._order = order

    async def start(self) -> None:
        self._order.append("publisher started")

    async def stop(self) -> None:
        self._order.append("publisher stopped")

    async def check(self) -> None:
        """It is there."""


def noting(order: list[str], what: str) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        order.append(what)

    return note


def a_service(order: list[str], **given: Any) -> tuple[StreamService, FakeApp]:
    app: Any = FakeApp(order)
    publisher: Any = FakePublisher(order)
    metrics = ServiceMetrics("tagger", ("tagged",), CollectorRegistry())
    return StreamService(app, publisher, waiting=Waiting(), metrics=metrics, **given), app


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_things_begin_and_end_in_order() -> None:
    order: list[str] = []

    async def beside() -> None:
        order.append("beside started")
        try:
            await for_ever()
        finally:
            order.append("beside cancelled")

    service, _ = a_service(
        order,
        before=[noting(order, "before")],
        beside=[beside],
        finishing=[noting(order, "finishing")],
        closing=[noting(order, "closing")],
    )
    await service.start()
    await asyncio.sleep(0)
    await service.stop()
    assert order == [
        *("publisher started", "before", "app started", "beside started"),
        *("finishing", "beside cancelled", "app stopped", "publisher stopped", "closing"),
    ]


async def test_what_raises_beside_the_stream_ends_the_service_and_is_raised() -> None:
    async def fails() -> None:
        raise RuntimeError("the sweep is broken")

    service, _ = a_service([], beside=[for_ever, fails])
    await service.start()
    with pytest.raises(RuntimeError, match="the sweep is broken"):
        await service.ended()
    await service.stop()


async def test_what_returns_beside_the_stream_ends_the_service() -> None:
    async def returns() -> None:
        """Nothing is left to do, which should never be."""

    service, _ = a_service([], beside=[for_ever, returns])
    await service.start()
    await asyncio.wait_for(service.ended(), timeout=5)
    await service.stop()


async def test_a_stream_that_stops_ends_the_service() -> None:
    service, app = a_service([], beside=[for_ever])
    await service.start()
    ended = asyncio.ensure_future(service.ended())
    await asyncio.sleep(0)
    assert not ended.done()
    await app.stop()
    await asyncio.wait_for(ended, timeout=5)
    await service.stop()


class TestStallWatch:
    def test_moving_offsets_are_fine(self) -> None:
        watch = StallWatch()
        for second in range(0, 1000, 50):
            assert (
                watch.problem({"articles-0": Place((second, 10_000), True)}, now=float(second), excused=False) is None
            )

    def test_standing_still_with_nothing_waiting_is_fine(self) -> None:
        watch = StallWatch()
        for second in (0.0, STALL_SECONDS, 5 * STALL_SECONDS):
            assert watch.problem({"articles-0": Place((9, 9), False)}, now=second, excused=False) is None

    def test_standing_still_while_messages_wait_is_doubtful_and_then_a_problem(self) -> None:
        watch = StallWatch()
        standing = {"articles-0": Place((5, 9), True)}
        assert watch.problem(standing, now=0.0, excused=False) is None
        assert watch.doubt(DOUBT_SECONDS - 1) is None
        assert watch.problem(standing, now=STALL_SECONDS - 1, excused=False) is None
        assert watch.doubt(DOUBT_SECONDS) == "articles-0: messages wait and none is handled, for 20 s"
        problem = watch.problem(standing, now=STALL_SECONDS, excused=False)
        assert problem == "articles-0: messages wait and none is handled, for 45 s"

    def test_a_partition_that_moves_does_not_excuse_another(self) -> None:
        watch = StallWatch()
        for second in (0.0, STALL_SECONDS):
            places = {"articles-0": Place((5, 9), True), "articles-1": Place((int(second), 99), True)}
            problem = watch.problem(places, now=second, excused=False)
        assert problem is not None
        assert problem.startswith("articles-0: ")

    def test_a_partition_that_nobody_reads_is_a_problem(self) -> None:
        watch = StallWatch()
        orphan = {"articles-0": Place(None, True)}
        assert watch.problem(orphan, now=0.0, excused=False) is None
        assert watch.problem({}, now=1.0, excused=False) is None, "somebody took it: it was a rebalance"
        assert watch.problem(orphan, now=2.0, excused=False) is None
        problem = watch.problem(orphan, now=2.0 + STALL_SECONDS, excused=False)
        assert problem == "articles-0: nobody reads it, for 45 s"

    def test_a_known_cause_excuses_and_starts_the_count_anew(self) -> None:
        watch = StallWatch()
        standing = {"articles-0": Place((5, 9), True)}
        watch.problem(standing, now=0.0, excused=False)
        assert watch.problem(standing, now=STALL_SECONDS, excused=True) is None
        assert watch.problem(standing, now=STALL_SECONDS + 1, excused=False) is None
        assert watch.doubt(STALL_SECONDS + 2) is None
