"""The Faust app: one agent on ``articles``. The only file of the service that knows Faust."""

import faust

from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler
from services.runtime.process.settings import CommonSettings


def build_app(settings: CommonSettings, handler: StreamHandler) -> faust.App:
    """The app that hands ``articles`` to ``handler`` in batches."""
    app = streams.new_app("deduper", settings)
    streams.read(app, topics.ARTICLES, handler, agent="deduper")
    return app
