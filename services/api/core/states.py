"""What an analyst does to an alert: acknowledge, mute, close, take up again. Pure."""

from __future__ import annotations

from typing import get_args

import msgspec

from services.api.errors import QueryError
from services.contracts.messages import Alert, AlertState, Change

STATES: tuple[AlertState, ...] = get_args(AlertState)


def state_named(text: str) -> AlertState:
    """The state of that name. Raises :class:`QueryError`."""
    for state in STATES:
        if text == state:
            return state
    raise QueryError(f"state is {text[:40]!r}: give one of {', '.join(STATES)}.")


def moved(alert: Alert, state: AlertState) -> Alert | None:
    """The alert in ``state`` as a new revision, None where it is in it already.

    A state change is a revision like any other, so everyone who follows the alert learns of it. It moves neither the
    time of the last update nor the stages: nothing has happened in the world.
    """
    if alert.state == state:
        return None
    change = Change(kind="state", before=alert.state, after=state)
    return msgspec.structs.replace(alert, state=state, revision=alert.revision + 1, changes=(change,))
