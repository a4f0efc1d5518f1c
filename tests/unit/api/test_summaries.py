"""A page gets each event in words beside the alert, which is otherwise as it is stored."""

from __future__ import annotations

import json

import msgspec

from services.api.core.summaries import with_summaries
from services.contracts import codec
from services.contracts.events import summary_of
from services.contracts.messages import Actor, Alert, AlertEvent
from tests.support.alerts import an_opened_alert


def an_event(verb: str) -> AlertEvent:
    return AlertEvent(
        article_id="a" * 24,
        topic="naval_moves",
        act="seizure",
        verb=verb,
        agents=(Actor(id="USA", name="United States", kind="state"),),
        mode="done",
        field="text",
        start=0,
        end=6,
        quote="seized",
        rule="seizure",
    )


def test_an_alert_is_as_it_was_with_a_line_for_each_event() -> None:
    alert = msgspec.structs.replace(an_opened_alert(), events=(an_event("seizes"), an_event("boards")))
    made = with_summaries(codec.encode(alert))
    assert codec.decode(made, Alert) == alert
    assert json.loads(made)["event_summaries"] == [summary_of(event) for event in alert.events]
    assert json.loads(made)["also_reported_in"] is None


def test_the_other_languages_of_an_alert_are_named() -> None:
    alert = msgspec.structs.replace(an_opened_alert(), language="en", languages=("uk", "en", "tr", "xx"))
    assert (
        json.loads(with_summaries(codec.encode(alert)))["also_reported_in"] == "also reported in Ukrainian, Turkish, xx"
    )


def test_an_alert_of_before_there_were_events_has_none() -> None:
    stored = json.loads(codec.encode(an_opened_alert()))
    stored.pop("events", None)
    assert json.loads(with_summaries(json.dumps(stored).encode() + b"\n"))["event_summaries"] == []
