"""Holding back goes on where the poller may not look at other services' groups."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError
from prometheus_client import CollectorRegistry

from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.lag import HOLDS_BACK, ConsumerLag, LagMetrics, readers
from services.runtime.services import names
from tests.support.clock import FakeClock


def test_every_stream_processor_is_looked_at() -> None:
    assert {group for group, _ in readers()} == {f"wirewatch-{name}" for name in names(stream=True)}
    assert HOLDS_BACK in readers()


async def test_a_group_that_may_not_be_looked_at_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = LagMetrics(CollectorRegistry())
    lag = ConsumerLag(kafka=KafkaAccess("127.0.0.1:1"), limit=10, metrics=metrics, clock=FakeClock())

    async def refused(*_: Any) -> None:
        raise GroupAuthorizationFailedError("no")

    monkeypatch.setattr(lag, "_look", refused)
    for group, topic in readers():
        if (group, topic) != HOLDS_BACK:
            await lag._look_if_permitted(None, None, group, topic)
    with pytest.raises(GroupAuthorizationFailedError):
        await lag._look_if_permitted(None, None, *HOLDS_BACK)
