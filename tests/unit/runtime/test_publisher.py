"""The publisher waits while the broker is away, keeps the order, and gives back what is too large."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError, NotEnoughReplicasError

from services.runtime.errors import UsageError
from services.runtime.kafka import publisher as edge
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import read_all
from services.runtime.kafka.publisher import MAX_MESSAGE_BYTES, KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.outages import Waiting
from tests.support.clock import FakeClock
from tests.support.stack import MakeTopics

Refusal = Callable[[bytes, int], KafkaError | None]
"""What the broker says to a value at an attempt (counted from 1), or None where it takes it."""


def takes_all(_value: bytes, _attempt: int) -> KafkaError | None:
    return None


@dataclass
class FakeBroker:
    """What producers of a test talk to: how often it is away, and what it says to each message."""

    away: int = 0
    at_send: Refusal = takes_all
    at_ack: Refusal = takes_all
    attempts: int = 0
    arrived: list[bytes] = field(default_factory=list)


class FakeProducer:
    """aiokafka's producer as the publisher uses it."""

    broker = FakeBroker()

    def __init__(self, **_settings: Any) -> None:
        self.open = False

    async def start(self) -> None:
        if self.broker.away:
            self.broker.away -= 1
            raise KafkaConnectionError("away")
        self.open = True
        self.broker.attempts += 1

    async def stop(self) -> None:
        self.open = False

    async def send(self, _topic: str, *, key: bytes, value: bytes, headers: Any) -> asyncio.Future[object]:
        assert self.open
        assert isinstance(headers, list)
        assert isinstance(key, bytes)
        if error := self.broker.at_send(value, self.broker.attempts):
            raise error
        acknowledged: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if error := self.broker.at_ack(value, self.broker.attempts):
            acknowledged.set_exception(error)
        else:
            self.broker.arrived.append(value)
            acknowledged.set_result(None)
        return acknowledged


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    monkeypatch.setattr(FakeProducer, "broker", made)
    monkeypatch.setattr(edge, "AIOKafkaProducer", FakeProducer)
    return made


def messages(*values: bytes) -> list[Outgoing]:
    return [Outgoing(topic="t", key=b"k", value=value, headers={"h": "é"}) for value in values]


async def published(*values: bytes, clock: FakeClock | None = None) -> Sequence[Outgoing]:
    waiting = Waiting()
    publisher = KafkaPublisher(kafka=KafkaAccess("k:1"), client_id="test", clock=clock or FakeClock(), waiting=waiting)
    refused = await publisher.publish(messages(*values))
    assert waiting.servers == set()
    await publisher.stop()
    return refused


async def test_start_waits_for_the_broker(broker: FakeBroker) -> None:
    broker.away = 3
    clock, waiting = FakeClock(), Waiting()
    publisher = KafkaPublisher(kafka=KafkaAccess("k:1"), client_id="test", clock=clock, waiting=waiting)
    await publisher.start()
    assert clock.slept == [0.1, 0.2, 0.4]
    assert waiting.servers == set()


async def test_nothing_to_send_needs_no_broker(broker: FakeBroker) -> None:
    broker.away = 1_000_000
    assert await published() == []


async def test_order_within_a_key_survives_a_failure_in_the_middle(broker: FakeBroker) -> None:
    broker.at_ack = lambda value, attempt: NotEnoughReplicasError() if (value, attempt) == (b"2", 1) else None
    assert await published(b"1", b"2", b"3") == []
    assert broker.arrived == [b"1", b"3", b"2", b"3"]


async def test_failure_before_the_send_is_sent_again(broker: FakeBroker) -> None:
    broker.at_send = lambda value, attempt: KafkaConnectionError() if value == b"2" and attempt < 3 else None
    clock = FakeClock()
    assert await published(b"1", b"2", b"3", clock=clock) == []
    assert broker.arrived == [b"1", b"2", b"3"]
    assert clock.slept == [0.1, 0.2]


