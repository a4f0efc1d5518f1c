"""The services' metrics on a port, each with something in it, so that a real Prometheus can be asked real questions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Protocol

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    Summary,
    generate_latest,
)

from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES
from services.api.metrics import ApiMetrics
from services.archive.metrics import ArchiveMetrics
from services.contracts.feedback import Judged
from services.deduper.metrics import DeduperMetrics
from services.notifier.metrics import NotifierMetrics
from services.poller.metrics import PollerMetrics
from services.runtime.kafka.lag import LagMetrics
from services.runtime.process.metrics import ServerTimes, config_info
from services.tagger.metrics import TaggerMetrics

Metric = Counter | Gauge | Histogram | Summary

# What redis_exporter 1.69 says of a Redis 8, as far as dashboards and alarms ask for it.
REDIS = """\
redis_up 1
redis_memory_used_bytes 1804408
redis_memory_max_bytes 536870912
redis_aof_last_write_status 1
redis_aof_last_bgrewrite_status 1
redis_aof_current_size_bytes 4096
redis_commands_processed_total 4711
"""


class _Poller(PollerMetrics):
    """The poller's, and what it shows of the others."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        vars(self).update(vars(LagMetrics(registry)))


class _Api(ApiMetrics):
    """The api's, once analysts have judged something."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.judged([Judged(by="topic", name="alliances", useful=1)])


SERVICES: dict[str, Callable[[CollectorRegistry], object]] = {
    "poller": _Poller,
    "deduper": DeduperMetrics,
    "tagger": TaggerMetrics,
    "alerter": lambda registry: AlerterMetrics(STATUSES, registry),
    "notifier": NotifierMetrics,
    "archive": ArchiveMetrics,
    "api": _Api,
}


class Looked(Protocol):
    """What is asked for its metrics; None where it does not answer."""

    def look(self) -> bytes | None: ...


class Process:
    """A process of a service that has run for ``age`` seconds, and counts what a test says that happened."""

    def __init__(self, name: str, age: float = 0.0) -> None:
        self.registry = CollectorRegistry()
        self.metrics: Any = SERVICES[name](self.registry)
        started = Gauge("process_start_time_seconds", "When the process began (Unix time).", registry=self.registry)
        started.set(time.time() - age)
        self.away = False

    def look(self) -> bytes | None:
        """The exposition, or None while it is away."""
        return None if self.away else generate_latest(self.registry)


class Service:
    """A service's metrics. Each look at them finds every counter one higher and one more observation everywhere."""

    def __init__(self, name: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry, pid=os.getpid)
        config_info(self.registry, None)
        times = ServerTimes(self.registry)
        made = SERVICES[name](self.registry)
        self._metrics: list[Metric] = [
            metric
            for metric in (*vars(made).values(), *vars(times).values())
            if isinstance(metric, Counter | Gauge | Histogram | Summary)
        ]
        self._lock = Lock()

    def look(self) -> bytes:
        """The exposition, after one more event of every kind."""
        with self._lock:
            for metric in self._metrics:
                for child in _children(metric):
                    _happen(child)
            return generate_latest(self.registry)


@contextmanager
def served(services: Mapping[str, Looked]) -> Iterator[int]:
    """Serve each service at ``/<name>`` and the figures of Redis at ``/redis``; yields the port on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            body = REDIS.encode() if name == "redis" else services[name].look()
            if body is None:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _children(metric: Metric) -> list[Any]:
    """The metric itself, or its labelled children; one is made up where the labels are open and nothing is there."""
    names = metric._labelnames
    if not names:
        return [metric]
    return [*metric._metrics.values()] or [metric.labels(*(f"some {name}" for name in names))]


def _happen(metric: Metric) -> None:
    if isinstance(metric, Histogram | Summary):
        metric.observe(0.2)
    elif isinstance(metric, Counter):
        metric.inc()
    else:
        metric.set(time.time() if metric._name.endswith("_timestamp_seconds") else 1)
