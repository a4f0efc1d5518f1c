"""Composition root of the notifier: ``python -m services.notifier``."""

import os
from datetime import timedelta
from functools import partial

from services.notifier.core.watches import ActiveWatches
from services.notifier.dispatcher import Dispatcher
from services.notifier.edges import watch_file
from services.notifier.edges.apprise import AppriseSender
from services.notifier.edges.kafka_app import build_app
from services.notifier.edges.log import LogSender
from services.notifier.edges.redis import RedisOutbox
from services.notifier.edges.webhook import WebhookSender
from services.notifier.handler import NotifierHandler
from services.notifier.metrics import NotifierMetrics
from services.notifier.settings import NotifierSettings
from services.runtime.errors import UsageError
from services.runtime.files.reload import Reloading
from services.runtime.http.ssrf_guard import Guard, allowed_by
from services.runtime.kafka.connection import kafka_of, redis_of
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.kafka.service import StreamService
from services.runtime.messages.isolate import Isolating
from services.runtime.process import run as process
from services.runtime.process.run import Context, Service
from services.runtime.redis.connection import RedisCalls, connect

STOP_SECONDS = 5.0  # for what is being sent; what takes longer is sent again after the next start
MAX_TIMEOUT_SECONDS = 60.0  # half of the lease that the dispatcher takes on a notification


def build(settings: NotifierSettings, context: Context) -> Service:
    """The notifier on real Kafka and Redis, put together and not started."""
    _check(settings)
    environ, clock, waiting = os.environ, context.clock, context.waiting
    metrics = NotifierMetrics(context.registry)
    waiting.show_on(metrics.waiting, metrics.waiting_since)
    watches = watch_file.load(settings.watches, environ)
    publisher = KafkaPublisher(kafka=kafka_of(settings), client_id="wirewatch-notifier", clock=clock, waiting=waiting)
    redis = connect(redis_of(settings))
    outbox = RedisOutbox(redis, RedisCalls(clock, waiting), remember=timedelta(days=settings.remember_days))
    allowed = allowed_by("notifier", settings.allow_private, settings.allow_ports)
    webhooks = WebhookSender(guard=Guard(allowed), clock=clock, timeout_seconds=settings.timeout_seconds)
    apprise = AppriseSender(timeout_seconds=settings.timeout_seconds)

    def use(changed: ActiveWatches) -> None:
        handler.use(changed)
        dispatcher.use(changed)

    reloading = Reloading(
        "watches",
        stamp=partial(watch_file.stamp, settings.watches),
        load=partial(watch_file.load, settings.watches, environ),
        use=use,
        reloads=metrics.reloads,
        clock=clock,
        every_seconds=settings.reload_seconds,
    )
    dispatcher = Dispatcher(
        watches=watches,
        outbox=outbox,
        senders={"log": LogSender(), "webhook": webhooks, "apprise": apprise},
        dead_after=timedelta(hours=settings.dead_after_hours),
        clock=clock,
        metrics=metrics,
        look=reloading.look,
    )
    handler = NotifierHandler(
        watches=watches,
        outbox=outbox,
        publisher=publisher,
        stale_after=timedelta(hours=settings.stale_after_hours),
        clock=clock,
        metrics=metrics,
        wake=dispatcher.wake,
    )
    return StreamService(
        build_app(settings, Isolating(handler, publisher=publisher, clock=clock, metrics=metrics)),
        publisher,
        beside=[dispatcher.run, reloading.run],
        finishing=[partial(dispatcher.stop, within_seconds=STOP_SECONDS)],
        closing=[webhooks.close, apprise.close, redis.aclose],
        waiting=waiting,
        metrics=metrics,
    )


def _check(settings: NotifierSettings) -> None:
    """Refuse settings that would send an alert twice. Raises :class:`UsageError`."""
    if settings.remember_days * 24 <= settings.stale_after_hours:
        raise UsageError(
            f"WIREWATCH_NOTIFIER_REMEMBER_DAYS is {settings.remember_days:g}: it must be longer than "
            f"WIREWATCH_NOTIFIER_STALE_AFTER_HOURS ({settings.stale_after_hours:g} h), or an alert could be sent twice."
        )
    if not 0 < settings.timeout_seconds <= MAX_TIMEOUT_SECONDS:
        raise UsageError(
            f"WIREWATCH_NOTIFIER_TIMEOUT_SECONDS is {settings.timeout_seconds:g}: "
            f"give more than 0 and at most {MAX_TIMEOUT_SECONDS:g}."
        )


if __name__ == "__main__":
    process.run("notifier", NotifierSettings, build)
