"""A service with nothing to send notices too that the broker is away, and that it is back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from services.runtime.kafka import publisher as edge
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.process.outages import Waiting
from tests.support.clock import FakeClock


class FakeClient:
    """What aiokafka asks for the cluster's metadata."""

    answers: list[BaseException | None]

    async def fetch_all_metadata(self) -> None:
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer


class FakeProducer:
    """A producer that is connected and sends nothing."""

    def __init__(self, **_settings: Any) -> None:
        self.client = FakeClient()

    async def start(self) -> None:
        """Connected at once."""

    async def stop(self) -> None:
        """Nothing is under way."""


def publisher(waiting: Waiting) -> KafkaPublisher:
    return KafkaPublisher(kafka=KafkaAccess("127.0.0.1:1"), client_id="test", clock=FakeClock(), waiting=waiting)


async def test_away_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    away: list[BaseException | None] = [KafkaError("no broker"), OSError("no name"), TimeoutError(), None]
    monkeypatch.setattr(FakeClient, "answers", away, raising=False)
    monkeypatch.setattr(edge, "AIOKafkaProducer", FakeProducer)
    waiting = Waiting()
    asked = publisher(waiting)
    await asked.start()
    for _ in range(3):
        await asked.check()
        assert waiting.servers == {"kafka"}
    await asked.check()
    assert not waiting.servers


async def test_a_broker_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence(_self: FakeClient) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(FakeClient, "fetch_all_metadata", silence)
    monkeypatch.setattr(edge, "AIOKafkaProducer", FakeProducer)
    monkeypatch.setattr(edge, "_SIGN_OF_LIFE_SECONDS", 0.01)
    waiting = Waiting()
    asked = publisher(waiting)
    await asked.start()
    await asked.check()
    assert waiting.servers == {"kafka"}


async def test_before_the_start_there_is_nobody_to_ask() -> None:
    waiting = Waiting()
    await publisher(waiting).check()
    assert not waiting.servers
