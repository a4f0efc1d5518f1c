"""The tagger as a Faust app."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import faust

from services.contracts import topics
from services.runtime.files.reload import Reloading
from services.runtime.kafka import stream as streams
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.stream import StreamService
from services.runtime.ports import StreamHandler
from services.runtime.process.metrics import ServiceMetrics
from services.runtime.process.outages import Waiting
from services.runtime.process.settings import CommonSettings
from services.tagger.library import Library


def build_app(settings: CommonSettings, handler: StreamHandler) -> faust.App:
    """One agent: ``articles.unique`` to ``handler``."""
    app = streams.new_app("tagger", settings)
    unique = app.topic(topics.UNIQUE, key_type=bytes, value_type=bytes)

    async def tagger(stream: Any) -> None:
        await streams.consume(stream, handler)

    app.agent(unique, name="tagger", concurrency=1)(tagger)
    return app


class TaggerService(StreamService):
    """The stream, and beside it the watch on the packs."""

    def __init__(
        self,
        app: faust.App,
        publisher: KafkaPublisher,
        reloading: Reloading[Library],
        *,
        waiting: Waiting,
        metrics: ServiceMetrics,
    ) -> None:
        super().__init__(app, publisher, closing=[], waiting=waiting, metrics=metrics)
        self._reloading = reloading
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._looking = asyncio.create_task(self._reloading.run())
        await super().start()

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await super().stop()

    def healthy(self) -> str | None:
        if self._looking is not None and self._looking.done():
            return "the watch on the topic packs has ended"
        return super().healthy()
