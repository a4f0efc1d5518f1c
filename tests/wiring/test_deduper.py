"""The Faust app of the deduper: it reads ``articles`` and hands batches on, and the service is put together lazily."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from prometheus_client import CollectorRegistry

from services.contracts import topics
from services.deduper.__main__ import build
from services.deduper.edges.kafka_app import build_app
from services.deduper.settings import DeduperSettings
from services.runtime.messages.delivery import Delivery
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from tests.support.clock import FakeClock


@dataclass
class Taken:
    """A handler that keeps what it is handed."""

    deliveries: list[Delivery] = field(default_factory=list)

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        self.deliveries += batch
        return ["new"] * len(batch)


class OneEvent:
    """A stream with one event."""

    async def events(self) -> AsyncIterator[SimpleNamespace]:
        message = SimpleNamespace(
            topic=topics.ARTICLES, partition=1, offset=7, key=b"k", value=b"v", headers=[("h", b"x")], timestamp=0.0
        )
        yield SimpleNamespace(message=message)

    async def ack(self, event: SimpleNamespace) -> None:
        """As Faust does."""


async def test_the_agent_reads_articles_and_hands_them_to_the_handler() -> None:
    taken = Taken()
    app = build_app(DeduperSettings(), taken)
    agent = app.agents["deduper"]
    assert agent.concurrency == 1
    assert list(agent.channel.topics) == [topics.ARTICLES]
    await agent.fun(OneEvent())
    assert [(d.partition, d.offset, d.value, d.headers) for d in taken.deliveries] == [(1, 7, b"v", {"h": "x"})]


async def test_the_service_is_put_together_without_touching_a_server() -> None:
    context = Context(service="deduper", registry=CollectorRegistry(), clock=FakeClock(), waiting=Waiting())
    build(DeduperSettings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1/0"), context)
    context.waiting.set("redis", True)
    assert context.registry.get_sample_value("wirewatch_deduper_waiting", {"server": "redis"}) == 1
