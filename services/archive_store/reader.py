"""Questions about alerts and their articles. Every function takes a read-only connection and returns plain values."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from services.archive_store.hashes import article_sha256
from services.archive_store.search import name_of, named
from services.archive_store.tokens import Kind
from services.contracts import codec
from services.contracts.events import summary_of
from services.contracts.messages import AlertEvent, AlertEvidence

EARLIER: Final = 10
_CANDIDATES: Final = 200  # of each fact, the newest: what "before this" looks at
_WEIGHTS: Final = {"act": 2.0, "actor": 2.0, "place": 1.5}
_ENOUGH: Final = 3.5  # two facts in common, one of them who or what


class _Told(msgspec.Struct):
    """What is read of a revision's message; the rest is passed on as it is."""

    evidence: tuple[AlertEvidence, ...] = ()
    events: tuple[AlertEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert in a list."""

    id: str
    first_seen: str
    last_updated: str
    severity: str
    state: str
    headline: str
    summary: str
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """A quote of an alert's revision, and what is wrong with it: "" nothing, else one of :data:`PROBLEMS`."""

    alert_id: str
    revision: int
    article_id: str
    quote: str
    problem: str


PROBLEMS: Final = {
    "gone": "no stored version of the article has these words at this place",
    "missing": "the article is not in the archive",
    "changed": "the stored text does not have the hash that was stored with it",
    "message": "the stored alert does not have the hash that was stored with it",
}


def message_of(db: sqlite3.Connection, alert_id: str, revision: int | None = None) -> str | None:
    """A revision's message (JSON), the latest unless one is named; None where there is none."""
    row = db.execute(
        "SELECT message FROM revisions WHERE alert_id = ? AND revision = "
        "coalesce(?, (SELECT revision FROM alerts WHERE id = ?))",
        (alert_id, revision, alert_id),
    ).fetchone()
    return None if row is None else str(row[0])


def line_of(db: sqlite3.Connection, alert_id: str, shared: tuple[str, ...] = ()) -> AlertLine:
    """One alert as a list shows it."""
    (row,) = named(
        db.execute(
            "SELECT id, first_seen, alerts.last_updated, severity, state, headline, message FROM alerts JOIN revisions "
            "ON revisions.alert_id = alerts.id AND revisions.revision = alerts.revision WHERE id = ?",
            (alert_id,),
        )
    )
    events = codec.decode(row.pop("message").encode(), _Told).events
    return AlertLine(summary=summary_of(events[0]) if events else "", shared=shared, **row)


def before_this(db: sqlite3.Connection, alert_id: str, *, limit: int = EARLIER) -> Sequence[AlertLine]:
    """Earlier alerts that share actors, act or place with this one, the newest first, with what they share.

    One fact in common is chance; what is asked for is two, of which one is who or what was done.
    """
    row = db.execute("SELECT first_seen FROM alerts WHERE id = ?", (alert_id,)).fetchone()
    if row is None:
        return []
    facts = db.execute(
        "SELECT kind, value FROM alert_facets WHERE alert_id = ? AND kind IN ('act', 'actor', 'place')", (alert_id,)
    ).fetchall()
    shared: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, value in facts:
        for seen, other in db.execute(
            "SELECT first_seen, alert_id FROM alert_facets WHERE kind = ? AND value = ? AND first_seen < ? "
            "ORDER BY first_seen DESC LIMIT ?",
            (kind, value, row[0], _CANDIDATES),
        ):
            shared.setdefault((seen, other), []).append((kind, value))
    enough = [place for place, facts in shared.items() if sum(_WEIGHTS[kind] for kind, _ in facts) >= _ENOUGH]
    return [
        line_of(db, other, tuple(name_of(db, kind, value) for kind, value in shared[seen, other]))
        for seen, other in sorted(enough, reverse=True)[:limit]
    ]


def alerts_about(
    db: sqlite3.Connection, kind: Kind, value: str, *, before: str | None = None, limit: int = 20
) -> tuple[Sequence[AlertLine], str | None]:
    """(the alerts that an actor, a place, a topic or an act is in, the newest first; where to go on)."""
    rows = db.execute(
        "SELECT first_seen, alert_id FROM alert_facets WHERE kind = ? AND value = ? AND first_seen < ? "
        "ORDER BY first_seen DESC LIMIT ?",
        (kind, value, before or "~", limit + 1),
    ).fetchall()
    lines = [line_of(db, alert_id) for _, alert_id in rows[:limit]]
    return lines, rows[limit - 1][0] if len(rows) > limit else None


def alerts_with(
    db: sqlite3.Connection, wanted: Sequence[tuple[str, str]], *, since: str = "", limit: int = 20
) -> Sequence[AlertLine]:
    """The alerts that have all of these facets, the newest first; of none, all of them."""
    found: list[str] = []
    first, rest = (wanted[0], wanted[1:]) if wanted else (None, ())
    rows = (
        db.execute("SELECT id FROM alerts WHERE first_seen >= ? ORDER BY first_seen DESC", (since,))
        if first is None
        else db.execute(
            "SELECT alert_id FROM alert_facets WHERE kind = ? AND value = ? AND first_seen >= ? "
            "ORDER BY first_seen DESC",
            (*first, since),
        )
    )
    has = "SELECT 1 FROM alert_facets WHERE alert_id = ? AND kind = ? AND value = ?"
    for (alert_id,) in rows:
        if all(db.execute(has, (alert_id, *one)).fetchone() for one in rest):
            found.append(alert_id)
        if len(found) == limit:
            break
    return [line_of(db, alert_id) for alert_id in found]


def with_whom(db: sqlite3.Connection, kind: Kind, value: str, other: Kind, *, limit: int = 12) -> Sequence[Any]:
    """(value, name, alerts): what of the kind ``other`` stands in the same alerts, the most frequent first."""
    rows = db.execute(
        "SELECT o.value, count(*) FROM alert_facets AS own JOIN alert_facets AS o USING (alert_id) "
        "WHERE own.kind = ? AND own.value = ? AND o.kind = ? AND NOT (o.kind = own.kind AND o.value = own.value) "
        "GROUP BY o.value ORDER BY count(*) DESC, o.value LIMIT ?",
        (kind, value, other, limit),
    ).fetchall()
    return [(found, name_of(db, other, found), count) for found, count in rows]


def about(
    db: sqlite3.Connection, kind: Kind, value: str, *, before: str | None = None, limit: int = 20
) -> dict[str, Any]:
    """All that a page of an actor or a place shows. ``months``: in how many alerts a month, without those of none."""
    alerts, following = alerts_about(db, kind, value, before=before, limit=limit)
    months = db.execute(
        "SELECT substr(first_seen, 1, 7) AS month, count(*) FROM alert_facets WHERE kind = ? AND value = ? "
        "GROUP BY month ORDER BY month",
        (kind, value),
    )
    return {
        "kind": kind,
        "value": value,
        "name": name_of(db, kind, value),
        "months": months.fetchall(),
        "actors": with_whom(db, kind, value, "actor"),
        "acts": with_whom(db, kind, value, "act"),
        "places": with_whom(db, kind, value, "place"),
        "alerts": alerts,
        "next_cursor": following,
    }


def articles_of(db: sqlite3.Connection, alert_id: str) -> Sequence[dict[str, Any]]:
    """Every stored version of every source of an alert, with its text and its hash."""
    rows = db.execute(
        "SELECT id, content_hash, title, outlet, url, language, published_at, first_seen_at, sha256, summary, text, "
        "record FROM articles JOIN documents USING (number) "
        "WHERE id IN (SELECT article_id FROM alert_articles WHERE alert_id = ?) ORDER BY number",
        (alert_id,),
    )
    return named(rows)


def revisions_of(db: sqlite3.Connection, alert_id: str) -> Sequence[dict[str, Any]]:
    """Every stored revision of an alert, the first one first."""
    rows = db.execute(
        "SELECT revision, last_updated, sha256, message FROM revisions WHERE alert_id = ? ORDER BY revision",
        (alert_id,),
    )
    return named(rows)


def quote_checks(db: sqlite3.Connection, *, since: datetime | None = None) -> Iterator[QuoteCheck]:
    """Every quote of every stored revision, checked against the stored text, and the text against its hash."""
    after = "" if since is None else since.isoformat()
    for alert_id, revision, digest, message in db.execute(
        "SELECT alert_id, revision, sha256, message FROM revisions WHERE last_updated >= ? ORDER BY alert_id, revision",
        (after,),
    ):
        if hashlib.sha256(message.encode()).hexdigest() != digest:
            yield QuoteCheck(alert_id, revision, "", "", "message")
            continue
        told = codec.decode(message.encode(), _Told)
        quotes: tuple[AlertEvidence | AlertEvent, ...] = (*told.evidence, *told.events)
        for one in quotes:
            yield QuoteCheck(alert_id, revision, one.article_id, one.quote, _problem(db, one))


def _problem(db: sqlite3.Connection, one: AlertEvidence | AlertEvent) -> str:
    versions = db.execute(
        "SELECT title, summary, text, sha256 FROM articles JOIN documents USING (number) WHERE id = ?",
        (one.article_id,),
    ).fetchall()
    if not versions:
        return "missing"
    for title, summary, text, digest in versions:
        field = {"title": title, "summary": summary, "text": text}[one.field]
        if field[one.start : one.end] == one.quote:
            return "" if article_sha256(title, summary, text) == digest else "changed"
    return "gone"
