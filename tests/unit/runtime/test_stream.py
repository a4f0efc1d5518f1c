"""The Faust edge: batches are finished, defects end the process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from services.runtime.errors import UsageError
from services.runtime.kafka import stream as streams
from services.runtime.messages.delivery import Delivery
from services.runtime.process.settings import CommonSettings


def an_event(offset: int, *, headers: Any = ()) -> Any:
    message = SimpleNamespace(
        topic="articles", partition=1, offset=offset, key=b"k", value=b"v", headers=headers, timestamp=1_700_000_000.5
    )
    return SimpleNamespace(message=message)


class FakeStream:
    """Gives events as Faust does, all of a batch at once, and notes which were acknowledged."""

    def __init__(self, batches: Sequence[Sequence[Any]]) -> None:
        self._batches = batches
        self.enable_acks = True
        self.acknowledged: list[int] = []
        self.given = 0

    async def events(self) -> AsyncIterator[Any]:
        for batch in self._batches:
            for event in batch:
                self.given += 1
                yield event
            await asyncio.sleep(2 * streams.BATCH_WITHIN_SECONDS)

    async def ack(self, event: Any) -> None:
        assert not self.enable_acks, "Faust would acknowledge an event when the next is asked for"
        self.acknowledged.append(event.message.offset)


class SlowHandler:
    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.done: list[Delivery] = []

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        self.began.set()
        await self.go_on.wait()
        self.done += batch
        return ["done"] * len(batch)


async def test_batches_reach_the_handler_as_plain_values() -> None:
    handler = SlowHandler()
    handler.go_on.set()
    stream = FakeStream([[an_event(7, headers=[("ww-trace", b"abc"), ("empty", None)])]])

    await streams.consume(stream, handler)

    (delivery,) = handler.done
    assert (delivery.topic, delivery.partition, delivery.offset, delivery.key) == ("articles", 1, 7, b"k")
    assert delivery.headers == {"ww-trace": "abc", "empty": ""}
    assert delivery.sent_at.isoformat() == "2023-11-14T22:13:20.500000+00:00"


class Batches:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        self.sizes.append(len(batch))
        await asyncio.sleep(0)
        return ["done"] * len(batch)


async def test_what_comes_together_is_one_batch_and_a_batch_is_bounded() -> None:
    handler, most = Batches(), streams.BATCH_MESSAGES
    stream = FakeStream([[an_event(n) for n in range(most + 2)], [an_event(most + 2)]])

    await streams.consume(stream, handler)

    assert handler.sizes == [most, 2, 1]
    assert stream.acknowledged == list(range(most + 3))


async def test_nothing_is_taken_from_the_stream_while_a_batch_is_handled() -> None:
    handler = SlowHandler()
    stream = FakeStream([[an_event(1)], [an_event(2), an_event(3)]])
    agent = asyncio.ensure_future(streams.consume(stream, handler))
    await handler.began.wait()
    await asyncio.sleep(3 * streams.BATCH_WITHIN_SECONDS)
    assert (stream.given, stream.acknowledged) == (2, []), "one is held, and no more"
    handler.go_on.set()
    await agent
    assert stream.acknowledged == [1, 2, 3]


async def test_a_stream_that_fails_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("os._exit", codes.append)

    class Broken(FakeStream):
        async def events(self) -> AsyncIterator[Any]:
            yield an_event(1)
            raise ValueError("a defect of Faust")

    stream, handler = Broken([]), Batches()
    await streams.consume(stream, handler)
    assert (codes, handler.sizes, stream.acknowledged) == ([70], [1], [1])


async def test_a_cancelled_agent_finishes_its_batch_before_it_leaves() -> None:
    handler = SlowHandler()
    stream = FakeStream([[an_event(1), an_event(2)], [an_event(3)]])
    agent = asyncio.ensure_future(streams.consume(stream, handler))
    await handler.began.wait()

    agent.cancel()
    await asyncio.sleep(0)
    agent.cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not agent.done(), "the batch is not finished, so the agent must not have left"
    handler.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await agent

    assert [delivery.offset for delivery in handler.done] == [1, 2]
    assert stream.acknowledged == [1, 2]


AGENT = """
import asyncio, os
from types import SimpleNamespace
from services.runtime.errors import UsageError
from services.runtime.kafka import stream as streams
from services.runtime.process import logging
logging.configure(service="test", log_format="json", log_level="info")
cancelled = asyncio.Event()
class Handler:
    async def handle(self, batch):
        return ["done"] * len(batch)
