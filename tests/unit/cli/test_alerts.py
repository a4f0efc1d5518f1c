"""Which alerts are asked for, and how one looks on one line."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from services.cli.alerts import panel
from services.cli.alerts.log import Record
from services.cli.alerts.show import Wanted, latest, severities
from services.contracts.messages import Alert
from services.runtime.errors import UsageError
from tests.support.alerts import an_opened_alert

ALERT = an_opened_alert()  # medium, naval_moves, Russia, Havana


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Wanted(), True),
        (Wanted(topic="naval_moves"), True),
        (Wanted(topic="naval"), False),
        (Wanted(actor="rus"), True),
        (Wanted(actor="Russia"), True),
        (Wanted(actor="Rus sia"), False),
        (Wanted(place="HAVANA"), True),
        (Wanted(place="kiel"), False),
        (Wanted(since=ALERT.last_updated), True),
        (Wanted(since=ALERT.last_updated + timedelta(seconds=1)), False),
        (Wanted(severities=severities("critical")), False),
    ],
)
def test_an_alert_is_taken_when_all_that_is_asked_for_holds(wanted: Wanted, taken: bool) -> None:
    assert wanted.takes(ALERT) is taken


def test_severities_go_up_from_the_one_that_is_named() -> None:
    assert severities(None) == ("low", "medium", "high", "critical")
    assert severities("high") == ("high", "critical")
    with pytest.raises(UsageError, match="--min-severity is 'loud': give one of low, medium, high, critical"):
        severities("loud")


def test_the_latest_revision_counts_even_where_an_older_one_matches() -> None:
    calmer = msgspec.structs.replace(ALERT, revision=2, severity="low")
    records = [Record(alert, b"") for alert in (ALERT, calmer)]
    assert latest(records, Wanted(severities=severities(ALERT.severity))) == []
    assert latest(records, Wanted()) == records[1:]


def test_one_line_says_when_which_how_severe_what_and_from_how_many() -> None:
    said = panel.line(ALERT).plain
    assert said.startswith(f"{ALERT.last_updated:%m-%d %H:%M} {ALERT.id[:8]} {ALERT.severity}")
    assert said.endswith(f"{ALERT.headline}  naval moves, 1 source")


def test_an_alert_without_a_headline_is_named_by_its_first_evidence() -> None:
    untitled: Alert = msgspec.structs.replace(ALERT, headline="")
    assert panel.headline(untitled) == ALERT.evidence[0].quote
    assert ALERT.evidence[0].quote not in [quote.quote for quote in panel.best_quotes(untitled)]
    assert panel.headline(msgspec.structs.replace(untitled, evidence=())) == "(no headline)"
