"""The Faust app: two topics for the archive, one for the recent articles. The only file here that knows Faust."""

import faust

from services.archive.handler import TOPICS
from services.archive.settings import ArchiveSettings
from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler


def build_app(settings: ArchiveSettings, handler: StreamHandler, recent: StreamHandler) -> faust.App:
    """The app that hands both topics to ``handler``, and the unique articles to ``recent``.

    A further copy reads in a group of its own, so it has it all.
    """
    app = streams.new_app(settings.reader, settings)
    for topic in TOPICS:
        streams.read(app, topic, handler, agent=f"archive.{topic}")
    streams.read(app, topics.UNIQUE, recent, agent=f"archive.{topics.UNIQUE}")
    return app
