"""The alerter's metrics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.contracts.messages import Alert
from services.runtime.metrics import LATENCY_BUCKETS_SECONDS, RoomMetrics

MAX_TOPIC_LABELS = 200  # a topic label comes from a topic pack, which a person writes; more than this is a defect


class AlerterMetrics(RoomMetrics):
    """The stream room's metrics, and what alerts were raised how fast."""

    def __init__(self, statuses: Sequence[str], registry: CollectorRegistry) -> None:
        super().__init__("alerter", statuses, registry)
        self.revisions = Counter(
            "wirewatch_alerter_revisions_total",
            "Revisions of alerts sent, by topic and severity; one with two topics counts for both.",
            ["topic", "severity"],
            registry=registry,
        )
        self.published_seconds = Histogram(
            "wirewatch_alerter_published_to_alert_seconds",
            "From the publication date the feed gave to the alert on its topic, for opened alerts.",
            registry=registry,
            buckets=LATENCY_BUCKETS_SECONDS,
        )
        self.fetched_seconds = Histogram(
            "wirewatch_alerter_fetched_to_alert_seconds",
            "From fetching the article to the revision on its topic.",
            registry=registry,
            buckets=LATENCY_BUCKETS_SECONDS,
        )
        self.outbox = Gauge(
            "wirewatch_alerter_outbox_alerts",
            "Alerts whose latest revision Kafka has not acknowledged, at the last look.",
            registry=registry,
        )
        self.conflicts = Counter(
            "wirewatch_alerter_conflicts_total",
            "Writes that found another writer's state and were decided again.",
            registry=registry,
        )
        self.resent = Counter(
            "wirewatch_alerter_resent_total",
            "Revisions sent again because their acknowledgement was not recorded.",
            registry=registry,
        )
        self._topics: set[str] = set()

    def sent(self, alert: Alert, now: datetime) -> None:
        """Count a revision that Kafka has acknowledged at ``now``."""
        for topic in alert.topics:
            self.revisions.labels(self._label(topic.topic), alert.severity).inc()
        self.fetched_seconds.observe(max((now - alert.stages.fetched_at).total_seconds(), 0.0))
        if alert.revision == 1 and alert.stages.published_at:
            self.published_seconds.observe(max((now - alert.stages.published_at).total_seconds(), 0.0))

    def _label(self, topic: str) -> str:
        if topic in self._topics or len(self._topics) < MAX_TOPIC_LABELS:
            self._topics.add(topic)
            return topic
        return "other"
