"""Every metric of the poller. All series of a closed set exist at zero from the start; no label holds a URL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.poller import status
from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS, STAGE_BUCKETS_SECONDS, build_info, counter

WORST_FEEDS = 10
_HOST_CHARACTERS = 80

# name without its prefix, help, label and its closed set
_COUNTERS: dict[str, tuple[str, dict[str, Iterable[str]]]] = {
    "polls_total": ("Polls by what came of them.", {"outcome": status.OUTCOMES}),
    "articles_total": ("Items of feeds by the one status each ended in.", {"status": status.ARTICLE_STATUSES}),
    "pages_total": ("Article pages asked for, by what came of it.", {"outcome": status.PAGE_STATUSES}),
    "rechecks_total": (
        "Looks again at the pages behind high and critical alerts, by what came of it.",
        {"outcome": status.RECHECK_OUTCOMES},
    ),
    "pushes_total": (
        "Deliveries of hubs by what came of them: only a taken one was signed by its hub and is read.",
        {"status": status.PUSH_STATUSES},
    ),
    "subscriptions_total": ("Requests to hubs by how they ended.", {"event": status.SUBSCRIPTION_EVENTS}),
    "caps_hit_total": (
        "How often a limit cut something off: the size of a body, the entries of a document, the pages of one poll, "
        "the length of a text, the size of a message.",
        {"cap": status.CAPS},
    ),
    "entries_dropped_total": ("Entries left out by the cap on one document.", {}),
    "missed_total": (
        "Polls in which no item was known from the poll before: items may have come and gone in between.",
        {},
    ),
    "received_bytes_total": ("Bytes of bodies received, as they came over the wire.", {}),
}
_HISTOGRAMS: dict[str, tuple[str, tuple[str, ...], tuple[float, ...]]] = {
    "fetch_seconds": ("Time to ask for a feed and receive it.", (), STAGE_BUCKETS_SECONDS),
    "parse_seconds": ("Time to parse a feed, waiting for a worker included.", (), STAGE_BUCKETS_SECONDS),
    "page_seconds": (
        "Time to ask for an article's page and take its text out, waiting for its host's turn included.",
        (),
        STAGE_BUCKETS_SECONDS,
    ),
    "published_to_fetched_seconds": (
        "From the publication date the feed gives to the fetch, for articles seen for the first time in a feed that "
        "was polled before, by the feed's tier (the operator's, else that of its rhythm).",
        ("tier",),
        LATENCY_BUCKETS_SECONDS,
    ),
    "lateness_seconds": ("How long after its time a feed was polled.", (), LATENCY_BUCKETS_SECONDS),
}
_GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "feeds": ("Feeds in the list, by state of health.", ("state",)),
    "worst_feed_seconds": (
        "The ten feeds that have failed for longest and the ten silent for longest, by host: for how long. "
        "`wirewatch feeds list` has all of them. `reason` is the outcome of the last poll.",
        ("why", "host", "reason"),
    ),
    "offline_since_timestamp_seconds": (
        "Since when no feed at all has answered, so that the schedule is held (Unix time); 0 while any does.",
        (),
    ),
    "last_progress_timestamp_seconds": ("When a poll was last finished (Unix time); 0 before the first.", ()),
    "waiting": ("1 while the service waits for a server that is away.", ("server",)),
    "waiting_since_timestamp_seconds": (
        "Since when the service has waited for a server that is away (Unix time); 0 while it does not.",
        ("server",),
    ),
}


class WorstFeed(NamedTuple):
    """A feed that fails or is silent, for how long, and the outcome of its last poll."""

    why: str
    host: str
    reason: str
    seconds: float


class PollerMetrics:
    """Polls by outcome, items by status, and how late the schedule runs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        counters: dict[str, Counter] = {
            name: counter(f"wirewatch_poller_{name}", text, registry, **labels)
            for name, (text, labels) in _COUNTERS.items()
        }
        histograms = {
            name: Histogram(f"wirewatch_poller_{name}", text, labels, registry=registry, buckets=buckets)
            for name, (text, labels, buckets) in _HISTOGRAMS.items()
        }
        gauges = {
            name: Gauge(f"wirewatch_poller_{name}", text, labels, registry=registry)
            for name, (text, labels) in _GAUGES.items()
        }
        self.polls, self.articles = counters["polls_total"], counters["articles_total"]
        self.pages, self.caps = counters["pages_total"], counters["caps_hit_total"]
        self.pushes, self.subscriptions = counters["pushes_total"], counters["subscriptions_total"]
        self.rechecks = counters["rechecks_total"]
        self.dropped, self.missed = counters["entries_dropped_total"], counters["missed_total"]
        self.received = counters["received_bytes_total"]
        self.fetch_seconds, self.parse_seconds = histograms["fetch_seconds"], histograms["parse_seconds"]
        self.page_seconds, self.lateness_seconds = histograms["page_seconds"], histograms["lateness_seconds"]
        self.published_seconds = histograms["published_to_fetched_seconds"]
        self.feeds, self.worst = gauges["feeds"], gauges["worst_feed_seconds"]
        self.offline_since = gauges["offline_since_timestamp_seconds"]
        self.last_progress = gauges["last_progress_timestamp_seconds"]
        self.waiting, self.waiting_since = gauges["waiting"], gauges["waiting_since_timestamp_seconds"]
        for tier in status.TIERS:
            self.published_seconds.labels(tier)
        for state in status.FEED_HEALTHS:
            self.feeds.labels(state).set(0)
        for server in ("kafka", "redis"):
            self.waiting.labels(server).set(0)
            self.waiting_since.labels(server).set(0)
        build_info(registry)

    def show_worst(self, found: Iterable[WorstFeed]) -> None:
        """Show these and no others: of those that fail and of those that are silent the :data:`WORST_FEEDS` longest."""
        longest: dict[tuple[str, str], WorstFeed] = {}
        for feed in sorted(found, key=lambda each: each.seconds):
            longest[feed.why, feed.host] = feed  # of a host's several feeds the worst
        self.worst.clear()
        for why in ("failing", "silent"):
            ranked = sorted((feed for feed in longest.values() if feed.why == why), key=lambda each: -each.seconds)
            for feed in ranked[:WORST_FEEDS]:
                self.worst.labels(feed.why, feed.host[:_HOST_CHARACTERS], feed.reason).set(feed.seconds)
