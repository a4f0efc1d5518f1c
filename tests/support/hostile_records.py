"""Records that nobody sane would send, for every consumer: a ledger of what was sent and what became of it."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import DeadLetter
from services.runtime.messages.delivery import Delivery
from services.runtime.messages.isolate import Isolating
from services.runtime.ports import StreamHandler
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.settings import CommonSettings
from tests.contracts import schemas
from tests.contracts.test_handlers import Service, schema_of
from tests.support import records
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher
from tests.support.records import CODECS, NOW_MS, RawRecord, a_batch

PARTITIONS = 4
Place = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True)
class Hostile:
    """A batch, and the values of the records that a reader gets of it: None where that is one record for all of it."""

    name: str
    batch: bytes
    values: tuple[bytes | None, ...] | None = None

    @property
    def records(self) -> int:
        """How many records a reader gets."""
        return 1 if self.values is None else len(self.values)


def readable(name: str, sent: Sequence[RawRecord], *, codec: str = "none") -> Hostile:
    """A batch that can be read, whatever is in it."""
    return Hostile(name, a_batch(sent, codec=codec), tuple(each.value for each in sent))


def listed() -> list[Hostile]:
    """One of each kind that is known to have broken something, here or elsewhere."""
    one = {
        "a header name that is not UTF-8": RawRecord(headers=((b"\xff\xfe", b"1"),)),
        "a header name of surrogates": RawRecord(headers=((b"\xed\xa0\x80", None),)),
        "an empty header name, twice": RawRecord(headers=((b"", b""), (b"", None))),
        "a trace that is none": RawRecord(headers=((b"traceparent", b"\xff" * 55),)),
        "ten thousand headers": RawRecord(headers=((b"h", b"v"),) * 10_000),
        "a header of half a megabyte": RawRecord(headers=((b"h" * 300_000, b"v" * 200_000),)),
        "our own headers, wrongly": RawRecord(headers=((b"ww-attempts", b"1e9"), (b"ww-first-failed", b"9999-99-99"))),
        "a time before the year 1": RawRecord(timestamp=-(10**17)),
        "no time": RawRecord(timestamp=-1),
        "the first time there is": RawRecord(timestamp=-(2**63)),
        "a tombstone": RawRecord(value=None),
        "a tombstone with a key": RawRecord(value=None, key=b"5707000000000000000000aa"),
        "nothing at all": RawRecord(value=b"", key=b""),
        "a key that is not UTF-8": RawRecord(key=b"\xff\x00"),
        "a key of 900 kB": RawRecord(key=b"k" * 900_000),
        "a value of 1 MB": RawRecord(value=b"[" * 1_048_000),
        "a value of NUL": RawRecord(value=bytes(100)),
        "nested lists": RawRecord(value=b"[" * 200_000),
        "numbers without an end": RawRecord(value=b'{"revision": ' + b"9" * 10_000 + b"}"),
    }
    found = [readable(name, [each]) for name, each in one.items()]
    for name in CODECS:
        found.append(readable(f"compressed by {name}", [RawRecord(b"{}")] * 3, codec=name))
        if name != "none":
            bomb = a_batch([RawRecord(bytes(20_000_000))], codec=name)
            found.append(Hostile(f"a bomb by {name}", bomb))
            tail = a_batch([RawRecord(b"{}")], codec=name, tail=b"\x07" * 9)
            found.append(Hostile(f"{name} with a tail", tail))
    return found


def batches() -> st.SearchStrategy[Hostile]:
    """Any batch."""
    names = st.binary(max_size=12) | st.sampled_from([b"traceparent", b"ww-attempts", b"\xff"])
    one = st.builds(
        RawRecord,
        value=st.none() | st.binary(max_size=60) | st.sampled_from([b"{}", b"null", b"[]", b'{"id": 1}']),
        key=st.none() | st.binary(max_size=20),
        headers=st.lists(st.tuples(names, st.none() | st.binary(max_size=12)), max_size=3).map(tuple),
        timestamp=st.sampled_from([NOW_MS, 0, -1, -(10**17), -(2**62)]) | st.integers(-(2**62), NOW_MS),
    )
    several = st.lists(one, min_size=1, max_size=4)
    return st.builds(lambda sent, by: readable("any", sent, codec=by), several, st.sampled_from(sorted(CODECS)))


def drawn(count: int) -> list[Hostile]:
    """``count`` batches as hypothesis draws them, the same at every run."""
    found: list[Hostile] = []

    @settings(max_examples=count, database=None, derandomize=True, deadline=None)
    @given(batches())
    def draw(one: Hostile) -> None:
        found.append(one)

    draw()
    return found


class Recording:
    """A handler that notes each delivery with its status."""

    def __init__(self, handler: StreamHandler) -> None:
        self._handler = handler
        self.ended: dict[Place, list[str]] = {}

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        statuses = await self._handler.handle(batch)
        for delivery, status in zip(batch, statuses, strict=True):
            self.ended.setdefault((delivery.topic, delivery.partition, delivery.offset), []).append(status)
        return statuses


@dataclass
class Ledger:
    """What was sent to one topic: good records by place, and how many others a reader must get."""

    good: set[Place] = field(default_factory=set)
    hostile: int = 0
    refused: Counter[str] = field(default_factory=Counter)


async def fill(kafka: str, topic: str, hostile: Sequence[Hostile]) -> Ledger:
    """Send ``hostile`` with a good record in front of, between and behind all of them, and an aborted transaction."""
    ledger = Ledger()
    value = good_value(topic)
    good = a_batch([RawRecord(value, key=json.loads(value).get("id", "").encode())])
    async with records.Sender(kafka, topic) as sender:
        for number, each in enumerate(hostile):
            partition = number % PARTITIONS
            ledger.good.add((topic, partition, await sender.send(partition, good)))
            try:
                await sender.send(partition, each.batch)
            except KafkaError as error:
                ledger.refused[f"{each.name}: {type(error).__name__}"] += 1
            else:
                ledger.hostile += each.records
        ledger.hostile += await _transactions(kafka, topic)
        for partition in range(PARTITIONS):
            ledger.good.add((topic, partition, await sender.send(partition, good)))
        ledger.hostile += await _transactions(kafka, topic)  # whose markers are the last that lies there
    return ledger


async def _transactions(kafka: str, topic: str) -> int:
    """One transaction that is committed and one that is aborted, a record each. How many records that are."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=f"hostile-{topic}")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, b"in a transaction", partition=0)
        with suppress(_Abort):
            async with producer.transaction():
                await producer.send_and_wait(topic, b"in none", partition=1)
                raise _Abort
    finally:
        await producer.stop()
    return 2


