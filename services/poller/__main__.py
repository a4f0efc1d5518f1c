"""Composition root of the poller."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from services.poller.app import PollerService
from services.poller.core.canonical import host_of
from services.poller.core.model import FeedConfig
from services.poller.edges import language, publishers
from services.poller.edges.callbacks import CallbackServer
from services.poller.edges.egress import Egress
from services.poller.edges.feedlist import FeedList
from services.poller.edges.lag import ConsumerLag
from services.poller.edges.pushes import RedisPushStore
from services.poller.edges.robots import PolitePages
from services.poller.edges.store import RedisFeedStore
from services.poller.edges.workers import WorkerPool
from services.poller.handler import Poller
from services.poller.intake import Intake
from services.poller.metrics import PollerMetrics
from services.poller.settings import PollerSettings, allowed_of, unvalidated_of, user_agent
from services.poller.subscriptions import Subscriptions
from services.runtime.errors import UsageError
from services.runtime.http.ssrf_guard import Allowed, why_refused
from services.runtime.kafka.connection import kafka_of, redis_of
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.process import run as process
from services.runtime.redis.connection import RedisCalls, connect


def build(settings: PollerSettings, context: process.Context) -> PollerService:
    """The poller, put together and not started. Raises :class:`UsageError` for settings and lists that are no use."""
    metrics = PollerMetrics(context.registry)
    waiting = context.waiting
    waiting.show_on(metrics.waiting, metrics.waiting_since)
    allowed = allowed_of(settings)
    egress = Egress(allowed=allowed, user_agent=user_agent(settings.contact), connections=settings.fetchers * 2)
    workers = WorkerPool(settings.workers)
    client, calls = connect(redis_of(settings)), RedisCalls(context.clock, waiting)
    store = RedisFeedStore(client, calls)
    kafka = kafka_of(settings)
    publisher = KafkaPublisher(kafka=kafka, client_id="wirewatch-poller", clock=context.clock, waiting=waiting)
    feeds = FeedList([Path(name) for name in settings.feeds])
    feeds.load()
    pages = PolitePages(egress=egress, documents=workers, store=store, metrics=metrics, clock=context.clock)
    subscriptions = _subscriptions(
        settings, context, egress, store, RedisPushStore(client, calls), metrics, feeds, allowed
    )
    intake = Intake(
        documents=workers,
        pages=pages if settings.full_text else None,
        store=store,
        publisher=publisher,
        publishers=publishers.load(),
        detect=language.detect,
        metrics=metrics,
        clock=context.clock,
        host_gap_seconds=settings.host_gap_seconds,
    )
    poller = Poller(
        fetcher=egress,
        intake=intake,
        store=store,
        metrics=metrics,
        clock=context.clock,
        host_gap_seconds=settings.host_gap_seconds,
        listed=lambda feed_id: feed_id in feeds.feeds,
        unhurried=lambda config: not is_ours(config, allowed),
        hubs=subscriptions,
        unvalidated_seconds=unvalidated_of(settings),
    )
    listener = (
        CallbackServer(
            host=settings.websub_host, port=settings.websub_port, subscriptions=subscriptions, metrics=metrics
        )
        if subscriptions is not None
        else None
    )
    return PollerService(
        feeds=feeds,
        store=store,
        publisher=publisher,
        poller=poller,
        metrics=metrics,
        clock=context.clock,
        waiting=waiting,
        lag=ConsumerLag(kafka=kafka, limit=settings.max_lag, metrics=metrics, clock=context.clock),
        fetchers=settings.fetchers,
        spread_seconds=settings.spread_seconds,
        subscriptions=subscriptions,
        listener=listener,
        closing=(egress.close, workers.close, store.close),
    )


def _subscriptions(
    settings: PollerSettings,
    context: process.Context,
    egress: Egress,
    store: RedisFeedStore,
    pushes: RedisPushStore,
    metrics: PollerMetrics,
    feeds: FeedList,
    allowed: Allowed,
) -> Subscriptions | None:
    """None where the operator names no public address."""
    if not settings.websub_url:
        return None
    if urlsplit(settings.websub_url).scheme not in ("http", "https") or not host_of(settings.websub_url):
        raise UsageError(
            f"WIREWATCH_POLLER_WEBSUB_URL is {settings.websub_url[:200]!r}: give the address under which hubs reach "
            "this machine, as in https://hooks.example.org/wirewatch, or nothing."
        )
    return Subscriptions(
        public_url=settings.websub_url,
        hubs=egress,
        store=pushes,
        hosts=store,
        metrics=metrics,
        clock=context.clock,
        listed=lambda feed_id: feed_id in feeds.feeds,
        usable=lambda url: url.startswith("https:") or is_allowed(url, allowed),
        hurried=lambda url: is_allowed(url, allowed),
        gap_seconds=settings.host_gap_seconds,
    )


def is_ours(config: FeedConfig, allowed: Allowed) -> bool:
    """Whether the feed is on a host the operator allowed by name or address, with an interval of the operator's.

    The gap between two requests protects strangers; the operator's own server needs none.
    """
    return config.interval_seconds is not None and is_allowed(config.url, allowed)


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
