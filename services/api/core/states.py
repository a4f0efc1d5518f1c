"""What an analyst does to an alert: acknowledge, mute, close, take up again. Pure."""

from __future__ import annotations

import msgspec

from services.contracts.messages import Alert, AlertState, Change


def moved(alert: Alert, state: AlertState) -> Alert | None:
    """The alert in ``state`` as a new revision, None where it is in it already.

    A state change is a revision like any other, so everyone who follows the alert learns of it. It moves neither the
    time of the last update nor the stages: nothing has happened in the world.
    """
    if alert.state == state:
        return None
    change = Change(kind="state", before=alert.state, after=state)
    return msgspec.structs.replace(alert, state=state, revision=alert.revision + 1, changes=(change,))
