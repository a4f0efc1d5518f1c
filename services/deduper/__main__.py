"""Composition root: ``python -m services.deduper``."""

from __future__ import annotations

from services.deduper.edges.kafka_app import build_app
from services.deduper.handler import Deduper
from services.deduper.metrics import DeduperMetrics
from services.deduper.settings import DeduperSettings
from services.deduper.store.redis import RedisStories
from services.deduper.vocabularies import Vocabularies
from services.runtime.kafka.connection import kafka_of, redis_of
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.service import StreamService
from services.runtime.messages.isolate import Isolating
from services.runtime.process import run as process
from services.runtime.process.run import Context
from services.runtime.redis import connection as redis


def build(settings: DeduperSettings, context: Context) -> StreamService:
    """The deduper, put together; nothing has started."""
    metrics = DeduperMetrics(context.registry)
    context.waiting.show_on(metrics.waiting, metrics.waiting_since)
    client = redis.connect(redis_of(settings))
    publisher = KafkaPublisher(
        kafka=kafka_of(settings), client_id="wirewatch-deduper", clock=context.clock, waiting=context.waiting
    )
    store = RedisStories(
        client,
        redis.RedisCalls(context.clock, context.waiting),
        context.clock,
        window_s=settings.window_hours * 3600,
    )
    handler = Deduper(store, publisher, context.clock, metrics, Vocabularies().of)
    isolated = Isolating(handler, publisher=publisher, clock=context.clock, metrics=metrics)
    return StreamService(
        build_app(settings, isolated), publisher, closing=[client.aclose], waiting=context.waiting, metrics=metrics
    )


if __name__ == "__main__":
    process.run("deduper", DeduperSettings, build)
