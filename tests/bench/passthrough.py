"""One hop of a bare Faust pipeline: what comes on one topic is sent to the next, and nothing else.

``python -m tests.bench.passthrough HOST:PORT FROM TO [single|batch]``. ``single`` is Faust as its documentation shows
it, a message at a time through ``topic.send``; ``batch`` is how the services of Wirewatch use it, without their work.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import Any

import uvloop

from services.runtime.kafka import stream as streams
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Delivery, Outgoing
from services.runtime.process.clock import SystemClock
from services.runtime.process.settings import CommonSettings


class PassOn:
    """A handler that sends every delivery on as it is."""

    def __init__(self, publisher: KafkaPublisher, to: str) -> None:
        self._publisher = publisher
        self._to = to

    async def handle(self, batch: Sequence[Delivery]) -> Sequence[str]:
        await self._publisher.publish(
            [Outgoing(topic=self._to, key=item.key or b"", value=item.value or b"") for item in batch]
        )
        return ["passed"] * len(batch)


async def hop(kafka: str, source: str, target: str, way: str) -> None:
    """Run one hop until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="bench", clock=SystemClock())
    app = streams.new_app(f"bench-{way}-{target}", CommonSettings(kafka=kafka))
    incoming = app.topic(source, key_type=bytes, value_type=bytes)
    outgoing = app.topic(target, key_type=bytes, value_type=bytes)
    handler = PassOn(publisher, target)

    async def single(stream: Any) -> None:
        async for event in stream.events():
            await outgoing.send(key=event.key, value=event.value)

    async def batch(stream: Any) -> None:
        await streams.consume(stream, handler)

    app.agent(incoming, name=f"hop-{target}", concurrency=1)(single if way == "single" else batch)
    await publisher.start()
    await app.start()
    await stop.wait()
    await app.stop()
    await publisher.stop()


if __name__ == "__main__":
    uvloop.run(hop(*sys.argv[1:5]))
