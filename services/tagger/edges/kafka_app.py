"""The Faust app: one agent on ``articles.unique``. The only file of the service that knows Faust."""

import faust

from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler
from services.runtime.process.settings import CommonSettings


def build_app(settings: CommonSettings, handler: StreamHandler) -> faust.App:
    """The app that hands ``articles.unique`` to ``handler`` in batches."""
    app = streams.new_app("tagger", settings)
    streams.read(app, topics.UNIQUE, handler, agent="tagger")
    return app
