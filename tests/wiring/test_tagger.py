"""The tagger's Faust app: the right topic, one agent, the handler behind it, and the watch on the packs beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace

from prometheus_client import CollectorRegistry

from services.contracts import topics
from services.runtime.messages.delivery import Delivery
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context
from services.tagger.__main__ import build
from services.tagger.edges.kafka_app import build_app
from services.tagger.settings import TaggerSettings
from tests.support.clock import FakeClock


class Recorder:
    """A handler that keeps what it is given."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        self.got += batch
        return ["untagged"] * len(batch)


class OneEvent:
    """A stream with one event."""

    async def events(self) -> AsyncIterator[SimpleNamespace]:
        message = SimpleNamespace(
            topic=topics.UNIQUE, partition=2, offset=5, key=b"s", value=b"v", headers=[], timestamp=0.0
        )
        yield SimpleNamespace(message=message)

    async def ack(self, event: SimpleNamespace) -> None:
        """As Faust does."""


async def test_the_agent_reads_unique_articles_and_hands_them_to_the_handler() -> None:
    handler = Recorder()
    app = build_app(TaggerSettings(), handler)
    agent = app.agents["tagger"]
    assert agent.concurrency == 1
    assert list(agent.channel.topics) == [topics.UNIQUE]
    await agent.fun(OneEvent())
    assert [(d.partition, d.offset, d.key, d.value) for d in handler.got] == [(2, 5, b"s", b"v")]


async def test_the_service_is_put_together_without_touching_a_server() -> None:
    context = Context(service="tagger", registry=CollectorRegistry(), clock=FakeClock(), waiting=Waiting())
    build(TaggerSettings(kafka="127.0.0.1:1"), context)
    info = [s.labels["topic"] for m in context.registry.collect() for s in m.samples if s.name.endswith("pack_info")]
    assert sorted(info) == ["alliances", "naval_moves"]
