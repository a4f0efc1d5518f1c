"""The alerter as a service: the Faust app, and the sweeper of the outbox beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import faust

from services.alerter.handler import AlerterHandler
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.stream import StreamService
from services.runtime.process.clock import Clock
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting


class AlerterService(StreamService):
    """Sweeps the outbox before it consumes, so that what a crash left unsent goes first, and from then on."""

    def __init__(
        self,
        app: faust.App,
        publisher: KafkaPublisher,
        *,
        handler: AlerterHandler,
        clock: Clock,
        sweep_seconds: float,
        closing: Sequence[Callable[[], Awaitable[None]]],
        waiting: Waiting,
        metrics: ServiceMetrics,
    ) -> None:
        super().__init__(app, publisher, closing=closing, waiting=waiting, metrics=metrics)
        self._publisher_ready = publisher
        self._handler = handler
        self._clock = clock
        self._sweep_seconds = sweep_seconds
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._publisher_ready.start()
        await self._handler.sweep(older_than_seconds=0)
        await super().start()
        self._sweeping = asyncio.create_task(self._sweep(), name="alerter.sweep")

    async def stop(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait({self._sweeping})
        await super().stop()

    async def ended(self) -> None:
        """Returns when the app has stopped, raises what ended the sweeper."""
        app = asyncio.ensure_future(super().ended())
        try:
            tasks = {app} if self._sweeping is None else {app, self._sweeping}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            app.cancel()

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(self._sweep_seconds)
            await self._handler.sweep()
