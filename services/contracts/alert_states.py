"""The states of an alert, and what happens to them when something happens in the world. Pure."""

from collections.abc import Iterable
from typing import Final, get_args

import msgspec

from services.contracts.analyst_actions import ACTION_KINDS
from services.contracts.messages import Alert, AlertState, Change
from services.contracts.rechecks import RECHECK_CHANGES

STATES: Final[tuple[AlertState, ...]] = get_args(AlertState)
FACTS: Final = frozenset({"title", "numbers", "actors", "retraction"})
"""The kinds of change between two versions of an article that an analyst must hear of. A reworded text is not one."""

ASKS_AGAIN: Final = frozenset({"severity", "event", *RECHECK_CHANGES.values()}) | FACTS
"""The kinds of change of an alert that end an acknowledgement and a snooze."""

ANALYSTS_CHANGES: Final = frozenset(ACTION_KINDS)
"""The kinds of change of an alert that an analyst made: nothing has happened in the world."""

_REOPENS: Final = frozenset({"topic", "role", "actor", "place", "merged"}) | ASKS_AGAIN


def state_after(state: AlertState, changes: Iterable[Change]) -> AlertState:
    """The state once ``changes`` are known.

    A closed alert is reopened by a real change; that more outlets carry it is none. One that was acknowledged asks
    for attention again only when it has become more severe, something new has happened or a fact has changed. Muted
    stays muted.
    """
    kinds = {change.kind for change in changes}
    if state == "closed" and kinds & _REOPENS:
        return "new"
    if state == "acknowledged" and kinds & ASKS_AGAIN:
        return "new"
    return state


def merge_into(alert: Alert, survivor: Alert) -> Alert:
    """The alert closed, because ``survivor`` is about the same event and goes on."""
    changes = [Change(kind="merged", after=survivor.headline)]
    if alert.state != "closed":
        changes.append(Change(kind="state", before=alert.state, after="closed"))
    return msgspec.structs.replace(
        alert, state="closed", revision=alert.revision + 1, changes=tuple(changes), merged_into=survivor.id
    )
