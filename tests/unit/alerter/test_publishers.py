"""What an alert says of its publishers, and what state media of one state alone are worth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.alerter.core.severity import Grounds, judge
from services.alerter.core.sources import Sources, gather
from services.contracts.publishers import outlet_of, stated_by
from services.contracts.stories import StoryMember
from tests.support.alerts import an_event, shipped_rules
from tests.support.clock import START

RULES = shipped_rules()
TITLES = (
    "Navy holds drill off Larn",
    "Two frigates reach the gulf",
    "Ministers speak of a pact",
    "Ships return to port",
)


def sources_of(*said_by: tuple[str, str | None]) -> Sources:
    """One report of its own of each (family, wire)."""
    members = [
        StoryMember(
            article_id=str(n),
            outlet=family,
            family=family,
            title=TITLES[n],
            first_seen_at=START + timedelta(minutes=n),
            wire=wire,
        )
        for n, (family, wire) in enumerate(said_by)
    ]
    return gather([("s", member) for member in members], (), (), RULES)


def judged(sources: Sources, **more: Any) -> tuple[str, tuple[str, ...]]:
    grounds = Grounds(
        event=an_event("seize"),
        role="primary",
        topics=frozenset({"naval_moves"}),
        headline="A tanker is seized",
        language="en",
        assets=(),
        seen_at=sources.seen_at,
        controlling_state=sources.controlling_state,
    )
    return judge(grounds, RULES)


def test_a_source_carries_the_card_of_its_publisher() -> None:
    (source,) = sources_of(("tass.com", "TASS")).listed
    assert (source.owner, source.country, source.kind) == ("Government of Russia", "RUS", "agency")
    assert outlet_of(source) == "tass.com (state-controlled, RUS)"
    assert stated_by(source) == "https://en.wikipedia.org/wiki/TASS"
    (wam,) = sources_of(("wam.ae", "WAM")).listed
    assert stated_by(wam) == "https://statemediamonitor.com/2025/07/emirates-news-agency-wam, 2025-07"


def test_a_body_of_a_state_speaks_for_that_state() -> None:
    (source,) = sources_of(("us-defense-department", None)).listed
    assert (source.kind, source.state_control) == ("state_body", "USA")


def test_an_unknown_publisher_has_no_card() -> None:
    (source,) = sources_of(("harbour.example", None)).listed
    assert (source.owner, source.country, source.kind, source.state_control) == (None,) * 4
    assert outlet_of(source) == "harbour.example"


@pytest.mark.parametrize(
    ("said_by", "state"),
    [
        ([("tass.com", "TASS"), ("rt", None), ("kremlin.ru", None)], "RUS"),
        ([("tass.com", "TASS"), ("bbc", None)], None),
        ([("rt", None), ("cgtn", None)], None),
        ([("harbour.example", "TASS"), ("rt", None)], "RUS"),  # a paper that prints TASS says what TASS says
        ([("harbour.example", None)], None),
    ],
)
def test_the_state_behind_all_sources(said_by: list[tuple[str, str | None]], state: str | None) -> None:
    assert sources_of(*said_by).controlling_state == state


def test_state_media_of_one_state_alone_count_as_one_source_and_that_is_said() -> None:
    alone = judged(sources_of(("rt", None)))
    together = judged(sources_of(("rt", None), ("tass.com", "TASS"), ("sputnik", None)))
    sentence = "All of its sources are controlled by one state, Russia, and count as one."
    assert together[0] == alone[0]
    assert together[1] == (*alone[1], sentence)
    mixed = judged(sources_of(("rt", None), ("tass.com", "TASS"), ("bbc", None)))
    assert sentence not in mixed[1]
    assert "3 independent sources report it." in mixed[1]
