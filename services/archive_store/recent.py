"""The unique articles of the last days, with a topic or without: what a new topic is tried on.

A file of its own beside the archive's: it is bounded, and nothing is lost with it, since Kafka has the same articles.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from services.archive_store.database import open_read_only, translated
from services.archive_store.search import named

KEPT: Final = timedelta(days=7)
MOST: Final = 30_000  # articles
MOST_CHARACTERS: Final = 8_000  # of a text

_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    id TEXT PRIMARY KEY, first_seen_at REAL NOT NULL, title TEXT NOT NULL, summary TEXT NOT NULL, text TEXT NOT NULL,
    url TEXT, language TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS articles_by_time ON articles (first_seen_at);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentArticle:
    """What a pack reads of an article. Of several versions the last."""

    id: str
    first_seen_at: datetime
    title: str
    text: str
    summary: str = ""
    url: str | None = None
    language: str | None = None


def recent_beside(archive: Path) -> Path:
    """The file that belongs to an archive's."""
    return archive.with_name("recent.db")


class RecentWriter:
    """The one writer of the file, which is made where there is none. Raises as ``database.translated`` says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")  # Kafka has it all
            self._db.executescript(_SCHEMA)

    def add(self, articles: Sequence[RecentArticle], *, now: datetime) -> None:
        """Keep these, and drop what is too old or too much."""
        rows = [
            (
                *(one.id, one.first_seen_at.timestamp(), one.title, one.summary, one.text[:MOST_CHARACTERS]),
                *(one.url, one.language),
            )
            for one in articles
        ]
        with translated(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("DELETE FROM articles WHERE first_seen_at < ?", ((now - KEPT).timestamp(),))
            self._db.execute(
                "DELETE FROM articles WHERE first_seen_at < "
                "(SELECT first_seen_at FROM articles ORDER BY first_seen_at DESC LIMIT 1 OFFSET ?)",
                (MOST,),
            )

    def close(self) -> None:
        self._db.close()


def recent_articles(path: Path) -> list[RecentArticle]:
    """All of them, the newest first; none where there is no file yet."""
    if not path.is_file():
        return []
    with translated(path):
        db = open_read_only(path)
        try:
            rows = named(db.execute("SELECT * FROM articles ORDER BY first_seen_at DESC LIMIT ?", (MOST,)))
        finally:
            db.close()
    return [RecentArticle(**row | {"first_seen_at": datetime.fromtimestamp(row["first_seen_at"], UTC)}) for row in rows]
