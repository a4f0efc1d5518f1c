"""A message that breaks a handler is buried alone; a handler that is broken is not fed the whole topic."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from services.contracts import codec, topics
from services.contracts.messages import DeadLetter
from services.runtime.errors import UsageError
from services.runtime.messages.delivery import Delivery
from services.runtime.messages.isolate import DEFECTS_IN_A_ROW, Isolating
from services.runtime.process.metrics import ServiceMetrics
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher


class Breaking:
    """Handles anything but what ``breaks`` on; remembers what it did."""

    def __init__(self, breaks: bytes) -> None:
        self._breaks = breaks
        self.done: list[int] = []

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        for delivery in batch:
            if delivery.value is not None and self._breaks in delivery.value:
                raise RuntimeError("a script error that nobody foresaw")
        self.done += [delivery.offset for delivery in batch]
        return ["fine"] * len(batch)


def deliveries(*values: bytes) -> list[Delivery]:
    return [
        Delivery(topic="articles", partition=0, offset=offset, key=b"k", value=value)
        for offset, value in enumerate(values)
    ]


def isolating(handler: Breaking) -> tuple[Isolating, FakePublisher, ServiceMetrics]:
    publisher, metrics = FakePublisher(), ServiceMetrics("deduper", ("fine", "dead"), CollectorRegistry())
    return (
        Isolating(handler, publisher=publisher, clock=FakeClock(), metrics=metrics),
        publisher,
        metrics,
    )


async def test_a_batch_without_a_defect_passes_as_it_is() -> None:
    handler = Breaking(b"bad")
    isolated, publisher, _ = isolating(handler)
    assert await isolated.handle(deliveries(b"one", b"two")) == ["fine", "fine"]
    assert handler.done == [0, 1]
    assert publisher.sent == []


async def test_the_one_that_breaks_is_dead_lettered_and_the_others_are_done() -> None:
    handler = Breaking(b"bad")
    isolated, publisher, metrics = isolating(handler)
    assert await isolated.handle(deliveries(b"one", b"bad", b"three")) == ["fine", "dead", "fine"]
    assert handler.done == [0, 2]
    (sent,) = publisher.on(topics.DEAD)
    letter = codec.decode(sent.value, DeadLetter)
    assert (letter.reason, letter.error_class, letter.offset, letter.value) == ("defect", "RuntimeError", 1, b"bad")
    assert metrics.registry.get_sample_value("wirewatch_deduper_dead_letters_total", {"reason": "defect"}) == 1
    assert metrics.registry.get_sample_value("wirewatch_deduper_articles_total", {"status": "dead"}) == 1


async def test_a_handler_that_breaks_on_everything_ends_the_process_instead() -> None:
    isolated, publisher, _ = isolating(Breaking(b""))
    with pytest.raises(RuntimeError, match="nobody foresaw"):
        await isolated.handle(deliveries(*[b"x"] * 20))
    assert len(publisher.on(topics.DEAD)) == DEFECTS_IN_A_ROW


async def test_a_success_starts_the_count_anew() -> None:
    isolated, publisher, _ = isolating(Breaking(b"bad"))
    values = [b"bad" if n % 2 else b"good" for n in range(40)]
    statuses = await isolated.handle(deliveries(*values))
    assert statuses == ["dead" if n % 2 else "fine" for n in range(40)]
    assert len(publisher.on(topics.DEAD)) == 20


async def test_what_a_person_has_to_change_is_no_messages_fault() -> None:
    class Refused(Breaking):
        async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
            raise UsageError("Correct the password.")

    isolated, publisher, _ = isolating(Refused(b""))
    with pytest.raises(UsageError, match=r"Correct the password\."):
        await isolated.handle(deliveries(b"one", b"two"))
    assert publisher.sent == []
