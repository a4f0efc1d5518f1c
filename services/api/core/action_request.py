"""An action as it is asked for: what each kind needs. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar, assert_never

from services.api.errors import QueryError
from services.contracts.analyst_actions import MAX_TEXT, AlertState, AnalystAction, RejectedBecause

T = TypeVar("T")

AskedKind = Literal["state", "note", "assign", "snooze", "feedback", "merge", "split", "undo"]
LONGEST_SNOOZE: Final = timedelta(days=366)
MAX_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """What is to be done; ``undo`` undoes the last action of the one who asks."""

    kind: AskedKind
    text: str | None = None
    state: AlertState | None = None
    assigned_to: str | None = None
    until: datetime | None = None
    useful: bool | None = None
    why: RejectedBecause | None = None
    article_id: str | None = None
    rule: str | None = None
    other: str | None = None

    def action(self, *, by: str, at: datetime) -> AnalystAction | None:
        """The action, None for ``undo``. Raises :class:`QueryError` where something that it needs is missing."""
        match self.kind:
            case "state":
                return AnalystAction(kind="state", by=by, at=at, state=_given(self.state, "state"))
            case "note":
                text = _given((self.text or "").strip(), "text")[:MAX_TEXT]
                return AnalystAction(kind="note", by=by, at=at, text=text)
            case "assign":
                name = (self.assigned_to or "").strip()[:MAX_NAME]
                return AnalystAction(kind="assign", by=by, at=at, assigned_to=name or None)
            case "snooze":
                return AnalystAction(kind="snooze", by=by, at=at, until=_later(self.until, at))
            case "feedback":
                if self.useful is None or self.useful == (self.why is not None):
                    raise QueryError("feedback: give useful: true, or useful: false with why.")
                return AnalystAction(
                    kind="feedback",
                    by=by,
                    at=at,
                    useful=self.useful,
                    why=self.why,
                    article_id=self.article_id,
                    rule=self.rule,
                )
            case "merge":
                return AnalystAction(kind="merge", by=by, at=at, other=_given(self.other, "other"))
            case "split":
                return AnalystAction(kind="split", by=by, at=at, article_id=_given(self.article_id, "article_id"))
            case "undo":
                return None
        assert_never(self.kind)


def _given(value: T | None, name: str) -> T:
    if not value:
        raise QueryError(f"{name} is missing.")
    return value


def _later(until: datetime | None, now: datetime) -> datetime | None:
    if until is None:
        return None
    if until.tzinfo is None or not now < until <= now + LONGEST_SNOOZE:
        raise QueryError("until is not a time with an offset within the next year.")
    return until
