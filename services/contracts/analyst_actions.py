"""What an analyst did with an alert: part of the alert, so that it goes where the alert goes."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from services.contracts.field_types import Filled, Id, Time, Timed

AlertState = Literal["new", "acknowledged", "muted", "closed"]
ActionKind = Literal["state", "note", "assign", "snooze", "feedback", "merge", "split"]
ACTION_KINDS: Final[tuple[ActionKind, ...]] = get_args(ActionKind)
RejectedBecause = Literal["wrong_topic", "repeated", "old", "trivial"]
REJECTED_BECAUSE: Final[tuple[RejectedBecause, ...]] = get_args(RejectedBecause)
MAX_ACTIONS: Final = 100
MAX_TEXT: Final = 2000  # characters of a note


class AnalystAction(Timed, frozen=True, kw_only=True):
    """One action: of which kind, by whom, when. ``at`` names it within its alert.

    ``state`` sets ``state``; ``note`` has a ``text``, none withdraws the note of ``undoes``; ``assign`` sets
    ``assigned_to``, ``snooze`` sets ``until``, null takes it away; ``feedback`` says whether the alert was ``useful``
    or ``why`` not, null withdraws it, about an article and a rule; ``merge`` and ``split`` name the ``other`` alert.
    ``before`` is the state, the person or the time that was replaced. ``undoes`` is the ``at`` of what was undone.
    """

    kind: ActionKind
    by: Filled
    at: Time
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)] | None = None
    state: AlertState | None = None
    assigned_to: Filled | None = None
    until: Time | None = None
    useful: bool | None = None
    why: RejectedBecause | None = None
    article_id: Id | None = None
    rule: Filled | None = None
    other: Id | None = None
    before: str | None = None
    undoes: Time | None = None


def kept_apart(actions: Iterable[AnalystAction]) -> frozenset[str]:
    """The alerts that an analyst has split from the one with these actions, and that were not merged with it since."""
    apart: set[str] = set()
    for action in actions:
        if action.kind == "split" and action.other:
            apart.add(action.other)
        elif action.kind == "merge" and action.other:
            apart.discard(action.other)
    return frozenset(apart)


def standing_feedback(actions: Iterable[AnalystAction]) -> tuple[AnalystAction, ...]:
    """The feedback that holds: of each person, article and rule the last, unless it was withdrawn."""
    last = {(action.by, action.article_id, action.rule): action for action in actions if action.kind == "feedback"}
    return tuple(action for action in last.values() if action.useful is not None)
