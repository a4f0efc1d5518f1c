"""Composition root of the tagger: ``python -m services.tagger``."""

from functools import partial

from services.runtime.files.reload import Reloading
from services.runtime.kafka.connection import kafka_of
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.service import StreamService
from services.runtime.messages.isolate import Isolating
from services.runtime.process import run as process
from services.runtime.process.run import Context, Service
from services.tagger import library
from services.tagger.edges.kafka_app import build_app
from services.tagger.handler import TaggerHandler
from services.tagger.metrics import TaggerMetrics
from services.tagger.settings import TaggerSettings


def build(settings: TaggerSettings, context: Context) -> Service:
    """The tagger, put together and not started."""
    folders = library.in_force(settings.packs)
    metrics = TaggerMetrics(context.registry)
    context.waiting.show_on(metrics.waiting, metrics.waiting_since)
    publisher = KafkaPublisher(
        kafka=kafka_of(settings),
        client_id="wirewatch-tagger",
        clock=context.clock,
        waiting=context.waiting,
        compression="gzip",  # articles.tagged is public
    )
    handler = TaggerHandler(library=library.load(*folders), publisher=publisher, clock=context.clock, metrics=metrics)
    reloading = Reloading(
        "packs",
        stamp=partial(library.stamp, *folders),
        load=partial(library.load, *folders),
        use=handler.use,
        reloads=metrics.reloads,
        clock=context.clock,
        every_seconds=settings.reload_seconds,
    )
    isolated = Isolating(handler, publisher=publisher, clock=context.clock, metrics=metrics)
    return StreamService(
        build_app(settings, isolated), publisher, beside=[reloading.run], waiting=context.waiting, metrics=metrics
    )


if __name__ == "__main__":
    process.run("tagger", TaggerSettings, build)
