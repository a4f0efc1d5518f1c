"""The articles of the last days: the newest version of each, bounded, and nothing that the archive waits for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from services.archive.metrics import ArchiveMetrics
from services.archive.recent import RecentHandler
from services.archive_store import recent
from services.archive_store.recent import RecentArticle, RecentWriter, recent_articles
from services.contracts import topics
from services.runtime.messages.delivery import Delivery
from tests.support.clock import START, FakeClock
from tests.support.publisher import FakePublisher

EXAMPLE = Path("schemas/examples/unique_article.v1/valid/minimal.json").read_bytes()


def an_article(name: str, *, hours: float = 0, **more: str) -> RecentArticle:
    return RecentArticle(id=name, first_seen_at=START - timedelta(hours=hours), **({"title": name, "text": ""} | more))


def test_the_last_version_of_each_is_kept_the_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "recent.db"
    assert recent_articles(path) == []
    file = RecentWriter(path)
    file.add([an_article("a", hours=2), an_article("b"), an_article("a", hours=2, title="A again")], now=START)
    assert [(one.id, one.title) for one in recent_articles(path)] == [("b", "b"), ("a", "A again")]
    file.close()


def test_what_is_too_old_too_many_or_too_long_goes(tmp_path: Path) -> None:
    path = tmp_path / "recent.db"
    file = RecentWriter(path)
    file.add([an_article("old", hours=24 * 7 + 1), an_article("long", text="x" * 9000)], now=START)
    (kept,) = recent_articles(path)
    assert (kept.id, len(kept.text)) == ("long", recent.MOST_CHARACTERS)
    many = [an_article(f"{n}", hours=n / 1e5) for n in range(recent.MOST + 5)]
    file.add(many, now=START)
    found = recent_articles(path)
    assert recent.MOST <= len(found) <= recent.MOST + 1
    assert found[-1].id != f"{recent.MOST + 4}"
    file.close()


async def test_a_file_that_cannot_be_written_keeps_nobody_waiting(tmp_path: Path) -> None:
    file = RecentWriter(tmp_path / "recent.db")
    handler = RecentHandler(
        file=file, publisher=FakePublisher(), clock=FakeClock(), metrics=ArchiveMetrics(CollectorRegistry())
    )
    batch = [Delivery(topics.UNIQUE, 0, n, None, value) for n, value in enumerate((EXAMPLE, b"{"))]
    assert await handler.handle(batch) == ["recent", "dead"]
    file._db.execute("DROP TABLE articles")
    file._db.execute("PRAGMA query_only = ON")
    assert await handler.handle(batch) == ["unkept", "dead"]
    file.close()
