"""Metrics of the notifier: alerts by status as in every service, and what became of the deliveries."""

from typing import Literal, get_args

from prometheus_client import CollectorRegistry

from services.notifier.core.watches import KINDS, ChannelKind
from services.notifier.status import STATUSES
from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS, ServiceMetrics

Outcome = Literal["queued", "held", "digested", "sent", "retried", "dead"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
GONE = "gone"  # the kind of a channel that the watch file no longer has


class NotifierMetrics(ServiceMetrics):
    """What every stream service counts, and the deliveries."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__("notifier", STATUSES, registry)
        self.deliveries = self.counter(
            "deliveries_total",
            "What happened to deliveries, by kind of channel: queued, held (quiet hours, limit or digest), digested "
            "(now part of a digest), sent, retried (an attempt failed), dead (given up after a day).",
            kind=(*KINDS, GONE),
            outcome=OUTCOMES,
        )
        self.delivery_seconds = self.histogram(
            "delivery_seconds",
            "Time of one attempt to deliver, by kind of channel.",
            LATENCY_BUCKETS_SECONDS[:11],
            kind=(),
        )
        self.queue = self.gauge(
            "queue_deliveries",
            "Deliveries that wait: due (now, or for another attempt) or held.",
            state=("due", "held"),
        )
        self.failing = self.gauge("failing_channels", "Channels whose last attempt failed.")
        self.reloads = self.counter(
            "watch_reloads_total",
            "Changes of the watch file, by whether the new watches were taken or refused.",
            result=("taken", "refused"),
        )
        self.watches = self.gauge("watches", "Watches in force.")

    def delivery(self, kind: ChannelKind | None, outcome: Outcome, count: int = 1) -> None:
        """Count what happened to ``count`` deliveries on a channel of ``kind`` (None: it is gone)."""
        self.deliveries.labels(kind or GONE, outcome).inc(count)
