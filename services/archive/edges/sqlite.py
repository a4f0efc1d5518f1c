"""Writes the archive's file, in a thread: SQLite blocks, and the loop has heartbeats to send."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from services.archive.core.rows import (
    ArticleRow,
    RevisionRow,
    facet_words,
    facets_as_json,
    first_number,
    moment,
)
from services.archive.ports import Dropped, FileState, Positions, Row
from services.archive_store import tokens
from services.archive_store.database import Writer
from services.contracts.messages import SEVERITIES
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Waiting, until_available

T = TypeVar("T")

_DROPPED_AT_ONCE = 500  # rows of a transaction: the stream waits for no longer than that
_STEP = timedelta(days=1)  # how much goes at once where the file is too large


class SqliteArchive:
    """See :class:`services.archive.ports.ArchiveFile`. One call at a time has the file."""

    def __init__(self, writer: Writer, clock: Clock, waiting: Waiting) -> None:
        self._writer = writer
        self._clock = clock
        self._waiting = waiting
        self._one = asyncio.Lock()

    async def add(self, rows: Sequence[Row], positions: Positions) -> Sequence[bool]:
        return await self._run(lambda: self._add(rows, positions))

    async def positions(self) -> Positions:
        return await self._run(self._positions)

    async def drop(self, *, before: datetime, most_bytes: int) -> Sequence[Dropped]:
        dropped = [Dropped(what, "age", count) for what, count in await self._drop_before(before)]
        while await self._run(self._writer.used_bytes) > most_bytes:
            oldest = (await self.state()).oldest
            if oldest is None:
                break
            went = await self._drop_before(oldest + _STEP, why="size")
            if not any(count for _, count in went):
                break  # what is left belongs to alerts that are still told of
            dropped += [Dropped(what, "size", count) for what, count in went]
        return [one for one in dropped if one.count]

    async def state(self) -> FileState:
        return await self._run(self._state)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    async def _run(self, call: Callable[[], T]) -> T:
        """The result of ``call``; while the disk is full it is tried again."""

        async def attempt() -> T:
            async with self._one:
                return await asyncio.to_thread(call)

        return await until_available(attempt, server="disk", clock=self._clock, waiting=self._waiting)

    def _add(self, rows: Sequence[Row], positions: Positions) -> list[bool]:
        # The index takes numbers in order at less cost; revisions come after the articles.
        keys = [(0, row.number) if isinstance(row, ArticleRow) else (1, row.revision) for row in rows]
        order = sorted(range(len(rows)), key=keys.__getitem__)
        new = [False] * len(rows)
        with self._writer.transaction() as db:
            touched: set[str] = set()
            for at in order:
                row = rows[at]
                new[at] = _add_article(db, row) if isinstance(row, ArticleRow) else _add_revision(db, row, touched)
            failpoints.reach("archive.writing")
            _set_severities(db, touched)
            db.executemany(
                "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
                "SET next_offset = max(next_offset, excluded.next_offset)",
                [(topic, partition, offset) for (topic, partition), offset in positions.items()],
            )
        return new

    def _positions(self) -> Positions:
        with self._writer.transaction() as db:
            rows = db.execute("SELECT topic, partition, next_offset FROM positions").fetchall()
        return {(topic, partition): offset for topic, partition, offset in rows}

    def _state(self) -> FileState:
        with self._writer.transaction() as db:
            (oldest,) = db.execute(
                "SELECT first_seen_at FROM articles WHERE number = (SELECT min(number) FROM articles)"
            ).fetchone() or (None,)
        return FileState(self._writer.used_bytes(), None if oldest is None else datetime.fromisoformat(oldest))

    async def _drop_before(self, before: datetime, why: str = "age") -> list[tuple[str, int]]:
        """How many alerts last updated and articles first seen before then were dropped; theirs stay with alerts."""
        counts: list[tuple[str, int]] = []
        for what, drop in (("alerts", _drop_alerts), ("articles", _drop_articles)):
            total = 0
            while count := await self._run(partial(self._drop_some, drop, before, what, why)):
                total += count
            counts.append((what, total))
        return counts

    def _drop_some(
        self, drop: Callable[[sqlite3.Connection, datetime], int], before: datetime, what: str, why: str
    ) -> int:
        with self._writer.transaction() as db:
            count = drop(db, before)
            if count:
                db.execute(
                    "INSERT INTO dropped VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                    (what, why, count),
                )
        return count


def _add_article(db: sqlite3.Connection, row: ArticleRow) -> bool:
    version = (row.id, row.content_hash)
    if db.execute("SELECT 1 FROM articles WHERE id = ? AND content_hash = ?", version).fetchone():
        return False
    number = row.number
    while db.execute("SELECT 1 FROM articles WHERE number = ?", (number,)).fetchone():
        number += 1
    severity = _severity(db, row.id)
    db.execute(
        "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, row.id, row.content_hash, row.story_id, row.title, row.outlet, row.url, row.language),
            *(row.published_at, row.first_seen_at, severity, facets_as_json(row.facets), row.sha256),
        ),
    )
    db.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", (number, row.summary, row.text, row.record))
    facets = facet_words(row.facets if severity is None else (*row.facets, ("severity", severity)))
    words = (number, tokens.indexed(row.title), tokens.body(row.summary, row.text), facets)
    db.execute("INSERT INTO words (rowid, title, body, facets) VALUES (?, ?, ?, ?)", words)
    _name(db, row)
    return True


def _add_revision(db: sqlite3.Connection, row: RevisionRow, touched: set[str]) -> bool:
    """Whether it is new; ``touched`` gets the articles whose severity may change."""
    if db.execute(
        "SELECT 1 FROM revisions WHERE alert_id = ? AND revision = ?", (row.alert_id, row.revision)
    ).fetchone():
        return False
    db.execute(
        "INSERT INTO revisions VALUES (?, ?, ?, ?, ?)",
        (row.alert_id, row.revision, row.last_updated, row.sha256, row.message),
    )
    latest = db.execute("SELECT revision FROM alerts WHERE id = ?", (row.alert_id,)).fetchone()
    if latest is not None and latest[0] > row.revision:
        return True
    db.execute(
        "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision, "
        "state = excluded.state, severity = excluded.severity, headline = excluded.headline, "
        "first_seen = excluded.first_seen, last_updated = excluded.last_updated, merged_into = excluded.merged_into",
        (
            *(row.alert_id, row.revision, row.state, row.severity, row.headline),
            *(row.first_seen, row.last_updated, row.merged_into),
        ),
    )
    before = db.execute("SELECT article_id FROM alert_articles WHERE alert_id = ?", (row.alert_id,)).fetchall()
    touched.update((*row.article_ids, *(article_id for (article_id,) in before)))
    db.execute("DELETE FROM alert_articles WHERE alert_id = ?", (row.alert_id,))
    db.execute("DELETE FROM alert_facets WHERE alert_id = ?", (row.alert_id,))
    db.executemany("INSERT INTO alert_articles VALUES (?, ?)", [(one, row.alert_id) for one in row.article_ids])
    db.executemany(
        "INSERT INTO alert_facets VALUES (?, ?, ?, ?)",
        [(kind, value, row.first_seen, row.alert_id) for kind, value in row.facets],
    )
    _name(db, row)
    return True


def _name(db: sqlite3.Connection, row: Row) -> None:
    db.executemany("INSERT INTO names VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row.names)


def _severity(db: sqlite3.Connection, article_id: str) -> str | None:
    """The highest severity of the alerts that an article is a source of."""
    found = db.execute(
        "SELECT severity FROM alerts WHERE id IN (SELECT alert_id FROM alert_articles WHERE article_id = ?)",
        (article_id,),
    ).fetchall()
    return max((severity for (severity,) in found), key=_rank, default=None)


def _rank(severity: str) -> int:
    return next((rank for rank, known in enumerate(SEVERITIES) if known == severity), -1)


def _set_severities(db: sqlite3.Connection, article_ids: Iterable[str]) -> None:
    """Write the severity of these articles where it has changed, and into the index, in order of number."""
    changed: list[tuple[int, str | None]] = []
    for article_id in article_ids:
        severity = _severity(db, article_id)
        found = db.execute("SELECT number, severity FROM articles WHERE id = ?", (article_id,)).fetchall()
        changed += [(number, severity) for number, before in found if before != severity]
    for number, severity in sorted(changed):
        _unindex(db, number)
        db.execute("UPDATE articles SET severity = ? WHERE number = ?", (severity, number))
        db.execute("INSERT INTO words (rowid, title, body, facets) VALUES (?, ?, ?, ?)", _words_of(db, number))


def _words_of(db: sqlite3.Connection, number: int) -> tuple[int, str, str, str]:
    """What the index holds of an article, made again: an index that stores no text has to be told what to forget."""
    title, facets, severity, summary, text = db.execute(
        "SELECT title, facets, severity, summary, text FROM articles JOIN documents USING (number) WHERE number = ?",
        (number,),
    ).fetchone()
    pairs = [(kind, value) for kind, _, value in (facet.partition(":") for facet in json.loads(facets))]
    if severity is not None:
        pairs.append(("severity", severity))
    return number, tokens.indexed(title), tokens.body(summary, text), facet_words(pairs)


def _unindex(db: sqlite3.Connection, number: int) -> None:
    db.execute(
        "INSERT INTO words (words, rowid, title, body, facets) VALUES ('delete', ?, ?, ?, ?)", _words_of(db, number)
    )


def _drop_alerts(db: sqlite3.Connection, before: datetime) -> int:
    found = db.execute(
        "SELECT id FROM alerts WHERE last_updated < ? ORDER BY last_updated LIMIT ?", (moment(before), _DROPPED_AT_ONCE)
    ).fetchall()
    db.executemany("DELETE FROM alerts WHERE id = ?", found)
    db.executemany("DELETE FROM revisions WHERE alert_id = ?", found)
    return len(found)


def _drop_articles(db: sqlite3.Connection, before: datetime) -> int:
    found = db.execute(
        "SELECT number FROM articles WHERE number < ? "
        "AND NOT EXISTS (SELECT 1 FROM alert_articles WHERE article_id = id) ORDER BY number LIMIT ?",
        (first_number(before), _DROPPED_AT_ONCE),
    ).fetchall()
    for (number,) in found:
        _unindex(db, number)
    db.executemany("DELETE FROM articles WHERE number = ?", found)
    return len(found)
