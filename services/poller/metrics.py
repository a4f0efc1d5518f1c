"""Every metric of the poller. All series of a closed set exist at zero from the start; no label holds a URL."""

from collections.abc import Iterable
from typing import NamedTuple

from prometheus_client import CollectorRegistry

from services.poller import status
from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS, STAGE_BUCKETS_SECONDS, WaitingMetrics

WORST_FEEDS = 10
_HOST_CHARACTERS = 80


class WorstFeed(NamedTuple):
    """A feed that fails or is silent, for how long, and the outcome of its last poll."""

    why: str
    host: str
    reason: str
    seconds: float


class PollerMetrics(WaitingMetrics):
    """Polls by outcome, items by status, and how late the schedule runs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__("wirewatch_poller", registry, progress="poll")
        self._count()
        self._time()
        self.feeds = self.gauge("feeds", "Feeds in the list, by state of health.", state=status.FEED_HEALTHS)
        self.worst = self.gauge(
            "worst_feed_seconds",
            "The ten feeds that have failed for longest and the ten silent for longest, by host: for how long. "
            "`wirewatch feeds list` has all of them. `reason` is the outcome of the last poll.",
            why=(),
            host=(),
            reason=(),
        )
        self.offline_since = self.gauge(
            "offline_since_timestamp_seconds",
            "Since when no feed at all has answered, so that the schedule is held (Unix time); 0 while any does.",
        )

    def _count(self) -> None:
        self.polls = self.counter("polls_total", "Polls by what came of them.", outcome=status.OUTCOMES)
        self.articles = self.counter(
            "articles_total", "Items of feeds by the one status each ended in.", status=status.ARTICLE_STATUSES
        )
        self.pages = self.counter(
            "pages_total", "Article pages asked for, by what came of it.", outcome=status.PAGE_STATUSES
        )
        self.rechecks = self.counter(
            "rechecks_total",
            "Looks again at the pages behind high and critical alerts, by what came of it.",
            outcome=status.RECHECK_OUTCOMES,
        )
        self.pushes = self.counter(
            "pushes_total",
            "Deliveries of hubs by what came of them: only a taken one was signed by its hub and is read.",
            status=status.PUSH_STATUSES,
        )
        self.subscriptions = self.counter(
            "subscriptions_total", "Requests to hubs by how they ended.", event=status.SUBSCRIPTION_EVENTS
        )
        self.caps = self.counter(
            "caps_hit_total",
            "How often a limit cut something off: the size of a body, the entries of a document, the pages of one "
            "poll, the length of a text, the size of a message.",
            cap=status.CAPS,
        )
        self.dropped = self.counter("entries_dropped_total", "Entries left out by the cap on one document.")
        self.missed = self.counter(
            "missed_total",
            "Polls in which no item was known from the poll before: items may have come and gone in between.",
        )
        self.received = self.counter("received_bytes_total", "Bytes of bodies received, as they came over the wire.")

    def _time(self) -> None:
        self.fetch_seconds = self.histogram(
            "fetch_seconds", "Time to ask for a feed and receive it.", STAGE_BUCKETS_SECONDS
        )
        self.parse_seconds = self.histogram(
            "parse_seconds", "Time to parse a feed, waiting for a worker included.", STAGE_BUCKETS_SECONDS
        )
        self.page_seconds = self.histogram(
            "page_seconds",
            "Time to ask for an article's page and take its text out, waiting for its host's turn included.",
            STAGE_BUCKETS_SECONDS,
        )
        self.published_seconds = self.histogram(
            "published_to_fetched_seconds",
            "From the publication date the feed gives to the fetch, for articles seen for the first time in a feed "
            "that was polled before, by the feed's tier (the operator's, else that of its rhythm).",
            LATENCY_BUCKETS_SECONDS,
            tier=status.TIERS,
        )
        self.lateness_seconds = self.histogram(
            "lateness_seconds", "How long after its time a feed was polled.", LATENCY_BUCKETS_SECONDS
        )

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