class Stream:
    async def events(self):
        yield SimpleNamespace(message=SimpleNamespace(
            topic="t", partition=0, offset=0, key=b"", value=b"", headers=(), timestamp=0))
        await asyncio.sleep(60)
    async def ack(self, event):
        print("acknowledged", flush=True)
def fails(*_, **__):
    raise ValueError("a defect")
{breaking}
async def main():
    agent = asyncio.ensure_future(streams.consume(Stream(), Handler()))
    await asyncio.sleep(0.1)
    agent.cancel()
    cancelled.set()
    await agent
asyncio.run(main())
"""

BREAKING = {
    "a handler that raises": "Handler.handle = fails",
    "a handler that raises later": """
async def handle(self, batch):
    await asyncio.sleep(0)
    fails()
Handler.handle = handle""",
    "a batch that cannot be finished": """
streams.DRAIN_SECONDS = 0.05
async def handle(self, batch):
    await asyncio.sleep(60)
Handler.handle = handle""",
    "a handler that raises while the agent leaves": """
async def handle(self, batch):
    await cancelled.wait()
    fails()
Handler.handle = handle""",
    "a handler that forgets a status": """
async def handle(self, batch):
    return []
Handler.handle = handle""",
    "a delivery that cannot be made": "streams._delivery_of = fails",
    "headers that cannot be read": "streams.headers_of = fails",
    "a time that cannot be read": "streams.time_of = fails",
    "a log line that cannot be written": "streams.log = SimpleNamespace(info=fails, exception=fails)",
    "counting that raises": """
from prometheus_client import CollectorRegistry
from services.runtime.process.metrics import ServiceMetrics
metrics = ServiceMetrics("tagger", ("done",), CollectorRegistry())
metrics.articles = SimpleNamespace(labels=fails)
async def handle(self, batch):
    metrics.finished(batch, ["done"], now=None, seconds=0)
Handler.handle = handle""",
}


def run_agent(breaking: str) -> subprocess.CompletedProcess[str]:
    program = AGENT.replace("{breaking}", breaking)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("breaking", BREAKING.values(), ids=BREAKING)
def test_the_process_dies_rather_than_acknowledge_what_was_not_done(breaking: str) -> None:
    run = run_agent(breaking)
    assert run.returncode == 70, run.stderr
    assert "acknowledged" not in run.stdout


def test_a_batch_that_nothing_breaks_is_acknowledged() -> None:
    """The proof that the test before can fail."""
    assert "acknowledged" in run_agent("").stdout


def test_a_person_who_has_to_change_something_is_told_so() -> None:
    run = run_agent(
        "async def handle(self, batch):\n    raise UsageError('Correct the address.')\nHandler.handle = handle"
    )
    assert (run.returncode, run.stderr.strip()) == (2, "wirewatch: Correct the address.")
    assert "acknowledged" not in run.stdout


def test_an_app_does_not_listen_to_ambient_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "kafka://elsewhere.example:9092")
    monkeypatch.setenv("APP_ID", "elsewhere")
    app = streams.new_app("deduper", CommonSettings(kafka="127.0.0.1:19, 127.0.0.1:20"))
    assert app.conf.id == "wirewatch-deduper"
    assert [str(address) for address in app.conf.broker] == ["kafka://127.0.0.1:19", "kafka://127.0.0.1:20"]
    assert not app.conf.web_enabled


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="WIREWATCH_KAFKA is 'localhost': give host:port"):
        streams.new_app("deduper", CommonSettings(kafka="localhost"))
