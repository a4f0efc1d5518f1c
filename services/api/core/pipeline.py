"""How the pipeline is up: what each service says of itself, and since when.

A page that gets no new alerts looks the same whether nothing happens or nothing works. This tells the two apart.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct

READY_TEXT = "ok"  # what /readyz says where there is nothing to say

State = Literal["unknown", "ready", "slow", "waiting", "silent"]
"""slow: ready, but something keeps it back; waiting: cannot do its work now; silent: does not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What /readyz of a service answered: status code and text; no code where it did not answer at all."""

    code: int | None
    text: str


class ServiceState(Struct, frozen=True, kw_only=True):
    """One service. ``detail`` is its own sentence on what it waits for or what keeps it back; ``since`` is when the api
    first saw it in this state.
    """

    service: str
    state: State
    detail: str | None
    since: datetime


def unasked(service: str, now: datetime) -> ServiceState:
    """A service that has not been asked yet."""
    return ServiceState(service=service, state="unknown", detail=None, since=now)


def after(before: ServiceState, answer: Answer, now: datetime) -> ServiceState:
    """How the service stands after an answer. The time of a state is that of its first answer."""
    state, detail = _read(answer)
    since = before.since if state == before.state else now
    return ServiceState(service=before.service, state=state, detail=detail, since=since)


def _read(answer: Answer) -> tuple[State, str | None]:
    text = answer.text.strip()
    if answer.code is None:
        return "silent", text or None
    if answer.code != 200:
        return "waiting", text or f"answered {answer.code}"
    if text and text != READY_TEXT:
        return "slow", text
    return "ready", None
