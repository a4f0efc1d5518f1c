"""The Faust app: two topics, one handler. The only file of the service that knows Faust."""

from __future__ import annotations

import faust

from services.archive.handler import TOPICS
from services.archive.settings import ArchiveSettings
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler


def build_app(settings: ArchiveSettings, handler: StreamHandler) -> faust.App:
    """The app that hands both topics to ``handler``. A further copy reads in a group of its own, so it has it all."""
    app = streams.new_app(settings.reader, settings)
    for topic in TOPICS:
        streams.read(app, topic, handler, agent=f"archive.{topic}")
    return app
