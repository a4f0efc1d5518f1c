"""Composition root of the poller."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.contracts import topics
from services.poller.article_pages import ArticlePages
from services.poller.core.canonical import host_of
from services.poller.edges import language, publishers
from services.poller.edges.egress import Egress
from services.poller.edges.feedlist import FeedList
from services.poller.edges.redis import RedisFeedStore
from services.poller.handler import Poller
from services.poller.ingest import FeedIngest
from services.poller.metrics import PollerMetrics
from services.poller.parsing.pool import WorkerPool
from services.poller.publishing import ArticlePublisher
from services.poller.rechecks.rechecker import Rechecker
from services.poller.rechecks.store import RedisWatchedPages
from services.poller.scheduler import Scheduler
from services.poller.service import PollerService
from services.poller.settings import PollerSettings, allowed_of, daily_bytes_of, recheck_after_of, user_agent
from services.poller.websub.server import CallbackServer
from services.poller.websub.store import RedisPushStore
from services.poller.websub.subscriptions import Subscriptions
from services.runtime import services
from services.runtime.errors import UsageError
from services.runtime.http.ssrf_guard import Allowed, why_refused
from services.runtime.kafka.connection import kafka_of, redis_of
from services.runtime.kafka.group_reader import GroupReader
from services.runtime.kafka.lag import ConsumerLag, LagMetrics
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.process import run as process
from services.runtime.redis.connection import RedisCalls, connect


class _World:
    """What all parts share. Raises :class:`UsageError` for settings and lists that are no use."""

    def __init__(self, settings: PollerSettings, context: process.Context) -> None:
        self.settings = settings
        self.context = context
        self.metrics = PollerMetrics(context.registry)
        context.waiting.show_on(self.metrics.waiting, self.metrics.waiting_since)
        self.allowed = allowed_of(settings)
        self.client, self.calls = connect(redis_of(settings)), RedisCalls(context.clock, context.waiting)
        self.feeds = FeedList([Path(name) for name in settings.feeds])
        self.feeds.load()
        agent = user_agent(settings.contact)
        self.egress = Egress(allowed=self.allowed, user_agent=agent, connections=settings.fetchers * 2)
        self.store = RedisFeedStore(self.client, self.calls, context.clock)


def build(settings: PollerSettings, context: process.Context) -> PollerService:
    """The poller, put together and not started. Raises what :class:`_World` raises."""
    world = _World(settings, context)
    waiting, kafka = context.waiting, kafka_of(settings)
    workers = WorkerPool(settings.workers)
    pages = ArticlePages(
        egress=world.egress, documents=workers, store=world.store, metrics=world.metrics, clock=context.clock
    )
    publisher = KafkaPublisher(kafka=kafka, client_id="wirewatch-poller", clock=context.clock, waiting=waiting)
    lag = ConsumerLag(kafka=kafka, limit=settings.max_lag, metrics=LagMetrics(context.registry), clock=context.clock)
    subscriptions = _subscriptions(world)
    beside: list[Callable[[], Coroutine[Any, Any, None]]] = [lag.watch]
    if subscriptions is not None:
        beside.append(partial(subscriptions.keep, lambda: bool(waiting.servers)))
    if settings.rechecks:
        rechecker = _rechecker(world, pages, publisher, lambda: scheduler.busy())
        beside.append(rechecker.run)
        group = services.declared()["poller"].group
        alerts = GroupReader(kafka=kafka, group=group, topic=topics.ALERTS, handle=rechecker.take, clock=context.clock)
        beside.append(alerts.run)
    scheduler = Scheduler(
        feeds=world.feeds,
        store=world.store,
        poller=_poller(world, workers, pages, publisher, subscriptions),
        metrics=world.metrics,
        clock=context.clock,
        waiting=waiting,
        fetchers=settings.fetchers,
        spread_seconds=settings.spread_seconds,
        held_back=lambda: lag.held_back,
        # without it a poller with nothing new to send would go on asking feeds while the broker is away
        check_publisher=publisher.check,
        unlisted=subscriptions.leave_unlisted if subscriptions is not None else None,
        beside=beside,
    )
    listener = None
    if subscriptions is not None:
        listener = CallbackServer(
            host=settings.websub_host, port=settings.websub_port, subscriptions=subscriptions, metrics=world.metrics
        )
    return PollerService(
        scheduler=scheduler,
        publisher=publisher,
        listener=listener,
        closing=(world.egress.aclose, workers.aclose, world.client.aclose),
    )


def _poller(
    world: _World,
    workers: WorkerPool,
    pages: ArticlePages,
    publisher: KafkaPublisher,
    subscriptions: Subscriptions | None,
) -> Poller:
    """What fetches and publishes."""
    settings, metrics, clock, store = world.settings, world.metrics, world.context.clock, world.store
    ingest = FeedIngest(
        documents=workers,
        pages=pages if settings.full_text else None,
        store=store,
        articles=ArticlePublisher(
            store=store,
            publisher=publisher,
            publishers=publishers.load(),
            detect=language.detect,
            metrics=metrics,
            clock=clock,
        ),
        metrics=metrics,
        clock=clock,
        host_gap_seconds=settings.host_gap_seconds,
    )
    return Poller(
        fetcher=world.egress,
        ingest=ingest,
        store=store,
        metrics=metrics,
        clock=clock,
        host_gap_seconds=settings.host_gap_seconds,
        listed=lambda feed_id: feed_id in world.feeds.feeds,
        # The gap protects other people's servers; the operator's own, with an interval of the operator's, need none.
        exempt_from_host_gap=lambda feed: feed.interval_seconds is not None and is_allowed(feed.url, world.allowed),
        hubs=subscriptions,
        pages=pages,
        daily_bytes=daily_bytes_of(settings),
    )


def _rechecker(world: _World, pages: ArticlePages, publisher: KafkaPublisher, busy: Callable[[], bool]) -> Rechecker:
    settings = world.settings
    after = recheck_after_of(settings)
    return Rechecker(
        store=RedisWatchedPages(world.client, world.calls, kept_for=after[-1] + 2 * after[0] + timedelta(days=1)),
        pages=pages,
        publisher=publisher,
        metrics=world.metrics,
        clock=world.context.clock,
        after=after,
        a_day=settings.rechecks_per_day,
        host_gap_seconds=settings.host_gap_seconds,
        busy=busy,
    )


def _subscriptions(world: _World) -> Subscriptions | None:
    """None where the operator names no public address."""
    settings = world.settings
    if not settings.websub_url:
        return None
    if urlsplit(settings.websub_url).scheme not in ("http", "https") or not host_of(settings.websub_url):
        raise UsageError(
            f"WIREWATCH_POLLER_WEBSUB_URL is {settings.websub_url[:200]!r}: give the address under which hubs reach "
            "this machine, as in https://hooks.example.org/wirewatch, or nothing."
        )
    return Subscriptions(
        public_url=settings.websub_url,
        hubs=world.egress,
        store=RedisPushStore(world.client, world.calls),
        hosts=world.store,
        metrics=world.metrics,
        clock=world.context.clock,
        listed=lambda feed_id: feed_id in world.feeds.feeds,
        usable=lambda url: url.startswith("https:") or is_allowed(url, world.allowed),
        exempt_from_host_gap=lambda url: is_allowed(url, world.allowed),
        gap_seconds=settings.host_gap_seconds,
    )


def is_allowed(url: str, allowed: Allowed) -> bool:
    """Whether the address is on a host that the operator allowed by name or address."""
    host = host_of(url) or ""
    listed = any(name == host for name, _ in allowed.hosts)
    literal = (
        bool(allowed.networks)
        and why_refused(host, 443, Allowed(networks=allowed.networks, ports=()), named=False) is None
    )
    return listed or literal


if __name__ == "__main__":
    process.run("poller", PollerSettings, build)
