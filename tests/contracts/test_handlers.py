"""Every stream service survives whatever lies on its topics: each delivery gets one status, and nothing is raised.

Valid examples are processed, invalid ones and raw garbage end as dead letters; what a service sends is itself valid.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import DeadLetter
from services.runtime import services
from services.runtime.kafka import topics as declared
from services.runtime.messages.delivery import Delivery
from services.runtime.ports import StreamHandler
from tests.contracts import schemas
from tests.contracts.test_schemas import STRUCTS
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher

GARBAGE: dict[str, bytes | None] = {
    "none": None,
    "empty": b"",
    "cut_off": b"{",
    "null": b"null",
    "number": b"1e999",
    "not_utf8": b"\xff\xfe\x00",
    "bom": b"\xef\xbb\xbf{}",
    "empty_object": b"{}",
    "deep_lists": b"[" * 100_000,
    "deep_objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "large_text": b"x" * 900_000,
    "large_json": b'{"id": "' + b"y" * 900_000 + b'"}',
    "nul_bytes": b"\x00" * 64,
    "deep_unknown_field": b'{"unknown": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
}

# Odd but valid values, put into valid messages wherever the field is there.
ODD_TEXTS = (
    "",
    "\x00",
    "\u202e\u200b",
    "e\u0301" * 50,
    "𝔘𝔫𝔦",
    "\ufffd",
    "{script}",
    "a" * 200_000,
    "؟" * 500,
    "\ud83d\ude00",
)
ODD_TIMES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00", "1969-12-31T23:59:59Z")


@dataclass(frozen=True)
class Service:
    """A service under test: how to build its handler, and the topics that it reads."""

    name: str
    build: Callable[[FakePublisher], StreamHandler]
    reads: tuple[str, ...]
    statuses: tuple[str, ...]


def a_deduper(publisher: FakePublisher) -> StreamHandler:
    handler = importlib.import_module("services.deduper.handler")
    metrics = importlib.import_module("services.deduper.metrics")
    fakes = importlib.import_module("tests.support.stories")
    vocabularies = importlib.import_module("services.deduper.vocabularies")
    clock = FakeClock()
    made: StreamHandler = handler.Deduper(
        fakes.MemoryStories(clock),
        publisher,
        clock,
        metrics.DeduperMetrics(CollectorRegistry()),
        vocabularies.Vocabularies().of,
    )
    return made


def a_tagger(publisher: FakePublisher) -> StreamHandler:
    handler = importlib.import_module("services.tagger.handler")
    metrics = importlib.import_module("services.tagger.metrics")
    packs = importlib.import_module("tests.support.packs")
    made: StreamHandler = handler.TaggerHandler(
        library=packs.shipped(),
        publisher=publisher,
        clock=FakeClock(),
        metrics=metrics.TaggerMetrics(CollectorRegistry()),
    )
    return made


def an_alerter(publisher: FakePublisher) -> StreamHandler:
    handler = importlib.import_module("services.alerter.handler")
    metrics = importlib.import_module("services.alerter.metrics")
    status = importlib.import_module("services.alerter.status")
    fakes = importlib.import_module("tests.support.alerts")
    made: StreamHandler = handler.AlerterHandler(
        store=fakes.FakeAlertStore(),
        stories=fakes.FakeStories(),
        publisher=publisher,
        rules=fakes.shipped_rules(),
        stale_after=timedelta(hours=48),
        clock=FakeClock(),
        metrics=metrics.AlerterMetrics(status.STATUSES, CollectorRegistry()),
    )
    return made


def a_notifier(publisher: FakePublisher) -> StreamHandler:
    handler = importlib.import_module("services.notifier.handler")
    metrics = importlib.import_module("services.notifier.metrics")
    settings = importlib.import_module("services.notifier.settings")
    watch_file = importlib.import_module("services.notifier.edges.watch_file")
    fakes = importlib.import_module("tests.support.notifier")
    made: StreamHandler = handler.NotifierHandler(
        watches=watch_file.load(settings.default_path(), {}),
        outbox=fakes.MemoryOutbox(),
        publisher=publisher,
        stale_after=timedelta(days=7),
        clock=FakeClock(),
        metrics=metrics.NotifierMetrics(CollectorRegistry()),
        wake=lambda: None,
    )
    return made


def recent_articles(publisher: FakePublisher) -> StreamHandler:
    recent = importlib.import_module("services.archive.recent")
    metrics = importlib.import_module("services.archive.metrics")
    store = importlib.import_module("services.archive_store.recent")
    made: StreamHandler = recent.RecentHandler(
        file=store.RecentWriter(Path(tempfile.mkdtemp()) / "recent.db"),
        publisher=publisher,
        clock=FakeClock(),
        metrics=metrics.ArchiveMetrics(CollectorRegistry()),
    )
    return made


def an_archive(publisher: FakePublisher) -> StreamHandler:
    handler = importlib.import_module("services.archive.handler")
    metrics = importlib.import_module("services.archive.metrics")
    fakes = importlib.import_module("tests.support.archive")
    made: StreamHandler = handler.ArchiveHandler(
        file=fakes.an_archive(),
        publisher=publisher,
        keep=timedelta(days=365),
        most_bytes=10**9,
        clock=FakeClock(),
        metrics=metrics.ArchiveMetrics(CollectorRegistry()),
    )
    return made


def statuses(service: str) -> tuple[str, ...]:
    return get_args(importlib.import_module(f"services.{service}.handler").Status)


SERVICES = (
    Service("deduper", a_deduper, (topics.ARTICLES,), statuses("deduper")),
    Service("tagger", a_tagger, (topics.UNIQUE,), statuses("tagger")),
    Service("alerter", an_alerter, (topics.TAGGED, topics.DUPLICATES), statuses("alerter")),
    Service("notifier", a_notifier, (topics.ALERTS,), statuses("notifier")),
    Service("archive", recent_articles, (topics.UNIQUE,), statuses("archive")),
    Service("archive", an_archive, (topics.TAGGED, topics.ALERTS), statuses("archive")),
)
SERVICE_TOPICS = [
    pytest.param(service, topic, id=f"{service.name}-{topic}") for service in SERVICES for topic in service.reads
]


def schema_of(topic: str) -> str:
    return declared.read()[topic].schema


def deliveries(topic: str, values: Sequence[bytes | None]) -> list[Delivery]:
    return [
        Delivery(topic=topic, partition=0, offset=n, key=None if n % 2 else b"\xffkey", value=value, sent_at=START)
        for n, value in enumerate(values)
    ]


def check_sent(publisher: FakePublisher) -> None:
    """What a service sends is what its topic promises."""
    for message in publisher.sent:
        name = schema_of(message.topic)
        assert schemas.problem(name, json.loads(message.value)) is None, message.topic
        codec.decode(message.value, STRUCTS[name])


def test_the_services_read_what_topics_yaml_says() -> None:
    streams = services.names(stream=True)  # the poller reads alerts beside its work: tests/unit/poller/test_rechecks.py
    consumers = {
        (service, topic.name) for topic in declared.read().values() for service in topic.consumers if service in streams
    }
    assert {(service.name, topic) for service in SERVICES for topic in service.reads} == consumers


@pytest.mark.parametrize(("service", "topic"), SERVICE_TOPICS)
async def test_valid_examples_are_processed(service: Service, topic: str) -> None:
    publisher = FakePublisher()
    examples = schemas.examples(valid=True, schema=schema_of(topic))
    batch = deliveries(topic, [json.dumps(example.message).encode() for example in examples])
    handler = service.build(publisher)
    for _ in range(2):  # safe to repeat
        ended = await handler.handle(batch)
        assert len(ended) == len(batch)
        assert set(ended) <= set(service.statuses) - {"dead"}
    check_sent(publisher)


@pytest.mark.parametrize(("service", "topic"), SERVICE_TOPICS)
async def test_invalid_examples_end_in_one_status_each(service: Service, topic: str) -> None:
    """The code may accept what the schema refuses (a score over 1), but nothing may stop the service."""
    publisher = FakePublisher()
    examples = schemas.examples(valid=False, schema=schema_of(topic))
    batch = deliveries(topic, [json.dumps(example.message).encode() for example in examples])
    ended = await service.build(publisher).handle(batch)
    assert len(ended) == len(batch)
    assert set(ended) <= set(service.statuses)
    for example, status in zip(examples, ended, strict=True):
        if not _decodes(example):
            assert status == "dead", example


@pytest.mark.parametrize(("service", "topic"), SERVICE_TOPICS)
async def test_garbage_is_dead_lettered_and_stops_nothing(service: Service, topic: str) -> None:
    publisher = FakePublisher()
    good = json.dumps(schemas.examples(valid=True, schema=schema_of(topic))[0].message).encode()
    batch = deliveries(topic, [*GARBAGE.values(), good])
    ended = await service.build(publisher).handle(batch)
    assert list(ended[:-1]) == ["dead"] * len(GARBAGE)
    assert ended[-1] != "dead"
    letters = [codec.decode(message.value, DeadLetter) for message in publisher.on(topics.DEAD)]
    assert [(letter.service, letter.topic, letter.offset) for letter in letters] == [
        (service.name, topic, n) for n in range(len(GARBAGE))
    ]
    assert [letter.value for letter in letters] == [
        value if value is None or len(value) <= 600_000 else None for value in GARBAGE.values()
    ]
    check_sent(publisher)


@pytest.mark.parametrize(("service", "topic"), SERVICE_TOPICS)
async def test_odd_values_end_in_one_status_each(service: Service, topic: str) -> None:
    """Valid by the schema, though nobody would write it: a status each, none of them a defect."""
    publisher = FakePublisher()
    values = [json.dumps(message).encode() for message in _odd(schemas.examples(valid=True, schema=schema_of(topic)))]
    ended = await service.build(publisher).handle(deliveries(topic, values))
    assert len(ended) == len(values)
    letters = [codec.decode(message.value, DeadLetter) for message in publisher.on(topics.DEAD)]
    assert [(letter.error_class, letter.detail) for letter in letters if letter.reason == "defect"] == []
    check_sent(publisher)


@pytest.mark.parametrize(("service", "topic"), SERVICE_TOPICS)
async def test_nothing_is_no_work(service: Service, topic: str) -> None:
    publisher = FakePublisher()
    assert list(await service.build(publisher).handle([])) == []
    assert publisher.sent == []


def _decodes(example: schemas.Example) -> bool:
    kind: type[Any] = STRUCTS[example.schema]
    try:
        codec.decode(json.dumps(example.message).encode(), kind)
    except codec.UndecodableError:
        return False
    return True


def _odd(examples: Sequence[schemas.Example]) -> list[Any]:
    """Each message once for each odd value, in all the fields that may hold it."""
    full = next(example.message for example in examples if example.path.stem == "full")
    texts = {"title", "text", "summary", "outlet", "family", "wire", "guid"}
    times = {"published_at", "updated_at", "first_seen_at", "fetched_at"}
    return [_replaced(full, texts, text) for text in ODD_TEXTS] + [_replaced(full, times, time) for time in ODD_TIMES]


def _replaced(node: Any, fields: set[str], value: str) -> Any:
    if isinstance(node, dict):
        return {
            field: value if field in fields and isinstance(child, str) else _replaced(child, fields, value)
            for field, child in node.items()
        }
    return [_replaced(child, fields, value) for child in node] if isinstance(node, list) else node
