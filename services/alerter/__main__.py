"""Composition root of the alerter: ``python -m services.alerter``."""

from datetime import timedelta
from functools import partial

from services.alert_store.redis import AlertRecords
from services.alerter import severity_file
from services.alerter.edges.kafka_app import build_app
from services.alerter.edges.redis import RedisStories
from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.settings import AlerterSettings
from services.alerter.status import STATUSES
from services.runtime.files import shipped as files
from services.runtime.files import yaml
from services.runtime.kafka.connection import kafka_of, redis_of
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.service import StreamService
from services.runtime.messages.isolate import Isolating
from services.runtime.process import run as process
from services.runtime.process.run import Context, Service
from services.runtime.redis.connection import RedisCalls, connect


def build(settings: AlerterSettings, context: Context) -> Service:
    """The alerter on real Kafka and Redis."""
    rules = severity_file.load(settings.severity_file or files.seeds() / "severity.yaml")
    metrics = AlerterMetrics(STATUSES, context.registry)
    _begin(metrics)
    waiting = context.waiting
    waiting.show_on(metrics.waiting, metrics.waiting_since)
    publisher = KafkaPublisher(
        kafka=kafka_of(settings),
        client_id="wirewatch-alerter",
        clock=context.clock,
        waiting=waiting,
        compression="gzip",  # alerts is public
    )
    redis = connect(redis_of(settings))
    calls = RedisCalls(context.clock, waiting)
    store = AlertRecords(redis, calls, context.clock, settings.retention())
    handler = AlerterHandler(
        store=store,
        stories=RedisStories(redis, calls),
        publisher=publisher,
        rules=rules,
        stale_after=timedelta(hours=settings.stale_after_hours),
        clock=context.clock,
        metrics=metrics,
    )

    async def sweep_at_intervals() -> None:
        while True:
            await context.clock.sleep(settings.sweep_seconds)
            await handler.sweep()

    return StreamService(
        build_app(settings, Isolating(handler, publisher=publisher, clock=context.clock, metrics=metrics)),
        publisher,
        before=[partial(handler.sweep, older_than_seconds=0)],  # what a crash left unsent goes first
        beside=[sweep_at_intervals],
        closing=[redis.aclose],
        waiting=waiting,
        metrics=metrics,
    )


def _begin(metrics: AlerterMetrics) -> None:
    """The topics, states and organisations of the shipped files, at zero."""
    seeds = files.seeds()
    named = yaml.parse(yaml.read_bytes(seeds / "actors.yaml"), "actors.yaml").value
    metrics.begin(
        topics=sorted(path.stem for path in (seeds / "topics").glob("*.yaml")),
        countries=named["states"],
        actors=[*named["states"], *named["others"]],
    )


if __name__ == "__main__":
    process.run("alerter", AlerterSettings, build)
