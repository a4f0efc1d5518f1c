"""The Faust app: one agent on ``articles``. The only file of the service that knows Faust."""

from __future__ import annotations

from typing import Any

import faust

from services.contracts import topics
from services.deduper.settings import DeduperSettings
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler


def build_app(settings: DeduperSettings, handler: StreamHandler) -> faust.App:
    """The app that hands ``articles`` to ``handler`` in batches."""
    app = streams.new_app("deduper", settings)

    async def dedupe(stream: Any) -> None:
        await streams.consume(stream, handler)

    app.agent(app.topic(topics.ARTICLES, key_type=bytes, value_type=bytes), name="deduper", concurrency=1)(dedupe)
    return app
