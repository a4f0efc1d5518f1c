"""The api's metrics."""

from collections import Counter as Counter_
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.contracts.analyst_actions import REJECTED_BECAUSE
from services.contracts.feedback import BY, Judged
from services.runtime.process.metrics import build_info

REQUEST_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


MAX_NAMES = 50  # of topics, of rules, of acts, of sources


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
        self._judged = Gauge(
            "wirewatch_api_judged_alerts",
            "Stored alerts that analysts judged, by what they are about (topic, rule, act, source) and by the verdict.",
            ["by", "name", "verdict"],
            registry=registry,
        )
        build_info(registry)

    def judged(self, counted: Iterable[Judged]) -> None:
        """Say what analysts think; of each kind the names that were judged most."""
        self._judged.clear()
        self._begin_judged()
        named: Counter_[str] = Counter_()
        for one in counted:
            named[one.by] += 1
            if named[one.by] <= MAX_NAMES:
                for verdict, many in {"useful": one.useful, **one.rejected}.items():
                    self._judged.labels(one.by, one.name, verdict).set(many)

    def begin(self, routes: Iterable[str]) -> None:
        """Have every route at zero, and its good answers: a rate over a route nobody has asked for yet is 0."""
        self._begin_judged()
        for route in routes:
            self.request_seconds.labels(route)
            self.requests.labels(route, "200")

    def _begin_judged(self) -> None:
        """A verdict that nobody has given yet is zero."""
        for by in BY:
            for verdict in ("useful", *REJECTED_BECAUSE):
                self._judged.labels(by, "", verdict)
