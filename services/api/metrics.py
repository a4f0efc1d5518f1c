"""The api's metrics."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.runtime.process.metrics import build_info

REQUEST_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class ApiMetrics:
    """Requests by route (the pattern, never the address) and answer, and who follows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "wirewatch_api_requests_total", "Requests answered.", ["route", "code"], registry=registry
        )
        self.request_seconds = Histogram(
            "wirewatch_api_request_seconds",
            "Time to the first byte of the answer.",
            ["route"],
            registry=registry,
            buckets=REQUEST_BUCKETS_SECONDS,
        )
        self.followers = Gauge("wirewatch_api_followers", "Open event streams.", registry=registry)
        build_info(registry)

    def begin(self, routes: Iterable[str]) -> None:
        """Have every route at zero, and its good answers: a rate over a route nobody has asked for yet is 0."""
        for route in routes:
            self.request_seconds.labels(route)
            self.requests.labels(route, "200")
