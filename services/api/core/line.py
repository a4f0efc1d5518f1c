"""How the line stands: what each room says of itself, and since when.

A page that gets no new alerts looks the same whether nothing happens or nothing works. This tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct

READY_TEXT = "ok"  # what /readyz says where there is nothing to say

State = Literal["unknown", "ready", "slow", "waiting", "silent"]
"""slow: ready, but something keeps it back; waiting: cannot do its work now; silent: does not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What /readyz of a room answered: status code and text; no code where it did not answer at all."""

    code: int | None
    text: str


class RoomState(Struct, frozen=True, kw_only=True):
    """One room. ``detail`` is its own sentence on what it waits for or what keeps it back; ``since`` is when the api
    first saw it in this state.
    """

    room: str
    state: State
    detail: str | None
    since: datetime


def unasked(room: str, now: datetime) -> RoomState:
    """A room that has not been asked yet."""
    return RoomState(room=room, state="unknown", detail=None, since=now)


def after(before: RoomState, answer: Answer, now: datetime) -> RoomState:
    """How the room stands after an answer. The time of a state is that of its first answer."""
    state, detail = _read(answer)
    since = before.since if state == before.state else now
    return RoomState(room=before.room, state=state, detail=detail, since=since)


def _read(answer: Answer) -> tuple[State, str | None]:
    text = answer.text.strip()
    if answer.code is None:
        return "silent", text or None
    if answer.code != 200:
        return "waiting", text or f"answered {answer.code}"
    if text and text != READY_TEXT:
        return "slow", text
    return "ready", None
