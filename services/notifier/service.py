"""The notifier as a service: the Faust app, and beside it the courier and the look at the watch file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import faust

from services.notifier.courier import Courier
from services.notifier.watch_file import Loaded
from services.runtime.files.reload import Reloading
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.stream import StreamService
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting

_STOP_SECONDS = 5.0  # for what is being sent; what takes longer is sent again after the next start


class NotifierService(StreamService):
    """Ends when any of the three ends."""

    def __init__(
        self,
        app: faust.App,
        publisher: KafkaPublisher,
        *,
        courier: Courier,
        reloading: Reloading[Loaded],
        closing: Sequence[Callable[[], Awaitable[None]]],
        waiting: Waiting,
        metrics: ServiceMetrics,
    ) -> None:
        super().__init__(app, publisher, closing=closing, waiting=waiting, metrics=metrics)
        self._courier = courier
        self._reloading = reloading
        self._beside: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await super().start()
        self._beside = {
            asyncio.create_task(self._courier.run(), name="notifier.courier"),
            asyncio.create_task(self._reloading.run(), name="notifier.reloading"),
        }

    async def stop(self) -> None:
        await self._courier.stop(within_seconds=_STOP_SECONDS)
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
