"""What a list request asks for, and the cursor that continues it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from services.api.errors import QueryError
from services.contracts.messages import SEVERITIES, Severity

MAX_PAGE = 200
CURSOR = "^([0-9]{1,16})-([0-9a-f]{24})$"
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?$"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after one alert in the order (last update, id), both descending."""

    updated_ms: int
    alert_id: str

    def text(self) -> str:
        """The cursor as a client carries it."""
        return f"{self.updated_ms}-{self.alert_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Filters that all hold. ``severities`` is every level at or above the one asked for; all of them: no filter.

    ``judged`` are the alerts that analysts gave feedback on.
    """

    topic: str | None = None
    actor: str | None = None
    place: str | None = None
    severities: tuple[Severity, ...] = SEVERITIES
    since_ms: int = 0
    judged: bool = False
    cursor: Cursor | None = None
    limit: int = 50


def parse(
    *,
    topic: str | None = None,
    actor: str | None = None,
    place: str | None = None,
    min_severity: Severity | None = None,
    since: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Query:
    """The query of a request's parameters, which have the forms above. Raises :class:`QueryError`."""
    return Query(
        topic=topic or None,
        actor=actor or None,
        place=place or None,
        severities=SEVERITIES[SEVERITIES.index(min_severity) :] if min_severity else SEVERITIES,
        since_ms=0 if (begin := moment("since", since)) is None else int(begin.timestamp() * 1000),
        cursor=parse_cursor(cursor),
        limit=limit,
    )


def moment(name: str, text: str | None) -> datetime | None:
    """The time of the parameter ``name``, in UTC where it has no offset. Raises :class:`QueryError`."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    except ValueError:
        raise QueryError(f"{name} is {text!r}: give a time such as 2024-06-20T09:00:00Z.") from None


def parse_cursor(text: str | None) -> Cursor | None:
    """The place that a cursor's text names. Raises :class:`QueryError`."""
    if not text:
        return None
    match = re.fullmatch(CURSOR, text)
    if match is None:
        raise QueryError(f"cursor is {text!r}: give next_cursor of the page before, as it was.")
    return Cursor(int(match[1]), match[2])
