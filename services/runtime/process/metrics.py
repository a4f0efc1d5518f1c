"""Metrics: each service lists its own in ``metrics.py`` as typed definitions, built on a registry that is passed in.

A name is ``wirewatch_<service>_<what>_<unit>``; a label never holds a URL or an id. Every label value of a closed set
exists at zero from the start, so that a rate over a quiet counter is 0 and not "no data".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.runtime.messages.dead_letter_ratio import PoisonShare
from services.runtime.messages.delivery import Delivery

STAGE_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# The edges of the objectives (5 and 30 s), and fine where the answers lie (60 to 600 s).
LATENCY_BUCKETS_SECONDS = (
    *(0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 75, 90, 120, 150, 180, 210, 240, 270),
    *(300, 360, 420, 480, 600, 900, 1800, 3600, 21600, 86400),
)


class ServiceMetrics:
    """What every stream service counts. Services subclass it and add their own.

    ``statuses`` is the service's closed set: the sum over it equals the deliveries, and a test says so.
    """

    def __init__(self, service: str, statuses: Sequence[str], registry: CollectorRegistry) -> None:
        self.service = service
        self.poison = PoisonShare()
        self.registry = registry
        self.articles = counter(
            f"wirewatch_{service}_articles_total",
            "Deliveries by the one status each ended in.",
            registry,
            status=statuses,
        )
        self.batch_seconds = Histogram(
            f"wirewatch_{service}_batch_seconds",
            "Time from taking a batch to having acted on all of it.",
            registry=registry,
            buckets=STAGE_BUCKETS_SECONDS,
        )
        self.lag_seconds = Gauge(
            f"wirewatch_{service}_lag_seconds",
            "Age of the newest message of the last batch when all of it was acted on: how far this service is behind.",
            registry=registry,
        )
        self.last_progress = Gauge(
            f"wirewatch_{service}_last_progress_timestamp_seconds",
            "When a batch was last finished (Unix time); 0 before the first.",
            registry=registry,
        )
        self.waiting = Gauge(
            f"wirewatch_{service}_waiting",
            "1 while the service waits for a server that is away.",
            ["server"],
            registry=registry,
        )
        self.waiting_since = Gauge(
            f"wirewatch_{service}_waiting_since_timestamp_seconds",
            "Since when the service has waited for a server that is away (Unix time); 0 while it does not.",
            ["server"],
            registry=registry,
        )
        for server in ("kafka", "redis"):
            self.waiting.labels(server).set(0)
            self.waiting_since.labels(server).set(0)
        self.dead = counter(
            f"wirewatch_{service}_dead_letters_total",
            "Messages sent to the dead-letter topic, by reason.",
            registry,
            reason=("undecodable", "too_large", "defect"),
        )
        build_info(registry)

    def finished(self, batch: Sequence[Delivery], statuses: Sequence[str], *, now: datetime, seconds: float) -> None:
        """Count a batch that was acted on: a status for each of its deliveries, and what it took (seconds)."""
        for status in statuses:
            self.articles.labels(status).inc()
        self.poison.took((status == "dead" for status in statuses), now)
        self.batch_seconds.observe(seconds)
        self.last_progress.set(now.timestamp())
        if batch:
            newest = max(delivery.sent_at for delivery in batch)
            self.lag_seconds.set(max(0.0, (now - newest).total_seconds()))


class ServerTimes:
    """How long Kafka and Redis take, as every service sees it: one name for all; the scrape adds the service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "wirewatch_server_call_seconds",
            "Time until a server had done what was asked, waiting while it is away included: kafka is sending a batch "
            "until it is acknowledged, redis is one command, script or pipeline.",
            ["server"],
            registry=registry,
            buckets=STAGE_BUCKETS_SECONDS,
        )
        for server in ("kafka", "redis"):
            self.seconds.labels(server)


def config_info(registry: CollectorRegistry, settings: object) -> None:
    """A digest of the settings: workers of one service whose digests differ have different settings.

    ``settings`` is a frozen dataclass. What is a secret is in files, of which only the names are settings, or in the
    password of an address, which no digest this short gives away.
    """
    told = hashlib.sha256(repr(settings).encode()).hexdigest()[:8]
    info = Gauge(
        "wirewatch_config_info", "Always 1; the label is a digest of the settings.", ["hash"], registry=registry
    )
    info.labels(told).set(1)


def build_info(registry: CollectorRegistry) -> None:
    """The version that is running, as a gauge that is always 1."""
    info = Gauge("wirewatch_build_info", "Always 1; the labels say what runs.", ["version"], registry=registry)
    info.labels(version("wirewatch")).set(1)


def counter(name: str, documentation: str, registry: CollectorRegistry, **labels: Iterable[str]) -> Counter:
    """A counter whose label values of one closed set all exist at zero. One label at most has its set given."""
    made = Counter(name, documentation, list(labels), registry=registry)
    for values in labels.values() if len(labels) == 1 else ():
        for value in values:
            made.labels(value)
    return made
