"""The notifier's Faust app: one topic, one handler."""

from __future__ import annotations

from typing import Any

import faust

from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler
from services.runtime.process.settings import CommonSettings


def build_app(settings: CommonSettings, handler: StreamHandler) -> faust.App:
    """One agent: ``alerts`` to ``handler``."""
    app = streams.new_app("notifier", settings)
    alerts = app.topic(topics.ALERTS, key_type=bytes, value_type=bytes)

    async def notifier(stream: Any) -> None:
        await streams.consume(stream, handler)

    app.agent(alerts, name="notifier", concurrency=1)(notifier)
    return app
