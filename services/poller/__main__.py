"""Composition root of the poller."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from services.poller.app import PollerService
from services.poller.core.canonical import host_of
from services.poller.core.model import FeedConfig
from services.poller.edges import language, publishers
from services.poller.edges.egress import Egress
from services.poller.edges.feedlist import FeedList
from services.poller.edges.lag import ConsumerLag
from services.poller.edges.robots import PolitePages
from services.poller.edges.store import RedisFeedStore
from services.poller.edges.workers import WorkerPool
from services.poller.handler import Poller
from services.poller.metrics import PollerMetrics
from services.poller.settings import PollerSettings
from services.runtime import process
from services.runtime.access import kafka_of, redis_of
from services.runtime.errors import UsageError
from services.runtime.guard import Allowed, parse_allowed, why_refused
from services.runtime.kafka import KafkaPublisher
from services.runtime.redis import RedisCalls, connect


def build(settings: PollerSettings, context: process.Context) -> PollerService:
    """The poller, put together and not started. Raises :class:`UsageError` for settings and lists that are no use."""
    metrics = PollerMetrics(context.registry)
    waiting = context.waiting
    waiting.show_on(metrics.waiting)
    allowed = allowed_of(settings)
    egress = Egress(allowed=allowed, user_agent=user_agent(settings.contact), connections=settings.fetchers * 2)
    workers = WorkerPool(settings.workers)
    store = RedisFeedStore(connect(redis_of(settings)), RedisCalls(context.clock, waiting))
    kafka = kafka_of(settings)
    publisher = KafkaPublisher(kafka=kafka, client_id="wirewatch-poller", clock=context.clock, waiting=waiting)
    feeds = FeedList([Path(name) for name in settings.feeds])
    feeds.load()
    pages = PolitePages(egress=egress, documents=workers, store=store, metrics=metrics, clock=context.clock)
    poller = Poller(
        fetcher=egress,
        documents=workers,
        pages=pages if settings.full_text else None,
        store=store,
        publisher=publisher,
        publishers=publishers.load(),
        detect=language.detect,
        metrics=metrics,
        clock=context.clock,
        host_gap_seconds=settings.host_gap_seconds,
        listed=lambda feed_id: feed_id in feeds.feeds,
        unhurried=lambda config: not is_ours(config, allowed),
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
        closing=(egress.close, workers.close, store.close),
    )


def user_agent(contact: str) -> str:
    """Who asks: name, version and where a publisher finds us."""
    return f"wirewatch/{version('wirewatch')} (+{contact})"


def allowed_of(settings: PollerSettings) -> Allowed:
    """What may be asked. Raises :class:`UsageError` naming the setting."""
    try:
        ports = [int(port) for port in settings.allow_ports]
    except ValueError:
        raise UsageError("WIREWATCH_POLLER_ALLOW_PORTS takes port numbers separated by commas.") from None
    try:
        return parse_allowed(settings.allow_private, ports)
    except ValueError as error:
        raise UsageError(f"WIREWATCH_POLLER_ALLOW_PRIVATE: {error}.") from None


def is_ours(config: FeedConfig, allowed: Allowed) -> bool:
    """Whether the feed is on a host the operator allowed by name or address, with an interval of the operator's.

    The gap between two requests protects strangers; the operator's own server needs none.
    """
    host = host_of(config.url) or ""
    if config.interval_seconds is None:
        return False
    listed = any(name == host for name, _ in allowed.hosts)
    literal = (
        bool(allowed.networks)
        and why_refused(host, 443, Allowed(networks=allowed.networks, ports=()), named=False) is None
    )
    return listed or literal


if __name__ == "__main__":
    process.run("poller", PollerSettings, build)
