"""Every metric of the poller. All series of a closed set exist at zero from the start; no label holds a URL."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as PromCounter

from services.poller.core.model import OUTCOMES
from services.runtime.metrics import LATENCY_BUCKETS_SECONDS, STAGE_BUCKETS_SECONDS, build_info, counter

STATUSES = ("published", "known", "dead")
PAGE_OUTCOMES = ("ok", "robots", "failed", "skipped")
PUSH_STATUSES = ("taken", "unsigned", "unknown", "full", "refused")
SUBSCRIPTION_EVENTS = ("confirmed", "failed", "denied")
FEED_STATES = ("ok", "failing", "silent", "gone", "merged", "new")


class PollerMetrics:
    """Polls by outcome, items by status, and how late the schedule runs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.polls = counter("wirewatch_poller_polls_total", "Polls by what came of them.", registry, outcome=OUTCOMES)
        self.articles = counter(
            "wirewatch_poller_articles_total",
            "Items of feeds by the one status each ended in.",
            registry,
            status=STATUSES,
        )
        self.pages = counter(
            "wirewatch_poller_pages_total",
            "Article pages asked for, by what came of it.",
            registry,
            outcome=PAGE_OUTCOMES,
        )
        self.pushes = counter(
            "wirewatch_poller_pushes_total",
            "Deliveries of hubs by what came of them: only a taken one was signed by its hub and is read.",
            registry,
            status=PUSH_STATUSES,
        )
        self.subscriptions = counter(
            "wirewatch_poller_subscriptions_total",
            "Requests to hubs by how they ended.",
            registry,
            event=SUBSCRIPTION_EVENTS,
        )
        self.dropped = PromCounter(
            "wirewatch_poller_entries_dropped_total", "Entries left out by the cap on one document.", registry=registry
        )
        self.missed = PromCounter(
            "wirewatch_poller_missed_total",
            "Polls in which no item was known from the poll before: items may have come and gone in between.",
            registry=registry,
        )
        self.received = PromCounter(
            "wirewatch_poller_received_bytes_total",
            "Bytes of bodies received, as they came over the wire.",
            registry=registry,
        )
        self.fetch_seconds = Histogram(
            "wirewatch_poller_fetch_seconds",
            "Time to ask for a feed and receive it.",
            registry=registry,
            buckets=STAGE_BUCKETS_SECONDS,
        )
        self.parse_seconds = Histogram(
            "wirewatch_poller_parse_seconds",
            "Time to parse a feed, waiting for a worker included.",
            registry=registry,
            buckets=STAGE_BUCKETS_SECONDS,
        )
        self.lateness_seconds = Histogram(
            "wirewatch_poller_lateness_seconds",
            "How long after its time a feed was polled.",
            registry=registry,
            buckets=LATENCY_BUCKETS_SECONDS,
        )
        self.feeds = Gauge(
            "wirewatch_poller_feeds", "Feeds in the list, by state of health.", ["state"], registry=registry
        )
        for state in FEED_STATES:
            self.feeds.labels(state).set(0)
        self.consumer_lag = Gauge(
            "wirewatch_poller_consumer_lag_messages",
            "Articles that the deduper has not taken yet, when last looked.",
            registry=registry,
        )
        self.held_back = Gauge(
            "wirewatch_poller_held_back", "1 while polling waits for the readers of articles.", registry=registry
        )
        self.held_back_since = Gauge(
            "wirewatch_poller_held_back_since_timestamp_seconds",
            "Since when polling has waited for the readers of articles (Unix time); 0 while it does not.",
            registry=registry,
        )
        self.last_progress = Gauge(
            "wirewatch_poller_last_progress_timestamp_seconds",
            "When a poll was last finished (Unix time); 0 before the first.",
            registry=registry,
        )
        self.waiting = Gauge(
            "wirewatch_poller_waiting",
            "1 while the room waits for a server that is away.",
            ["server"],
            registry=registry,
        )
        self.waiting_since = Gauge(
            "wirewatch_poller_waiting_since_timestamp_seconds",
            "Since when the room has waited for a server that is away (Unix time); 0 while it does not.",
            ["server"],
            registry=registry,
        )
        for server in ("kafka", "redis"):
            self.waiting.labels(server).set(0)
            self.waiting_since.labels(server).set(0)
        build_info(registry)
