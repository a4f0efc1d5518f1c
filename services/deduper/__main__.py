"""Composition root: ``python -m services.deduper``."""

from services.deduper.edges.article_log import KafkaArticleLog
from services.deduper.edges.kafka_app import build_app
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.handler import Deduper
from services.deduper.judge import Judge
from services.deduper.metrics import DeduperMetrics
from services.deduper.rebuild import Rebuild
from services.deduper.settings import DeduperSettings
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
    kafka, client, clock = kafka_of(settings), redis.connect(redis_of(settings)), context.clock
    publisher = KafkaPublisher(kafka=kafka, client_id="wirewatch-deduper", clock=clock, waiting=context.waiting)
    vocabulary_of, window_s = Vocabularies().of, settings.window_hours * 3600
    store = RedisIndexStore(client, redis.RedisCalls(clock, context.waiting), window_s=window_s)
    rebuild = Rebuild(
        store,
        KafkaArticleLog(kafka, clock, context.waiting),
        clock,
        vocabulary_of,
        window_s=window_s,
        say=context.waiting.busy_with,
    )
    judge = Judge(store, clock, window_s=window_s, rebuild=rebuild.ensure)
    handler = Deduper(judge, publisher, clock, metrics, vocabulary_of)
    return StreamService(
        build_app(settings, Isolating(handler, publisher=publisher, clock=clock, metrics=metrics)),
        publisher,
        waiting=context.waiting,
        metrics=metrics,
        before=[rebuild.ensure],
        closing=[client.aclose],
    )


if __name__ == "__main__":
    process.run("deduper", DeduperSettings, build)
