"""An alert in a terminal: everything an analyst needs, and nothing that can harm the terminal."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from services.cli import output
from services.cli.alerts import panel
from services.contracts.messages import (
    Actor,
    Alert,
    AlertEvidence,
    AlertSource,
    AlertTopic,
    Change,
    Difference,
    PageChange,
    Stages,
)
from tests.support.clock import START
from tests.support.notifier import an_event


def an_alert(**more: Any) -> Alert:
    values: dict[str, Any] = {
        "id": "a1e27000",
        "revision": 1,
        "state": "new",
        "story_id": "5707",
        "topics": (
            AlertTopic(topic="alliances", score=0.9, role="primary"),
            AlertTopic(topic="naval_moves", score=0.7, role="mention"),
        ),
        "severity": "high",
        "severity_reasons": ("It names an asset that matters: submarine.",),
        "headline": "Two states sign a pact",
        "lead": (),
        "actors": (Actor(id="RUS", name="Russia", kind="state"),),
        "places": (),
        "evidence": (a_quote("signed a pact"), a_quote("sent a submarine", topic="naval_moves")),
        "sources": tuple(
            AlertSource(
                article_id=str(n), outlet=outlet, family=outlet, title="", first_seen_at=START, independent=True
            )
            for n, outlet in enumerate(("a.example", "b.example", "a.example"))
        ),
        "independent_sources": 2,
        "confidence": "corroborated",
        "first_seen": START,
        "last_updated": START,
        "changes": (),
        "stages": Stages(
            article_id="1",
            published_at=START - timedelta(seconds=6.1),
            fetched_at=START,
            deduped_at=START,
            tagged_at=START,
            alerted_at=START,
        ),
    }
    return Alert(**(values | more))


def a_quote(quote: str, topic: str = "alliances") -> AlertEvidence:
    return AlertEvidence(article_id="1", topic=topic, field="text", start=0, end=len(quote), quote=quote, rule="r")


def replaced_sources(own: str, *, copies: tuple[str, ...]) -> tuple[AlertSource, ...]:
    return tuple(
        AlertSource(article_id=o, outlet=o, family=o, title="", first_seen_at=START, independent=o == own)
        for o in (own, *copies)
    )


def shown(alert: Alert, **more: bool) -> str:
    console = Console(width=200, force_terminal=False)
    with console.capture() as captured:
        console.print(panel.alert(alert, **more))
    return captured.get()


def test_a_source_that_a_state_controls_is_named_so() -> None:
    source = msgspec.structs.replace(an_alert().sources[0], outlet="tass.example", state_control="RUS")
    text = shown(an_alert(sources=(source,), independent_sources=1, confidence="single_source"))
    assert "tass.example (state-controlled, RUS) (single source)" in text
    assert "tass.example: not verified" in text
    proven = msgspec.structs.replace(source, publisher_source="https://a.example/tass", publisher_source_date="2025-07")
    assert "tass.example: https://a.example/tass, 2025-07" in shown(an_alert(sources=(proven,)))


def test_what_the_page_of_a_source_became_is_said() -> None:
    change = PageChange(
        outcome="changed",
        looked_at=START,
        first_looked_at=START,
        differences=(Difference(before="three \x1bships", after="two ships"), Difference(after="One was hurt.")),
    )
    gone = msgspec.structs.replace(change, outcome="withdrawn", differences=())
    one, other = an_alert().sources[:2]
    sources = (msgspec.structs.replace(one, changed=change), msgspec.structs.replace(other, changed=gone))
    text = shown(an_alert(sources=sources))
    assert "a.example changed on 2024-06-20: “three ships” → “two ships”; added “One was hurt.”" in text
    assert "b.example withdrawn: no longer there on 2024-06-20" in text


def test_a_panel_says_what_an_analyst_needs() -> None:
    text = shown(an_alert())
    for part in (
        "HIGH",
        "alliances + naval moves",
        "Two states sign a pact",
        "It names an asset that matters: submarine.",
        "“signed a pact”",
        "“sent a submarine”",
        "2 independent: a.example, b.example",
        "who      Russia",
        "6.1 s after publication",
        "Thu 20 Jun 2024, 09:00 UTC",
    ):
        assert part in text
    assert "new in" not in text
    assert "earlier" not in text


def test_above_the_headline_stands_who_does_what() -> None:
    event = an_event(agents=(Actor(id="RUS", name="Russia", kind="state"),), asset="oil tanker")
    lines = shown(an_alert(events=(event,))).splitlines()
    (at,) = [number for number, line in enumerate(lines) if "Russia → seizes → oil tanker · done" in line]
    assert "Two states sign a pact" in lines[at + 1]


def test_a_single_source_is_said_once() -> None:
    alone = replaced_sources("a.example", copies=("b.example", "c.example"))
    text = shown(an_alert(confidence="single_source", independent_sources=1, sources=alone))
    assert "a.example (single source); copied by b.example, c.example" in text
    assert "independent" not in text


def test_an_earlier_one_is_marked() -> None:
    assert "earlier" in shown(an_alert(), earlier=True)


def test_a_revision_says_what_changed() -> None:
    changes = (
        Change(kind="numbers", before="9", after="14"),
        Change(kind="source", after="c.example"),
        Change(kind="topic", before="alliances"),
    )
    assert "new in 2  numbers 9 → 14; source +c.example; topic -alliances" in shown(
        an_alert(revision=2, changes=changes)
    )


def test_an_article_without_a_date_is_timed_from_its_fetch() -> None:
    alert = an_alert()
    undated = msgspec.structs.replace(alert, stages=msgspec.structs.replace(alert.stages, published_at=None))
    assert "0.0 s after the fetch" in shown(undated)


def test_a_quote_that_is_the_headline_is_not_said_again() -> None:
    alert = an_alert(evidence=(a_quote("Two states sign a pact"), a_quote("They signed it")))
    assert [item.quote for item in panel.best_quotes(alert)] == ["They signed it"]


def test_every_topic_has_a_quote_and_none_is_said_twice() -> None:
    evidence = (a_quote("same"), a_quote("same"), a_quote("more"), a_quote("most"), a_quote("ships", "naval_moves"))
    assert [item.quote for item in panel.best_quotes(an_alert(evidence=evidence))] == ["same", "ships", "more"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0 s"), (6.14, "6.1 s"), (90, "1.5 min"), (5400, "1.5 h"), (129600, "1.5 d")]
)
def test_durations_in_the_unit_a_person_would_use(seconds: float, words: str) -> None:
    assert output.duration(seconds) == words


def test_a_headline_cannot_colour_or_clear_the_terminal() -> None:
    text = shown(an_alert(headline="[red]Boo[/] \x1b[2J\u202eevil\u202c\n\tline"))
    assert "[red]Boo[/] [2Jevil line" in text
    assert "\x1b" not in text


@given(st.text())
def test_plain_text_has_no_control_characters(text: str) -> None:
    joiners = "\u200c\u200d"  # some scripts need them inside words
    assert not [c for c in output.plain(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in joiners]
