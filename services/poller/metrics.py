"""Every metric of the poller. All series of a closed set exist at zero from the start; no label holds a URL."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as PromCounter

from services.contracts import topics
from services.poller.core.model import OUTCOMES
from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS, STAGE_BUCKETS_SECONDS, build_info, counter

STATUSES = ("published", "known", "dead")
PAGE_OUTCOMES = ("ok", "robots", "failed", "skipped")
PUSH_STATUSES = ("taken", "unsigned", "unknown", "full", "refused")
SUBSCRIPTION_EVENTS = ("confirmed", "failed", "denied", "left")
FEED_STATES = ("ok", "failing", "silent", "lying", "gone", "merged", "new")
WORST_FEEDS = 10
_HOST_CHARACTERS = 80
CAPS = ("body", "entries", "pages", "text", "message")
READERS = (
    ("wirewatch-deduper", topics.ARTICLES),
    ("wirewatch-tagger", topics.UNIQUE),
    ("wirewatch-alerter", topics.TAGGED),
    ("wirewatch-alerter", topics.DUPLICATES),
    ("wirewatch-notifier", topics.ALERTS),
)


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
        self.caps = counter(
            "wirewatch_poller_caps_hit_total",
            "How often a limit cut something off: the size of a body, the entries of a document, the pages of one "
            "poll, the length of a text, the size of a message.",
            registry,
            cap=CAPS,
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
        self.page_seconds = Histogram(
            "wirewatch_poller_page_seconds",
            "Time to ask for an article's page and take its text out, waiting for its host's turn included.",
            registry=registry,
            buckets=STAGE_BUCKETS_SECONDS,
        )
        self.published_seconds = Histogram(
            "wirewatch_poller_published_to_fetched_seconds",
            "From the publication date the feed gives to the fetch, for articles seen for the first time in a feed "
            "that was polled before.",
            registry=registry,
            buckets=LATENCY_BUCKETS_SECONDS,
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
        self.worst = Gauge(
            "wirewatch_poller_worst_feed_seconds",
            "The ten feeds that have failed for longest and the ten silent for longest, by host: for how "
            "long. `wirewatch feeds list` has all of them.",
            ["why", "host"],
            registry=registry,
        )
        self.consumer_lag = Gauge(
            "wirewatch_poller_consumer_lag_messages",
            "Articles that the deduper has not taken yet, when last looked.",
            registry=registry,
        )
        self.group_lag = Gauge(
            "wirewatch_kafka_group_lag_messages",
            "Messages on a topic not finished by a service when last looked; the poller looks for all services.",
            ["group", "topic"],
            registry=registry,
        )
        self.group_done = Gauge(
            "wirewatch_kafka_group_done_messages",
            "Offsets committed by a service on a topic, added up over the partitions. Absent before the first look: "
            "a 0 would be read as if all of it had been taken since.",
            ["group", "topic"],
            registry=registry,
        )
        self.lag_looked_at = Gauge(
            "wirewatch_kafka_lag_looked_at_timestamp_seconds",
            "When the two were last looked at (Unix time); 0 before the first.",
            registry=registry,
        )
        for group, topic in READERS:
            self.group_lag.labels(group, topic)
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
            "1 while the service waits for a server that is away.",
            ["server"],
            registry=registry,
        )
        self.waiting_since = Gauge(
            "wirewatch_poller_waiting_since_timestamp_seconds",
            "Since when the service has waited for a server that is away (Unix time); 0 while it does not.",
            ["server"],
            registry=registry,
        )
        for server in ("kafka", "redis"):
            self.waiting.labels(server).set(0)
            self.waiting_since.labels(server).set(0)
        build_info(registry)

    def show_worst(self, found: Iterable[tuple[str, str, float]]) -> None:
        """Show for these (why, host, seconds) and no others, of each reason the :data:`WORST_FEEDS` longest."""
        longest: dict[tuple[str, str], float] = {}
        for why, host, seconds in sorted(found, key=lambda each: each[2]):
            longest[why, host] = seconds  # of a host's several feeds the worst
        self.worst.clear()
        for reason in ("failing", "silent"):
            ranked = sorted((pair for pair in longest.items() if pair[0][0] == reason), key=lambda each: -each[1])
            for (why, host), seconds in ranked[:WORST_FEEDS]:
                self.worst.labels(why, host[:_HOST_CHARACTERS]).set(seconds)
