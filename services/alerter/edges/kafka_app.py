"""The Faust app: two topics, one handler. The only file of the service that knows Faust."""

import faust

from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler
from services.runtime.process.settings import CommonSettings


def build_app(settings: CommonSettings, handler: StreamHandler) -> faust.App:
    """The app that hands both topics to ``handler``. One worker owns the same partitions of both, so one story."""
    app = streams.new_app("alerter", settings)
    streams.read(app, topics.TAGGED, handler, agent="alerter.tagged")
    streams.read(app, topics.DUPLICATES, handler, agent="alerter.duplicates")
    return app
