"""Waiting for a server: growing pauses, said on the gauge, and no end but success or a real error."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Gauge

from services.runtime.errors import TransientError
from services.runtime.process.outages import Backoff, Waiting, until_available
from tests.support.clock import FakeClock


def test_delays_double_to_a_limit() -> None:
    backoff = Backoff(first=0.1, longest=1.0)
    assert [backoff.next() for _ in range(6)] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert backoff.attempts == 6


async def test_call_is_repeated_until_the_server_is_back() -> None:
    registry, clock = CollectorRegistry(), FakeClock()
    waiting = Waiting(Gauge("waiting", "w", ["server"], registry=registry))
    shown: list[float | None] = []

    async def call() -> str:
        shown.append(registry.get_sample_value("waiting", {"server": "redis"}))
        if len(shown) < 15:
            raise TransientError("away")
        return "reply"

    assert await until_available(call, server="redis", clock=clock, waiting=waiting) == "reply"
    assert shown[1:] == [1.0] * 14
    assert registry.get_sample_value("waiting", {"server": "redis"}) == 0
    assert waiting.servers == set()
    assert clock.slept == sorted(clock.slept)
    assert max(clock.slept) == 5.0


async def test_what_is_not_transient_is_raised() -> None:
    async def call() -> None:
        raise ValueError("defect")

    with pytest.raises(ValueError, match="defect"):
        await until_available(call, server="redis", clock=FakeClock(), waiting=Waiting())


def test_since_when_a_server_is_away_is_kept_until_it_is_back() -> None:
    registry, times = CollectorRegistry(), iter((1000.0, 2000.0, 3000.0, 3000.0))
    since = Gauge("since", "s", ["server"], registry=registry)
    waiting = Waiting(now=lambda: next(times))
    waiting.show_on(Gauge("waiting", "w", ["server"], registry=registry), since)
    for _ in range(3):
        waiting.set("redis", True)
    waiting.set("kafka", True)
    assert waiting.in_words() == "waiting for kafka since 1970-01-01T00:33:20Z and redis since 1970-01-01T00:16:40Z"
    assert registry.get_sample_value("since", {"server": "redis"}) == 1000
    for server in ("redis", "kafka"):
        waiting.set(server, False)
    assert waiting.in_words() is None
    assert registry.get_sample_value("since", {"server": "redis"}) == 0


def test_a_server_that_takes_only_some_calls_is_away_since_the_first_it_refused() -> None:
    now = 1000.0
    waiting = Waiting(now=lambda: now)
    for moment in (1000.0, 1004.0, 1008.0):
        now = moment
        waiting.set("redis", True)
        waiting.set("redis", False)
    now = 1009.0
    waiting.set("redis", True)
    assert waiting.since == {"redis": 1000.0}
    waiting.set("redis", False)
    now = 1100.0
    waiting.set("redis", True)
    assert waiting.since == {"redis": 1100.0}
