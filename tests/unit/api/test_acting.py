"""What an action makes of an alert, and that undoing it brings back what was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.api.core import acting
from services.api.core.action_request import ActionRequest
from services.api.errors import ActionError, QueryError
from services.contracts.analyst_actions import MAX_ACTIONS, AnalystAction, kept_apart, standing_feedback
from services.contracts.messages import Alert, Change
from tests.support.alerts import a_tagged, an_opened_alert
from tests.support.clock import START

SECOND = timedelta(seconds=1)
LATER = START + timedelta(hours=2)


def done(alert: Alert, number: int = 1, **fields: Any) -> Alert:
    """The alert after an action of ann."""
    action = ActionRequest(**fields).action(by="ann", at=START + number * SECOND)
    assert action is not None
    after = acting.act(alert, action)
    assert after is not None
    return after


def undone(alert: Alert, *, by: str = "ann") -> Alert:
    action = acting.inverse(alert, acting.last_action(alert, by), by=by, at=START + 50 * SECOND)
    after = acting.act(alert, action)
    assert after is not None
    return after


@pytest.mark.parametrize(
    ("fields", "change", "effect"),
    [
        ({"kind": "state", "state": "muted"}, Change(kind="state", before="new", after="muted"), {"state": "muted"}),
        ({"kind": "note", "text": " Seen. "}, Change(kind="note", after="Seen."), {}),
        ({"kind": "assign", "assigned_to": "bob"}, Change(kind="assign", after="bob"), {"assigned_to": "bob"}),
        (
            {"kind": "snooze", "until": LATER},
            Change(kind="snooze", after=LATER.isoformat()),
            {"snoozed_until": LATER},
        ),
        ({"kind": "feedback", "useful": True}, Change(kind="feedback", after="useful"), {}),
        ({"kind": "feedback", "useful": False, "why": "wrong_topic"}, Change(kind="feedback", after="wrong topic"), {}),
    ],
)
def test_an_action_is_a_revision_once_and_can_be_undone(
    fields: dict[str, Any], change: Change, effect: dict[str, Any]
) -> None:
    alert = an_opened_alert()
    after = done(alert, **fields)
    assert after.revision == alert.revision + 1
    assert after.changes == (change,)
    assert (after.last_updated, after.stages) == (alert.last_updated, alert.stages)
    (action,) = after.actions
    assert (action.kind, action.by, action.at) == (fields["kind"], "ann", START + SECOND)
    assert {name: getattr(after, name) for name in effect} == effect
    again = ActionRequest(**fields).action(by="ann", at=START + 2 * SECOND)
    assert again is not None
    assert acting.act(after, again) is None
    back = undone(after)
    assert (back.state, back.assigned_to, back.snoozed_until) == ("new", None, None)
    assert standing_feedback(back.actions) == ()
    assert back.actions[-1].undoes == action.at
    with pytest.raises(ActionError):
        acting.last_action(back, "ann")


def test_feedback_names_the_article_and_the_rule_that_the_alert_is_about() -> None:
    alert = an_opened_alert()
    (action,) = done(alert, kind="feedback", useful=False, why="old").actions
    assert (action.article_id, action.rule) == (alert.evidence[0].article_id, alert.evidence[0].rule)


def test_undo_takes_the_own_last_action_and_nothing_that_changed_since() -> None:
    mine = done(an_opened_alert(), kind="state", state="muted")
    theirs = acting.act(mine, AnalystAction(kind="state", by="bob", at=LATER, state="closed"))
    assert theirs is not None
    with pytest.raises(ActionError, match="changed since"):
        undone(theirs)
    assert undone(theirs, by="bob").state == "muted"
    with pytest.raises(ActionError, match="cat has done nothing"):
        undone(theirs, by="cat")


def test_undo_goes_back_step_by_step() -> None:
    alert = done(done(an_opened_alert(), 1, kind="assign", assigned_to="bob"), 2, kind="assign", assigned_to="cat")
    back = undone(alert)
    assert back.assigned_to == "bob"
    assert undone(back).assigned_to is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "state"}, "state is missing"),
        ({"kind": "note", "text": "  "}, "text is missing"),
        ({"kind": "snooze", "until": START}, "within the next year"),
        ({"kind": "snooze", "until": LATER.replace(tzinfo=None)}, "with an offset"),
        ({"kind": "snooze", "until": START + timedelta(days=400)}, "within the next year"),
        ({"kind": "feedback"}, "give useful"),
        ({"kind": "feedback", "useful": False}, "with why"),
        ({"kind": "feedback", "useful": True, "why": "old"}, "give useful"),
        ({"kind": "merge"}, "other is missing"),
        ({"kind": "split"}, "article_id is missing"),
    ],
)
def test_what_an_action_needs_is_said(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        ActionRequest(**fields).action(by="ann", at=START)


def a_pair() -> tuple[Alert, Alert]:
    other = a_tagged(story="f" * 24, url="https://other.example/1", title="Fleets pass", outlet="other.example")
    return an_opened_alert(), an_opened_alert(other)


def test_merged_alerts_name_each_other_and_are_merged_once() -> None:
    one, other = a_pair()
    made = acting.merge(one, other, AnalystAction(kind="merge", by="ann", at=START, other=other.id))
    assert made is not None
    closed, survivor = made
    assert (closed.state, closed.merged_into) == ("closed", other.id)
    assert [action.other for action in survivor.actions] == [one.id]
    assert acting.merge(closed, survivor, AnalystAction(kind="merge", by="ann", at=LATER)) is None
    with pytest.raises(ActionError, match="merged already"):
        acting.merge(survivor, closed, AnalystAction(kind="merge", by="ann", at=LATER))
    with pytest.raises(ActionError, match="merged into another"):
        acting.act(closed, AnalystAction(kind="state", by="ann", at=LATER, state="new"))


def test_a_source_is_split_off_with_its_copies_and_kept_apart() -> None:
    one, other = a_pair()
    copy = msgspec.structs.replace(other.sources[0], article_id="c" * 24, copy_of=other.sources[0].article_id)
    both = msgspec.structs.replace(one, sources=(*one.sources, *other.sources, copy))
    tagged = [one.sources[0].article_id, other.sources[0].article_id]
    action = AnalystAction(kind="split", by="ann", at=START, article_id=tagged[1])
    left, made = acting.split(both, tagged[1], tagged, None, action)
    assert left.sources == one.sources
    assert [source.article_id for source in made.sources] == [tagged[1], "c" * 24]
    assert (made.revision, made.state, made.headline) == (1, "new", "Fleets pass")
    assert kept_apart(left.actions) == {made.id}
    assert kept_apart(made.actions) == {left.id}
    for article, held, said in [
        ("c" * 24, None, "a copy"),
        ("0" * 24, None, "none of its sources"),
        (tagged[1], made, "split off or merged already"),
    ]:
        with pytest.raises(ActionError, match=said):
            acting.split(both, article, tagged, held, action)
    with pytest.raises(ActionError, match="only report"):
        acting.split(both, tagged[1], tagged[1:], None, action)


def test_the_oldest_notes_make_room_and_what_keeps_alerts_apart_stays() -> None:
    alert = msgspec.structs.replace(
        an_opened_alert(), actions=(AnalystAction(kind="split", by="ann", at=START, other="b" * 24),)
    )
    for number in range(MAX_ACTIONS + 5):
        alert = done(alert, number + 1, kind="note", text=f"note {number}")
    assert len(alert.actions) == MAX_ACTIONS
    assert alert.actions[0].kind == "split"
    assert alert.actions[-1].text == f"note {MAX_ACTIONS + 4}"