class _Abort(Exception):
    """Ends a transaction without its commit."""


def good_value(topic: str) -> bytes:
    """A message that the readers of ``topic`` take."""
    return json.dumps(schemas.examples(valid=True, schema=schema_of(topic))[0].message).encode()


@dataclass
class Consumer:
    """The real app and the real handler of a service, on fakes but for Kafka."""

    service: Service
    app: Any
    recording: Recording
    publisher: FakePublisher

    async def until(self, count: int, seconds: float) -> None:
        """Wait until it has handled so many records. Raises where its app has crashed, or the time is over."""
        async with asyncio.timeout(seconds):
            while sum(map(len, self.recording.ended.values())) < count:
                assert not self.app.crashed, f"the {self.service.name} has crashed"
                await asyncio.sleep(0.02)

    def check(self, ledgers: Sequence[Ledger]) -> None:
        """Every good record was handled, every other is one dead letter with where it lay, and each came once."""
        good = set().union(*(ledger.good for ledger in ledgers))
        ended = self.recording.ended
        assert good <= ended.keys(), f"the {self.service.name} never got {sorted(good - ended.keys())[:5]}"
        assert [place for place, statuses in ended.items() if len(statuses) != 1] == []
        assert [place for place in good if ended[place] == ["dead"]] == []
        assert [place for place in ended.keys() - good if ended[place] != ["dead"]] == []
        letters = [codec.decode(message.value, DeadLetter) for message in self.publisher.on(topics.DEAD)]
        assert Counter((each.topic, each.partition, each.offset) for each in letters) == Counter(ended.keys() - good)


def a_consumer(service: Service, kafka: str) -> Consumer:
    """A service that reads nothing yet."""
    publisher = FakePublisher()
    metrics = ServiceMetrics(service.name, service.statuses, CollectorRegistry())
    isolated = Isolating(service.build(publisher), publisher=publisher, clock=FakeClock(), metrics=metrics)
    recording = Recording(isolated)
    edge = importlib.import_module(f"services.{service.name}.edges.kafka_app")
    own = importlib.import_module(f"services.{service.name}.settings")
    settings: CommonSettings = getattr(own, f"{service.name.title()}Settings")(kafka=kafka)
    handlers = [recording] * (len(signature(edge.build_app).parameters) - 1)
    return Consumer(service, edge.build_app(settings, *handlers), recording, publisher)
