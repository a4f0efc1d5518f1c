"""The api's metrics."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from services.contracts.analyst_actions import REJECTED_BECAUSE
from services.contracts.feedback import BY, Judged
from services.runtime.process.metrics import Metrics, build_info

REQUEST_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
MAX_NAMES = 50  # of topics, of rules, of acts, of sources


class ApiMetrics(Metrics):
    """Requests by route (the pattern, never the address) and answer, and who follows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__("wirewatch_api", registry)
        self.requests = self.counter("requests_total", "Requests answered.", route=(), code=())
        self.request_seconds = self.histogram(
            "request_seconds", "Time to the first byte of the answer.", REQUEST_BUCKETS_SECONDS, route=()
        )
        self.followers = self.gauge("followers", "Open event streams.")
        self._judged = self.gauge(
            "judged_alerts",
            "Stored alerts that analysts judged, by what they are about (topic, rule, act, source) and by the verdict.",
            by=(),
            name=(),
            verdict=(),
        )
        build_info(registry)

    def judged(self, counted: Iterable[Judged]) -> None:
        """Say what analysts think; of each kind the names that were judged most."""
        self._judged.clear()
        self._begin_judged()
        named: Counter[str] = Counter()
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
