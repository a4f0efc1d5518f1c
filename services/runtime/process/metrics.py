"""Metrics: each service lists its own in ``metrics.py`` as typed definitions, built on a registry that is passed in.

A name is ``wirewatch_<service>_<what>_<unit>``; a label never holds a URL or an id. Every label value of a closed set
exists at zero from the start, so that a rate over a quiet counter is 0 and not "no data".
"""

import collections
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import product
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from services.runtime.messages.dead_letter_ratio import PoisonShare
from services.runtime.messages.delivery import Delivery

M = TypeVar("M", bound=MetricWrapperBase)

STAGE_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# The edges of the objectives (5 and 30 s), and fine where the answers lie (60 to 600 s).
LATENCY_BUCKETS_SECONDS = (
    *(0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 75, 90, 120, 150, 180, 210, 240, 270),
    *(300, 360, 420, 480, 600, 900, 1800, 3600, 21600, 86400),
)


class Metrics:
    """Makes metrics on ``registry``, each named ``<prefix>_<name>``.

    A label is given with its values, and a series for each exists at once; a label without values is an open set.
    """

    def __init__(self, prefix: str, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._prefix = prefix

    def counter(self, name: str, text: str, /, **labels: Iterable[str]) -> Counter:
        """Counts up; ``name`` ends in ``_total``."""
        return _made(Counter, f"{self._prefix}_{name}", text, labels, self.registry)

    def gauge(self, name: str, text: str, /, **labels: Iterable[str]) -> Gauge:
        """Goes up and down, and is 0 at first."""
        return _made(Gauge, f"{self._prefix}_{name}", text, labels, self.registry)

    def histogram(self, name: str, text: str, buckets: Sequence[float], /, **labels: Iterable[str]) -> Histogram:
        """Observes seconds."""
        return _made(Histogram, f"{self._prefix}_{name}", text, labels, self.registry, buckets=buckets)


class WaitingMetrics(Metrics):
    """What every process says that waits for servers: whether, since when, and the last progress."""

    def __init__(self, prefix: str, registry: CollectorRegistry, *, progress: str) -> None:
        super().__init__(prefix, registry)
        self.last_progress = self.gauge(
            "last_progress_timestamp_seconds", f"When a {progress} was last finished (Unix time); 0 before the first."
        )
        self.waiting = self.gauge(
            "waiting", "1 while the service waits for a server that is away.", server=("kafka", "redis")
        )
        self.waiting_since = self.gauge(
            "waiting_since_timestamp_seconds",
            "Since when the service has waited for a server that is away (Unix time); 0 while it does not.",
            server=("kafka", "redis"),
        )
        build_info(registry)


class ServiceMetrics(WaitingMetrics):
    """What every stream service counts. Services subclass it and add their own.

    ``statuses`` is the service's closed set: the sum over it equals the deliveries, and a test says so.
    """

    def __init__(self, service: str, statuses: Sequence[str], registry: CollectorRegistry) -> None:
        super().__init__(f"wirewatch_{service}", registry, progress="batch")
        self.service = service
        self.poison = PoisonShare()
        self.articles = self.counter("articles_total", "Deliveries by the one status each ended in.", status=statuses)
        self.batch_seconds = self.histogram(
            "batch_seconds", "Time from taking a batch to having acted on all of it.", STAGE_BUCKETS_SECONDS
        )
        self.lag_seconds = self.gauge(
            "lag_seconds",
            "Age of the newest message of the last batch when all of it was acted on: how far this service is behind.",
        )
        self.dead = self.counter(
            "dead_letters_total",
            "Messages sent to the dead-letter topic, by reason.",
            reason=("undecodable", "too_large", "defect"),
        )

    def finished(self, batch: Sequence[Delivery], statuses: Sequence[str], *, now: datetime, seconds: float) -> None:
        """Count a batch that was acted on: a status for each of its deliveries, and what it took (seconds)."""
        for status, count in collections.Counter(statuses).items():
            self.articles.labels(status).inc(count)
        self.poison.took((status == "dead" for status in statuses), now)
        self.batch_seconds.observe(seconds)
        self.last_progress.set(now.timestamp())
        if batch:
            newest = max(delivery.sent_at for delivery in batch)
            self.lag_seconds.set(max(0.0, (now - newest).total_seconds()))


class ServerTimes:
    """How long Kafka and Redis take, as every service sees it: one name for all; the scrape adds the service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Metrics("wirewatch", registry).histogram(
            "server_call_seconds",
            "Time until a server had done what was asked, waiting while it is away included: kafka is sending a batch "
            "until it is acknowledged, redis is one command, script or pipeline.",
            STAGE_BUCKETS_SECONDS,
            server=("kafka", "redis"),
        )


def config_info(registry: CollectorRegistry, settings: object) -> None:
    """A digest of the settings: workers of one service whose digests differ have different settings.

    ``settings`` is a frozen dataclass. What is a secret is in files, of which only the names are settings, or in the
    password of an address, which no digest this short gives away.
    """
    digest = hashlib.sha256(repr(settings).encode()).hexdigest()[:8]
    text = "Always 1; the label is a digest of the settings."
    Metrics("wirewatch", registry).gauge("config_info", text, hash=[digest]).labels(digest).set(1)


def build_info(registry: CollectorRegistry) -> None:
    """The version that is running, as a gauge that is always 1."""
    text, running = "Always 1; the labels say what runs.", version("wirewatch")
    Metrics("wirewatch", registry).gauge("build_info", text, version=[running]).labels(running).set(1)


def counter(name: str, documentation: str, registry: CollectorRegistry, **labels: Iterable[str]) -> Counter:
    """A counter whose label values of one closed set all exist at zero."""
    return _made(Counter, name, documentation, labels, registry)


def _made(
    kind: type[M], name: str, text: str, labels: Mapping[str, Iterable[str]], registry: CollectorRegistry, **more: Any
) -> M:
    metric = kind(name, text, tuple(labels), registry=registry, **more)
    for values in product(*labels.values()) if labels else ():
        metric.labels(*values)
    return metric
