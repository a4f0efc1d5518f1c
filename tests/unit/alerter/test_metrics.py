"""Alerts by country and by who acts: from zero, bounded, and once an alert."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from services.alerter.__main__ import _begin
from services.alerter.metrics import MAX_COUNTRY_LABELS, MAX_DYAD_LABELS, AlerterMetrics
from services.alerter.status import STATUSES
from services.contracts import trace
from services.contracts.messages import Change, Place
from tests.support.alerts import KOREA, RUSSIA, a_tag, a_tagged, an_event, an_opened_alert
from tests.support.clock import START


def value(metrics: AlerterMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"wirewatch_alerter_{name}_total", labels)


def test_what_is_known_to_come_is_at_zero() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    _begin(metrics)
    assert value(metrics, "opened_by_country", country="CUB") == 0
    assert value(metrics, "opened_by_actor", actor="nato") == 0
    assert value(metrics, "revisions", topic="alliances", severity="critical") == 0
    samples = [sample.name for family in metrics.registry.collect() for sample in family.samples]
    series = sum(not name.endswith("_created") for name in samples)  # a service's process does not serve these
    assert series < 800, "with the process' own it has to stay below a thousand"


def test_an_alert_counts_where_it_is_else_for_who_acts_and_only_when_it_opens() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    alert = an_opened_alert()
    metrics.sent(alert, START)
    metrics.sent(msgspec.structs.replace(alert, revision=2), START)
    assert value(metrics, "opened_by_country", country="CUB") == 1
    assert value(metrics, "opened_by_actor", actor="RUS") == 1
    metrics.sent(msgspec.structs.replace(alert, places=()), START)
    assert value(metrics, "opened_by_country", country="RUS") == 1


def test_an_opened_alert_counts_for_its_language_once() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    alert = msgspec.structs.replace(an_opened_alert(), language="es")
    metrics.sent(alert, START)
    metrics.sent(msgspec.structs.replace(alert, revision=2), START)
    metrics.sent(msgspec.structs.replace(alert, language=None), START)
    assert value(metrics, "opened_by_language", language="es") == 1
    assert value(metrics, "opened_by_language", language="unknown") == 1


def test_no_flood_of_countries_makes_a_flood_of_series() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    alert = an_opened_alert()
    for number in range(2 * MAX_COUNTRY_LABELS):
        place = Place(id=f"p{number}", name="p", kind="port", country=f"C{number}")
        metrics.sent(msgspec.structs.replace(alert, places=(place,)), START)
    assert value(metrics, "opened_by_country", country="other") == MAX_COUNTRY_LABELS


def test_an_opened_alert_counts_for_its_act_and_its_pair_of_states() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    seizure = an_event("seize", agents=(RUSSIA,), objects=(KOREA,))
    alert = an_opened_alert(a_tagged(tags=(a_tag(events=(seizure,)),)))
    metrics.sent(alert, START)
    metrics.sent(msgspec.structs.replace(alert, revision=2), START)
    assert value(metrics, "opened_by_act", topic="naval_moves", act="seize") == 1
    assert value(metrics, "opened_by_dyad", topic="naval_moves", dyad="PRK-RUS") == 1
    for number in range(2 * MAX_DYAD_LABELS):
        other = msgspec.structs.replace(KOREA, id=f"X{number:03}")
        event = msgspec.structs.replace(alert.events[0], objects=(other,))
        metrics.sent(msgspec.structs.replace(alert, events=(event,)), START)
    assert value(metrics, "opened_by_dyad", topic="naval_moves", dyad="other") == MAX_DYAD_LABELS + 1


def test_who_was_first_how_soon_and_whether_others_followed() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    alert = an_opened_alert()
    family = alert.sources[0].family
    stages = msgspec.structs.replace(alert.stages, published_at=START - timedelta(seconds=90), tier="breaking")
    alert = msgspec.structs.replace(alert, stages=stages)
    metrics.sent(alert, START)
    bucket = {"tier": "breaking", "le": "90.0"}
    assert metrics.registry.get_sample_value("wirewatch_alerter_published_to_alert_seconds_bucket", bucket) == 1
    summed = metrics.registry.get_sample_value(
        "wirewatch_alerter_published_to_alert_by_outlet_seconds_sum", {"outlet": family}
    )
    assert summed == 90
    assert value(metrics, "opened_by_outlet", outlet=family) == 1
    assert not value(metrics, "corroborated_by_outlet", outlet=family)
    second = Change(kind="source", after="b.example")
    metrics.sent(msgspec.structs.replace(alert, revision=2, independent_sources=2, changes=(second,)), START)
    assert value(metrics, "corroborated_by_outlet", outlet=family) == 1
    metrics.sent(msgspec.structs.replace(alert, revision=3, independent_sources=3, changes=(second,)), START)
    counted = Change(kind="source", before="4 independent", after="3 independent")
    metrics.sent(msgspec.structs.replace(alert, revision=4, independent_sources=3, changes=(counted,)), START)
    assert value(metrics, "corroborated_by_outlet", outlet=family) == 1


def test_the_latencies_name_the_trace_of_the_article() -> None:
    metrics = AlerterMetrics(STATUSES, CollectorRegistry())
    alert = an_opened_alert()
    stages = msgspec.structs.replace(alert.stages, traceparent=trace.begun("a", "h"), published_at=START)
    metrics.sent(msgspec.structs.replace(alert, stages=stages), START)
    metrics.sent(msgspec.structs.replace(alert, stages=msgspec.structs.replace(stages, traceparent=None)), START)

    encode, _ = choose_encoder("application/openmetrics-text")
    found = [line for line in encode(metrics.registry).decode().splitlines() if "# {" in line]
    assert {line.partition("_bucket")[0] for line in found} == {
        "wirewatch_alerter_fetched_to_alert_seconds",
        "wirewatch_alerter_published_to_alert_seconds",
    }
    assert all(f'trace_id="{trace.id_of(stages.traceparent)}"' in line for line in found)