@pytest.mark.parametrize("where", ["at_send", "at_ack"])
async def test_too_large_is_given_back_and_the_rest_goes_on(broker: FakeBroker, where: str) -> None:
    setattr(broker, where, lambda value, _: MessageSizeTooLargeError() if value == b"2" else None)
    assert [message.value for message in await published(b"1", b"2", b"3")] == [b"2"]
    assert broker.arrived == [b"1", b"3"]


async def test_refused_once_and_failed_elsewhere_is_given_back_once(broker: FakeBroker) -> None:
    def at_ack(value: bytes, attempt: int) -> KafkaError | None:
        if value == b"large":
            return MessageSizeTooLargeError()
        return KafkaConnectionError() if value == b"2" and attempt == 1 else None

    broker.at_ack = at_ack
    assert [message.value for message in await published(b"large", b"2", b"large")] == [b"large", b"large"]


@pytest.mark.parametrize("given", ["", "host", "host:", ":1", "a:1,b", "a:x"])
def test_wrong_address_is_quoted(given: str) -> None:
    with pytest.raises(UsageError, match=r"WIREWATCH_KAFKA is .*: give host:port"):
        KafkaAccess(given).addresses()


def test_addresses_are_split() -> None:
    assert KafkaAccess("a:1, [::1]:2").addresses() == ["a:1", "[::1]:2"]


@pytest.mark.stack
async def test_against_apache_kafka(kafka: str, topic_prefix: str, make_topics: MakeTopics) -> None:
    """Acknowledged means stored, in order; what is over the limit is given back and stops nothing."""
    topic = f"{topic_prefix}publisher"
    await make_topics([topic])
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=FakeClock())
    large = Outgoing(topic=topic, key=b"k", value=b"x" * (MAX_MESSAGE_BYTES + 1))
    small = [Outgoing(topic=topic, key=b"k", value=b"%d" % n, headers={"n": str(n)}) for n in range(500)]
    try:
        assert await publisher.publish([*small[:250], large, *small[250:]]) == [large]
    finally:
        await publisher.stop()
    arrived = [delivery async for delivery in read_all(KafkaAccess(kafka), topic)]
    assert [delivery.value for delivery in arrived] == [message.value for message in small]
    assert [delivery.headers for delivery in arrived] == [message.headers for message in small]


@pytest.mark.stack
async def test_broker_that_comes_late_is_waited_for(kafka: str, topic_prefix: str, make_topics: MakeTopics) -> None:
    """The way to the broker is closed at first: a door on a port of its own opens at the third pause."""
    topic = f"{topic_prefix}late"
    await make_topics([topic])
    door = Door(kafka)
    address = await door.reserve()

    class OpensAtTheThirdPause(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if len(self.slept) == 3:
                await door.open()

    clock, waiting = OpensAtTheThirdPause(), Waiting()
    publisher = KafkaPublisher(kafka=KafkaAccess(address), client_id="test", clock=clock, waiting=waiting)
    try:
        assert await publisher.publish([Outgoing(topic=topic, key=b"k", value=b"late")]) == []
    finally:
        await publisher.stop()
        await door.close()
    assert len(clock.slept) >= 3
    assert waiting.servers == set()
    assert [delivery.value async for delivery in read_all(KafkaAccess(kafka), topic)] == [b"late"]


class Door:
    """Forwards a port of its own to the broker once it is open. The broker then names its real address."""

    def __init__(self, kafka: str) -> None:
        self._to = kafka.rpartition(":")[::2]
        self._port = 0
        self._server: asyncio.Server | None = None
        self._copying: set[asyncio.Task[None]] = set()

    async def reserve(self) -> str:
        await self.open()
        await self.close()
        return f"127.0.0.1:{self._port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._through, "127.0.0.1", self._port, reuse_address=True)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        for task in self._copying:
            task.cancel()
        await asyncio.gather(*self._copying, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _through(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection(self._to[0], int(self._to[1]))
        for reader, writer in ((near, forth), (far, back)):
            self._copying.add(asyncio.ensure_future(_copy(reader, writer)))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
