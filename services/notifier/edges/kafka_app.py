"""The Faust app: one agent on ``alerts``. The only file of the service that knows Faust."""

import faust

from services.contracts import topics
from services.runtime.kafka import stream as streams
from services.runtime.ports import StreamHandler
from services.runtime.process.settings import CommonSettings


def build_app(settings: CommonSettings, handler: StreamHandler) -> faust.App:
    """The app that hands ``alerts`` to ``handler`` in batches."""
    app = streams.new_app("notifier", settings)
    streams.read(app, topics.ALERTS, handler, agent="notifier")
    return app
