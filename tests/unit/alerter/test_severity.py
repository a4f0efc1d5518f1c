"""Severity: levels, reasons in words, and what a single source can do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerter.core.severity import Facts, Rule, Rules, fastest, judge, plain_words
from services.contracts.messages import SEVERITIES, AlertTopic
from tests.support.alerts import shipped_rules
from tests.support.clock import START

RULES = shipped_rules()


def times(*minutes: float) -> tuple[datetime, ...]:
    return tuple(START + timedelta(minutes=m) for m in minutes)


def a_topic(topic: str = "naval_moves", role: Any = "primary", score: float = 0.7) -> AlertTopic:
    return AlertTopic(topic=topic, role=role, score=score)


def facts(*topics: AlertTopic, seen: tuple[datetime, ...] = times(0), words: str = "") -> Facts:
    return Facts(topics=topics or (a_topic(),), actors=frozenset({"RUS"}), seen_at=seen, words=plain_words(words))


def test_a_mention_is_low_and_says_so() -> None:
    assert judge(facts(a_topic(role="mention")), RULES) == ("low", (RULES.base_because,))


def test_a_main_subject_is_medium() -> None:
    severity, reasons = judge(facts(), RULES)
    assert severity == "medium"
    assert reasons == ("A watched topic is what the story is about.",)


def test_both_topics_together_are_high() -> None:
    severity, reasons = judge(facts(a_topic(), a_topic("alliances", "mention", 0.5)), RULES)
    assert severity == "high"
    assert "An alliance and a naval move in one story." in reasons


def test_an_asset_that_matters_is_named() -> None:
    severity, reasons = judge(facts(words="It sent a nuclear-powered  submarine to the port."), RULES)
    assert severity == "high"
    assert "It names an asset that matters: nuclear-powered submarine." in reasons


def test_three_sources_on_such_an_asset_are_critical() -> None:
    severity, reasons = judge(facts(seen=times(0, 60, 120), words="The carrier group sailed."), RULES)
    assert severity == "critical"
    assert reasons == ("3 independent sources on an asset that matters: carrier group.",)


def test_speed_alone_can_be_critical() -> None:
    assert judge(facts(seen=times(0, 5, 10, 15, 20)), RULES)[0] == "critical"
    assert judge(facts(seen=times(0, 30, 60, 90, 120)), RULES)[0] == "high"


@pytest.mark.parametrize(("alone", "severity"), [(False, "high"), (True, "critical")])
def test_a_single_source_is_held_unless_the_rule_says_otherwise(alone: bool, severity: str) -> None:
    rules = Rules(
        version="1",
        base="low",
        base_because="b",
        single_source_limit="high",
        rules=(Rule(id="war", level="critical", because="War.", phrases=("declares war",), alone=alone),),
    )
    found, reasons = judge(facts(words="A state declares war."), rules)
    assert found == severity
    assert any("no second source" in reason for reason in reasons) is not alone
    assert judge(facts(words="A state declares war.", seen=times(0, 1)), rules) == ("critical", ("War.",))


@settings(deadline=None)
@given(
    st.lists(
        st.builds(a_topic, st.sampled_from(["alliances", "naval_moves"]), st.sampled_from(["primary", "mention"]))
    ),
    st.text(alphabet="nuclear submarine mutual defence carrier group", max_size=80),
)
def test_the_shipped_rules_never_call_a_single_source_critical(topics: list[AlertTopic], words: str) -> None:
    words += " nuclear submarine, mutual defence"
    severity, reasons = judge(facts(*topics, words=words), RULES)
    assert severity != "critical"
    assert reasons


@settings(deadline=None)
@given(st.lists(st.integers(0, 600), max_size=12), st.integers(1, 120))
def test_more_time_never_holds_fewer_sources(minutes: list[int], window: int) -> None:
    seen = times(*minutes)
    narrow = fastest(seen, minutes=window)
    assert narrow <= fastest(seen, minutes=window * 2) <= len(seen)
    assert narrow == fastest(tuple(reversed(seen)), minutes=window)


@settings(deadline=None)
@given(st.integers(1, 8))
def test_corroboration_never_lowers_severity(count: int) -> None:
    words = "nuclear submarine"
    fewer = judge(facts(seen=times(*range(0, count * 10, 10)), words=words), RULES)[0]
    more = judge(facts(seen=times(*range(0, (count + 1) * 10, 10)), words=words), RULES)[0]
    assert SEVERITIES.index(more) >= SEVERITIES.index(fewer)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("Article 5", "under article 5 of the treaty", True),
        ("Article 5", "article 51 of the charter", False),
        ("carrier group", "Carrier\ngroup", True),
        ("carrier group", "carriergroup", False),
        ("come to each other's aid", "they will come to each other’s aid.", True),
        ("nuclear-powered submarine", "A NUCLEAR POWERED SUBMARINE", True),
    ],
)
def test_a_phrase_is_whole_words(phrase: str, text: str, found: bool) -> None:
    assert (plain_words(phrase) in plain_words(text)) is found
