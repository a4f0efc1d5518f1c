"""The alerter as a service: the Faust app, and beside it the sweeper of the outbox and the deliverer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import faust

from services.alerter.deliverer import Deliverer
from services.alerter.handler import AlerterHandler
from services.runtime.clock import Clock
from services.runtime.kafka import KafkaPublisher
from services.runtime.retry import Waiting
from services.runtime.streams import StreamService

IDLE_SECONDS = 1.0  # between looks for deliveries that are due


class AlerterService(StreamService):
    """Sweeps the outbox before it consumes, so that what a crash left unsent goes first, and from then on."""

    def __init__(
        self,
        app: faust.App,
        publisher: KafkaPublisher,
        *,
        handler: AlerterHandler,
        deliverer: Deliverer,
        clock: Clock,
        sweep_seconds: float,
        closing: Sequence[Callable[[], Awaitable[None]]],
        waiting: Waiting,
    ) -> None:
        super().__init__(app, publisher, closing=closing, waiting=waiting)
        self._publisher_ready = publisher
        self._handler = handler
        self._deliverer = deliverer
        self._clock = clock
        self._sweep_seconds = sweep_seconds
        self._beside: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await self._publisher_ready.start()
        await self._handler.sweep(older_than_seconds=0)
        await super().start()
        self._beside = {
            asyncio.create_task(self._sweep(), name="alerter.sweep"),
            asyncio.create_task(self._deliver(), name="alerter.deliver"),
        }

    async def stop(self) -> None:
        for task in self._beside:
            task.cancel()
        if self._beside:
            await asyncio.wait(self._beside)
        await super().stop()

    async def ended(self) -> None:
        """Returns when the app has stopped, raises what ended one of the others."""
        app = asyncio.ensure_future(super().ended())
        try:
            done, _ = await asyncio.wait({app, *self._beside}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            app.cancel()

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(self._sweep_seconds)
            await self._handler.sweep()

    async def _deliver(self) -> None:
        while True:
            if not await self._deliverer.deliver():
                await self._clock.sleep(IDLE_SECONDS)
