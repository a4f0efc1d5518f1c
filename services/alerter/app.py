"""The alerter's Faust app: two topics, one handler."""

from __future__ import annotations

from typing import Any

import faust

from services.alerter.settings import AlerterSettings
from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler


def build_app(settings: AlerterSettings, handler: StreamHandler) -> faust.App:
    """An app that hands both topics to ``handler``. One worker owns the same partitions of both, so one story."""
    app = streams.new_app("alerter", settings)

    async def tagged(stream: Any) -> None:
        await streams.consume(stream, handler)

    async def duplicates(stream: Any) -> None:
        await streams.consume(stream, handler)

    for name, agent, topic in (("tagged", tagged, topics.TAGGED), ("duplicates", duplicates, topics.DUPLICATES)):
        channel = app.topic(topic, key_type=bytes, value_type=bytes)
        app.agent(channel, name=f"alerter.{name}", concurrency=1)(agent)
    return app
