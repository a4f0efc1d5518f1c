"""A stream service lives as long as its stream and everything beside it, and says what ended it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.kafka.service import STALL_SECONDS, StallWatch, StreamService
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting


class FakeConsumer:
    started = True

    def assignment(self) -> set[Any]:
        return set()


class FakeApp:
    """A Faust app that runs until it is stopped, and notes in which order things happen."""

    crashed = False
    rebalancing = False
    consumer = FakeConsumer()

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
            assert watch.problem({"articles-0": (second, 10_000)}, now=float(second), excused=False) is None

    def test_standing_still_with_nothing_waiting_is_fine(self) -> None:
        watch = StallWatch()
        for second in (0.0, STALL_SECONDS, 5 * STALL_SECONDS):
            assert watch.problem({"articles-0": (9, 9)}, now=second, excused=False) is None

    def test_standing_still_while_messages_wait_is_a_problem(self) -> None:
        watch = StallWatch()
        assert watch.problem({"articles-0": (5, 9)}, now=0.0, excused=False) is None
        assert watch.problem({"articles-0": (5, 9)}, now=STALL_SECONDS - 1, excused=False) is None
        problem = watch.problem({"articles-0": (5, 12)}, now=STALL_SECONDS, excused=False)
        assert problem == "no offset has moved for 45 s while 7 messages wait"

    def test_a_known_cause_excuses_and_starts_the_count_anew(self) -> None:
        watch = StallWatch()
        watch.problem({"articles-0": (5, 9)}, now=0.0, excused=False)
        assert watch.problem({"articles-0": (5, 9)}, now=STALL_SECONDS, excused=True) is None
        assert watch.problem({"articles-0": (5, 9)}, now=STALL_SECONDS + 1, excused=False) is None
