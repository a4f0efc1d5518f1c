"""Which alerts a watch asks for. A field that the alert does not have is a miss."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.messages import (
    SEVERITIES,
    Actor,
    AlertEvidence,
    AlertSource,
    AlertTopic,
    Change,
    Place,
)
from services.notifier.core.match import distance_km, matches, missed
from tests.support.clock import START
from tests.support.notifier import a_watch, an_alert, an_event

ODESA = Place(id="odesa", name="Odesa", kind="city", country="UKR", lat=46.4825, lon=30.7233)
SOMEWHERE = Place(id="somewhere", name="Somewhere", kind="sea")
ORDER: tuple[str, ...] = SEVERITIES
RUSSIA = Actor(id="RUS", name="Russia", kind="state")
NATO = Actor(id="nato", name="NATO", kind="organisation")


UNITED_STATES = Actor(id="USA", name="United States", kind="state")
CHINA = Actor(id="CHN", name="China", kind="state")
FRANCE = Actor(id="FRA", name="France", kind="state")
JAPAN = Actor(id="JPN", name="Japan", kind="state")


def a_topic(name: str) -> AlertTopic:
    return AlertTopic(topic=name, score=0.7, role="primary")


def evidence(quote: str) -> AlertEvidence:
    return AlertEvidence(article_id="a", topic="t", field="text", start=0, end=len(quote), quote=quote, rule="r")


def a_source(outlet: str, family: str) -> AlertSource:
    return AlertSource(article_id="a", outlet=outlet, family=family, title="T", first_seen_at=START, independent=True)


ALERT = an_alert(
    headline="Warships leave Odesa's harbour",
    lead=("A frigate and two corvettes sailed.",),
    evidence=(evidence("the mutual-defence clause"),),
    topics=(a_topic("naval_moves"), a_topic("alliances")),
    actors=(RUSSIA, NATO),
    places=(SOMEWHERE, ODESA),
    sources=(a_source("Harbour.example", "The Group"),),
    language="en-GB",
    confidence="corroborated",
    severity="high",
    events=(
        an_event("seize", "done", agents=(UNITED_STATES,), objects=(RUSSIA, CHINA)),
        an_event("sign", "planned", agents=(FRANCE, JAPAN)),
    ),
)

CASES: list[tuple[str, bool]] = [
    ("{}", True),
    ("{topics: [naval_moves]}", True),
    ("{topics: [other, alliances]}", True),
    ("{topics: [other]}", False),
    ("{all_topics: [naval_moves, alliances]}", True),
    ("{all_topics: [naval_moves, other]}", False),
    ("{actors: [rus]}", True),
    ("{actors: [NATO]}", True),
    ("{actors: [CHN]}", False),
    ("{all_actors: [RUS, nato]}", True),
    ("{all_actors: [RUS, CHN]}", False),
    ("{places: {countries: [UKR]}}", True),
    ("{places: {countries: [TUR]}}", False),
    ("{places: {ids: [Odesa]}}", True),
    ("{places: {ids: [sevastopol]}}", False),
    ("{places: {near: [{lat: 46.5, lon: 30.7, km: 5}]}}", True),
    ("{places: {near: [{lat: 46.5, lon: 30.9, km: 5}]}}", False),
    ("{places: {countries: [TUR], near: [{lat: 46, lon: 30, km: 100}]}}", True),
    ("{min_severity: high}", True),
    ("{min_severity: critical}", False),
    ("{words: {any: [frigate, submarine]}}", True),
    ("{words: {any: [frigat]}}", False),
    ("{words: {all: [frigate, odesa, 'Mutual Defence clause']}}", True),
    ("{words: {all: [frigate, submarine]}}", False),
    ("{words: {none: [football]}}", True),
    ("{words: {none: [football, WARSHIPS]}}", False),
    ("{words: {any: ['harbour a frigate']}}", False),
    ("{outlets: [harbour.EXAMPLE]}", True),
    ("{outlets: [the group]}", True),
    ("{outlets: [other.example]}", False),
    ("{languages: [en]}", True),
    ("{languages: [ru, uk]}", False),
    ("{confidence: corroborated}", True),
    ("{confidence: single_source}", False),
    ("{states: [new]}", True),
    ("{states: [closed]}", False),
    ("{event: {agent: [usa]}}", True),
    ("{event: {agent: [RUS]}}", False),
    ("{event: {object: [RUS]}}", True),
    ("{event: {act: [seize, strike]}}", True),
    ("{event: {act: [strike]}}", False),
    ("{event: {mode: [done]}}", True),
    ("{event: {mode: [planned]}}", True),
    ("{event: {act: [seize], mode: [planned]}}", False),
    ("{event: {agent: [USA], object: [RUS], act: [seize], mode: [done, under_way]}}", True),
    ("{event: {agent: [FRA], act: [seize]}}", False),
    ("{event: {dyad: [[USA, RUS]]}}", True),
    ("{event: {dyad: [[rus, usa]]}}", True),
    ("{event: {dyad: [[FRA, JPN]]}}", True),
    ("{event: {dyad: [[USA, FRA]]}}", False),
    ("{event: {dyad: [[RUS, CHN]]}}", False),
    ("{event: {dyad: [[USA, FRA], [RUS, USA]]}}", True),
]


@pytest.mark.parametrize(("when", "expected"), CASES, ids=[when for when, _ in CASES])
def test_each_criterion(when: str, expected: bool) -> None:
    assert matches(a_watch(when=when), ALERT) is expected


EMPTY = an_alert(
    headline="", lead=(), evidence=(), topics=(), actors=(), places=(), sources=(), language=None, severity="low"
)


@pytest.mark.parametrize(
    "when", [when for when, expected in CASES if expected and when not in ("{}", "{states: [new]}")]
)
def test_an_alert_that_lacks_the_field_does_not_match(when: str) -> None:
    if "confidence" in when:
        return  # every alert has one
    assert not matches(a_watch(when=when), EMPTY)


@given(
    st.sets(st.sampled_from([when for when, _ in CASES if when != "{}"]), min_size=1, max_size=4),
    st.sampled_from([ALERT, EMPTY]),
)
def test_more_criteria_never_match_more(criteria: set[str], alert: Any) -> None:
    by_key: dict[str, str] = {}
    for criterion in sorted(criteria):
        by_key.setdefault(criterion[1:].partition(":")[0], criterion[1:-1])
    both = a_watch(when="{" + ", ".join(by_key.values()) + "}")
    each = [matches(a_watch(when="{" + one + "}"), alert) for one in by_key.values()]
    assert matches(both, alert) is all(each)
    assert (missed(both, alert) in by_key) is not all(each)


@given(st.sampled_from(SEVERITIES), st.sampled_from(SEVERITIES))
def test_a_lower_threshold_never_matches_less(least: str, severity: str) -> None:
    found = matches(a_watch(when=f"{{min_severity: {least}}}"), an_alert(severity=severity))
    assert found is (ORDER.index(severity) >= ORDER.index(least))


def test_a_state_that_an_analyst_set_is_no_news_unless_asked_for() -> None:
    moved = an_alert(revision=2, state="acknowledged", changes=(Change(kind="state", before="new"),))
    assert not matches(a_watch(), moved)
    assert matches(a_watch(when="{changes: [state]}"), moved)
    reopened = an_alert(revision=3, changes=(Change(kind="topic", after="x"), Change(kind="state", after="new")))
    assert matches(a_watch(), reopened)
    for state in ("muted", "closed"):
        assert not matches(a_watch(), an_alert(state=state))
        assert matches(a_watch(when=f"{{states: [{state}]}}"), an_alert(state=state))


def test_chosen_changes_are_heard_of_beside_the_first_revision() -> None:
    watch = a_watch(when="{changes: [severity]}")
    assert matches(watch, an_alert())
    assert matches(watch, an_alert(revision=2, changes=(Change(kind="severity", before="low", after="high"),)))
    assert not matches(watch, an_alert(revision=3, changes=(Change(kind="source", after="x.example"),)))


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((51.5074, -0.1278), (48.8566, 2.3522), 343.6),  # London to Paris
        ((0.0, 179.5), (0.0, -179.5), 111.2),  # over the date line
        ((90.0, 0.0), (-90.0, 100.0), 20015.1),  # from pole to pole
        ((10.0, 10.0), (10.0, 10.0), 0.0),
    ],
)
def test_distances_that_are_known(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert distance_km(*one, *other) == pytest.approx(km, abs=0.2)


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(degrees, degrees)
def test_a_distance_is_the_same_both_ways_and_never_too_long(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    there = distance_km(*one, *other)
    assert there == pytest.approx(distance_km(*other, *one))
    assert 0 <= there <= 20_015.2
