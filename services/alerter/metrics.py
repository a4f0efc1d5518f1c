"""The alerter's metrics."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations, product
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

from services.contracts import trace
from services.contracts.messages import SEVERITIES, Alert, Event, Tier
from services.runtime.process.metrics import LATENCY_BUCKETS_SECONDS, ServiceMetrics

MAX_LANGUAGE_LABELS = 60
MAX_COUNTRY_LABELS = 260  # ISO 3166-1 has 249
MAX_ACTOR_LABELS = 400
MAX_ACT_LABELS = 60  # the shipped packs have 32
MAX_DYAD_LABELS = 100  # the first that come; the rest is "other"
MAX_OUTLET_LABELS = 300
MAX_TOPIC_LABELS = 200  # a topic label comes from a topic pack, which a person writes; more than this is a defect


class AlerterMetrics(ServiceMetrics):
    """The stream service's metrics, and what alerts were raised how fast."""

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
            "From the publication date the feed gave to the alert on its topic, for opened alerts, by the feed's tier.",
            ["tier"],
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
        self.by_language = Counter(
            "wirewatch_alerter_opened_by_language_total",
            "Alerts opened, by language (ISO 639-1) of the article that they are told from.",
            ["language"],
            registry=registry,
        )
        self._languages: set[str] = set()
        self.conflicts = Counter(
            "wirewatch_alerter_conflicts_total",
            "Writes that found another writer's state and were decided again.",
            registry=registry,
        )
        self.resent = Counter(
            "wirewatch_alerter_resent_total",
            "Revisions sent from the outbox: no acknowledgement of them was recorded, or the api wrote them.",
            registry=registry,
        )
        self.by_country = Counter(
            "wirewatch_alerter_opened_by_country_total",
            "Alerts opened, by country (ISO 3166-1 alpha-3) of their places or, without any, of the states that act.",
            ["country"],
            registry=registry,
        )
        self.by_actor = Counter(
            "wirewatch_alerter_opened_by_actor_total",
            "Alerts opened, by who acts in them; one with two actors counts for both.",
            ["actor"],
            registry=registry,
        )
        self.by_act = Counter(
            "wirewatch_alerter_opened_by_act_total",
            "Alerts opened, by the act of the event they are about and the topic that it proves.",
            ["topic", "act"],
            registry=registry,
        )
        self.by_dyad = Counter(
            "wirewatch_alerter_opened_by_dyad_total",
            "Alerts opened, by the two states of the event they are about, in the order of the alphabet (IRN-USA), and "
            "the topic that it proves.",
            ["topic", "dyad"],
            registry=registry,
        )
        self.merged = Counter(
            "wirewatch_alerter_merged_total",
            "Alerts closed because they turned out to be about the event of another.",
            registry=registry,
        )
        self.outlet_seconds = Summary(
            "wirewatch_alerter_published_to_alert_by_outlet_seconds",
            "The same by publisher family of the first report, without buckets: its sum over its count is the mean.",
            ["outlet"],
            registry=registry,
        )
        self.by_outlet = Counter(
            "wirewatch_alerter_opened_by_outlet_total",
            "Alerts opened, by publisher family of the first report: how often each was first.",
            ["outlet"],
            registry=registry,
        )
        self.corroborated = Counter(
            "wirewatch_alerter_corroborated_by_outlet_total",
            "Alerts that a second independent source has corroborated, by publisher family of the first report.",
            ["outlet"],
            registry=registry,
        )
        for tier in get_args(Tier):
            self.published_seconds.labels(tier)
        self._outlets: set[str] = set()
        self._topics: set[str] = set()
        self._countries: set[str] = set()
        self._actors: set[str] = set()
        self._acts: set[str] = set()
        self._dyads: set[str] = set()

    def begin(self, *, topics: Iterable[str], countries: Iterable[str], actors: Iterable[str]) -> None:
        """Have what is known to come at zero: without that, the first alert of a country would be missing in a rate."""
        for topic in topics:
            for severity in SEVERITIES:
                self.revisions.labels(_label(topic, self._topics, MAX_TOPIC_LABELS), severity)
        for country in countries:
            self.by_country.labels(_label(country, self._countries, MAX_COUNTRY_LABELS))
        for actor in actors:
            self.by_actor.labels(_label(actor, self._actors, MAX_ACTOR_LABELS))

    def sent(self, alert: Alert, now: datetime) -> None:
        """Count a revision that Kafka has acknowledged at ``now``."""
        for topic in alert.topics:
            self.revisions.labels(_label(topic.topic, self._topics, MAX_TOPIC_LABELS), alert.severity).inc()
        seconds = max((now - alert.stages.fetched_at).total_seconds(), 0.0)
        self.fetched_seconds.observe(seconds, trace.exemplar(alert.stages.traceparent))
        if alert.merged_into and any(change.kind == "merged" for change in alert.changes):
            self.merged.inc()
        outlet = _label(alert.sources[0].family, self._outlets, MAX_OUTLET_LABELS)
        if _has_become_corroborated(alert):
            self.corroborated.labels(outlet).inc()
        if alert.revision == 1:
            self._opened(alert, outlet, now)

    def _opened(self, alert: Alert, outlet: str, now: datetime) -> None:
        self.by_outlet.labels(outlet).inc()
        self.by_language.labels(_label(alert.language or "unknown", self._languages, MAX_LANGUAGE_LABELS)).inc()
        for country in _countries(alert):
            self.by_country.labels(_label(country, self._countries, MAX_COUNTRY_LABELS)).inc()
        for actor in {actor.id for actor in alert.actors}:
            self.by_actor.labels(_label(actor, self._actors, MAX_ACTOR_LABELS)).inc()
        for event in alert.events[:1]:
            topic = _label(event.topic, self._topics, MAX_TOPIC_LABELS)
            self.by_act.labels(topic, _label(event.act, self._acts, MAX_ACT_LABELS)).inc()
            for dyad in _dyads(event):
                self.by_dyad.labels(topic, _label(dyad, self._dyads, MAX_DYAD_LABELS)).inc()
        if alert.stages.published_at:
            seconds = max((now - alert.stages.published_at).total_seconds(), 0.0)
            exemplar = trace.exemplar(alert.stages.traceparent)
            self.published_seconds.labels(alert.stages.tier or "daily").observe(seconds, exemplar)
            self.outlet_seconds.labels(outlet).observe(seconds)


def _label(value: str, known: set[str], most: int) -> str:
    """``value`` while there are fewer than ``most`` others, then "other"."""
    if value in known or len(known) < most:
        known.add(value)
        return value
    return "other"


def _has_become_corroborated(alert: Alert) -> bool:
    """Whether this revision is the first with a second independent source."""
    if alert.independent_sources < 2:
        return False
    changes = [change for change in alert.changes if change.kind == "source"]
    added = sum(change.before is None for change in changes)
    was_counted = any(change.before == "1 independent" for change in changes)
    return alert.revision == 1 or was_counted or (added > 0 and alert.independent_sources - added < 2)


def _countries(alert: Alert) -> set[str]:
    places = {place.country for place in alert.places if place.country}
    return places or {actor.id for actor in alert.actors if actor.kind == "state"}


def _dyads(event: Event) -> set[str]:
    """The pairs of states on the two sides; of a mutual act, whose parties are all agents, the pairs among them."""
    agents = {actor.id for actor in event.agents if actor.kind == "state"}
    objects = {actor.id for actor in event.objects if actor.kind == "state"}
    pairs = product(agents, objects) if objects else combinations(agents, 2)
    return {"-".join(sorted(pair)) for pair in pairs if len(set(pair)) > 1}
