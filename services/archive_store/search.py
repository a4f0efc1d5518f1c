"""Searching articles: words, filters, facets, by rank or by time.

A request costs a bounded amount of work, however many articles match. The index is read from the newest match back:
what is counted ends at 10,000 matches, ranking (BM25; by title alone where there are more) looks at the newest 5,000 of
them, facets at the newest 1,000.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from services.archive_store import query as queries
from services.archive_store import snippets, tokens
from services.archive_store.errors import SearchError
from services.archive_store.query import Query
from services.archive_store.snippets import Snippet
from services.archive_store.tokens import KINDS, Kind
from services.contracts.messages import SEVERITIES

Order = Literal["rank", "time"]
MAX_PAGE: Final = 100
COUNTED: Final = 10_000
RANKED: Final = 5_000
FACETS_OF: Final = 1_000
_SHOWN_VALUES: Final = 12
_CURSOR = re.compile(r"([rt])(\d{1,19})")
_LAST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is asked. Filters of one kind are alternatives, those of several kinds all hold."""

    query: Query | None = None
    filters: tuple[tuple[Kind, str], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: Order = "time"
    cursor: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One article that matches. ``alert_id`` is the alert it is a source of, the most severe of several."""

    id: str
    content_hash: str
    outlet: str
    url: str | None
    language: str | None
    published_at: str | None
    first_seen_at: str
    severity: str | None
    alert_id: str | None
    title: Snippet
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many of the counted matches have a value; ``name`` is how a person says it."""

    value: str
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of matches. ``count`` is null on later pages; ``more`` is whether there are more than it says."""

    hits: Sequence[Hit]
    next_cursor: str | None
    count: int | None = None
    more: bool = False
    facets: dict[Kind, Sequence[FacetValue]]


def search(db: sqlite3.Connection, asked: Search) -> Found:
    """The page. Raises :class:`SearchError` where the cursor is none."""
    mode, at = _position(asked)
    match = _match(asked)
    if mode == "t":
        numbers = _numbers(db, match, asked, limit=asked.limit + 1, below=at)
        page, following = numbers[: asked.limit], f"t{numbers[asked.limit - 1]}" if len(numbers) > asked.limit else None
        return Found(hits=_hits(db, page, asked), next_cursor=following, facets={})
    counted = _numbers(db, match, asked, limit=COUNTED + 1, below=_LAST)
    first = asked.cursor is None
    if asked.order == "rank" and asked.query is not None:
        ordered = _by_title(db, asked, counted) if len(counted) > COUNTED else _ranked(db, match, asked)
        page = ordered[at : at + asked.limit]
        following = f"r{at + asked.limit}" if len(ordered) > at + asked.limit else None
    else:
        page = counted[: asked.limit]
        following = f"t{page[-1]}" if len(counted) > asked.limit else None
    return Found(
        hits=_hits(db, page, asked),
        next_cursor=following,
        count=min(len(counted), COUNTED) if first else None,
        more=len(counted) > COUNTED,
        facets=_facets(db, counted[:FACETS_OF]) if first else {},
    )


def _position(asked: Search) -> tuple[str, int]:
    """("t", number below which to go on) or ("r", how many were shown)."""
    if asked.cursor is None:
        return "r", 0
    found = _CURSOR.fullmatch(asked.cursor)
    if found is None or int(found[2]) > _LAST:
        raise SearchError(f"cursor is {asked.cursor[:40]!r}: give next_cursor of the page before, as it was.")
    if found[1] == "r" and int(found[2]) >= RANKED:
        raise SearchError(f"Ranking looks at {RANKED} articles: order by time to see those behind, or add a word.")
    return found[1], int(found[2])


def _match(asked: Search, columns: str = "title body") -> str | None:
    """The FTS5 expression of words and filters, None where everything is asked for."""
    parts = [] if asked.query is None else [f"{{{columns}}} : ({asked.query.match})"]
    for kind in KINDS:
        values = sorted({tokens.facet(kind, value) for of, value in asked.filters if of == kind})
        if values:
            parts.append(f"facets : ({' OR '.join(values)})")
    return " AND ".join(parts) or None


def _bounds(asked: Search, below: int) -> tuple[int, int]:
    since = 0 if asked.since is None else _number(asked.since)
    until = _LAST if asked.until is None else _number(asked.until)
    return since, min(until, below)


def _number(when: datetime) -> int:
    return max(0, min(_LAST, int(when.astimezone(UTC).timestamp() * 1000) << 20))


def _numbers(db: sqlite3.Connection, match: str | None, asked: Search, *, limit: int, below: int) -> list[int]:
    since, until = _bounds(asked, below)
    if match is None:
        rows = db.execute(
            "SELECT number FROM articles WHERE number >= ? AND number < ? ORDER BY number DESC LIMIT ?",
            (since, until, limit),
        )
    else:
        rows = db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
            (match, since, until, limit),
        )
    return [number for (number,) in rows]


def _ranked(db: sqlite3.Connection, match: str | None, asked: Search) -> list[int]:
    since, until = _bounds(asked, _LAST)
    rows = db.execute(
        # A word in a headline is what the article is about.
        "SELECT rowid, bm25(words, 4.0, 1.0, 0.0) FROM words WHERE words MATCH ? "
        "AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
        (match, since, until, RANKED),
    ).fetchall()
    return [number for number, _ in sorted(rows, key=lambda row: (row[1], -row[0]))]


def _by_title(db: sqlite3.Connection, asked: Search, newest: Sequence[int]) -> list[int]:
    """Those with the words in the title, then the others. BM25 counts every match of every word before it ranks the
    first, and of words that half of the articles have it says nothing."""
    best = _numbers(db, _match(asked, columns="title"), asked, limit=RANKED, below=_LAST)
    return list(dict.fromkeys([*best, *newest]))[:RANKED]


def _hits(db: sqlite3.Connection, numbers: Sequence[int], asked: Search) -> list[Hit]:
    wanted = snippets.pattern(asked.query.terms) if asked.query else None
    return [_hit(db, number, wanted) for number in numbers]


def _hit(db: sqlite3.Connection, number: int, wanted: re.Pattern[str] | None) -> Hit:
    (row,) = named(
        db.execute(
            "SELECT id, content_hash, title, outlet, url, language, published_at, first_seen_at, severity, summary, "
            "text FROM articles JOIN documents USING (number) WHERE number = ?",
            (number,),
        )
    )
    title, summary, text = (row.pop(name) for name in ("title", "summary", "text"))
    piece = snippets.snippet(text or summary, wanted)
    if not piece.marks and summary:
        piece = snippets.snippet(summary, wanted)
    return Hit(alert_id=alert_of(db, row["id"]), title=snippets.marked(title, wanted), snippet=piece, **row)


def alert_of(db: sqlite3.Connection, article_id: str) -> str | None:
    """The most severe alert that an article is a source of, the latest where several are."""
    found = db.execute(
        "SELECT severity, last_updated, id FROM alerts "
        "WHERE id IN (SELECT alert_id FROM alert_articles WHERE article_id = ?)",
        (article_id,),
    ).fetchall()
    best = max(found, key=lambda row: (SEVERITIES.index(row[0]), row[1]), default=None)
    return None if best is None else str(best[2])


def _facets(db: sqlite3.Connection, numbers: Sequence[int]) -> dict[Kind, Sequence[FacetValue]]:
    counts: Counter[str] = Counter()
    for facets, severity in db.execute(
        "SELECT facets, severity FROM articles WHERE number IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
    ):
        counts.update(json.loads(facets))
        if severity is not None:
            counts[f"severity:{severity}"] += 1
    found: dict[Kind, Sequence[FacetValue]] = {}
    for kind in KINDS:
        prefix = f"{kind}:"
        values = [(facet.removeprefix(prefix), count) for facet, count in counts.items() if facet.startswith(prefix)]
        values.sort(key=lambda one: (-one[1], one[0]))
        found[kind] = [FacetValue(value, name_of(db, kind, value), n) for value, n in values[:_SHOWN_VALUES]]
    return found


def name_of(db: sqlite3.Connection, kind: str, value: str) -> str:
    """How a person says a value; the value where nobody has said it. A country is called as the state that it is."""
    row = db.execute(
        "SELECT name FROM names WHERE value = ? AND kind IN (?, 'actor') ORDER BY kind = 'actor' LIMIT 1", (value, kind)
    ).fetchone()
    return value if row is None else str(row[0])


def named(rows: sqlite3.Cursor) -> list[dict[str, Any]]:
    """The rows of an answer, each by the names of its columns."""
    names = [column[0] for column in rows.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def understood(
    text: str | None,
    *,
    min_severity: str | None = None,
    **filters: Sequence[str] | None,
) -> tuple[Query | None, tuple[tuple[Kind, str], ...]]:
    """Words and filters as a person gives them, a filter by its :data:`Kind`. Raises :class:`SearchError`."""
    found = [(kind, value) for kind in KINDS for value in filters.get(kind) or () if value]
    if min_severity is not None:
        if min_severity not in SEVERITIES:
            raise SearchError(f"min_severity is {min_severity!r}: give one of {', '.join(SEVERITIES)}.")
        at = next(at for at, severity in enumerate(SEVERITIES) if severity == min_severity)
        found += [("severity", severity) for severity in SEVERITIES[at:]]
    return (queries.parse(text) if text else None), tuple(found)
