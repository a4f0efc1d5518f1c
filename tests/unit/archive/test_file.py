"""The file: what keeps it from being used is one sentence, and nothing of a batch is there unless all of it is."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from services.archive.catch_up import catch_up
from services.archive.core.rows import article_row
from services.archive.edges.sqlite import SqliteArchive
from services.archive_store.database import VERSION, Writer, reading
from services.archive_store.errors import ArchiveFileError
from services.contracts import codec, topics
from services.runtime.errors import TransientError
from services.runtime.messages.delivery import Delivery
from services.runtime.process.outages import Waiting
from tests.support.archive import Archive, a_tagged, an_alert_of
from tests.support.clock import START, FakeClock

COUNTS = {
    "articles": "SELECT count(*) FROM articles",
    "revisions": "SELECT count(*) FROM revisions",
}


def count(path: Path, table: str) -> int:
    with reading(path) as db:
        return int(db.execute(COUNTS[table]).fetchone()[0])


class DiskWithoutRoom(FakeClock):
    """Makes room on a full disk when it is waited for the third time."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__()
        self.said: list[str | None] = []
        self.connection: sqlite3.Connection | None = None
        self._waiting = waiting

    async def sleep(self, seconds: float) -> None:
        self.said.append(self._waiting.in_words())
        if len(self.said) == 3 and self.connection is not None:
            self.connection.execute("PRAGMA max_page_count = 1000000")


def test_a_second_writer_is_refused_and_a_closed_file_is_free_again(tmp_path: Path) -> None:
    first = Writer(tmp_path / "archive.db")
    with pytest.raises(ArchiveFileError, match=r"is written by another archive: give this one a file"):
        Writer(tmp_path / "archive.db")
    first.close()
    Writer(tmp_path / "archive.db").close()


def test_a_file_of_a_newer_version_is_refused_by_writer_and_reader(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    Writer(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(ArchiveFileError, match=f"is of version {VERSION + 1}, and this Wirewatch knows {VERSION}"):
        Writer(path)
    with pytest.raises(ArchiveFileError, match="use the Wirewatch that wrote it"), reading(path):
        pass


@pytest.mark.parametrize("damage", [b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(damage)
    with pytest.raises(ArchiveFileError, match=r"archive\.db is damaged .*: move it away"):
        Writer(path)


async def test_damage_in_the_middle_of_a_file_ends_the_service_and_commits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    service = Archive(path)
    await service.take(*(a_tagged(number) for number in range(200)))
    service.file.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))
    with pytest.raises(ArchiveFileError, match="is damaged"):
        await Archive(path).take(*(a_tagged(number) for number in range(200, 400)))


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE photos (name)")
    db.close()
    with pytest.raises(ArchiveFileError, match="is no archive of Wirewatch"):
        Writer(path)


def test_a_reader_of_no_file_hears_who_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveFileError, match="There is no archive at"), reading(tmp_path / "archive.db"):
        pass


async def test_a_full_disk_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    path, waiting = tmp_path / "archive.db", Waiting()
    clock = DiskWithoutRoom(waiting)
    writer = Writer(path)
    file = SqliteArchive(writer, clock, waiting)
    clock.connection = writer.connection
    pages = writer.connection.execute("PRAGMA page_count").fetchone()[0]
    writer.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    rows = [article_row(a_tagged(number, text="A long report. " * 400)) for number in range(20)]
    assert await file.add(rows, {(topics.TAGGED, 0): 20}) == [True] * 20
    assert len(clock.said) == 3
    assert all(words is not None and words.startswith("waiting for disk since") for words in clock.said)
    assert waiting.in_words() is None
    assert count(path, "articles") == 20
    file.close()


_KILLED = """
import asyncio, sys
from pathlib import Path
from services.runtime.process import failpoints
from tests.support.archive import Archive, a_tagged
failpoints.arm(sys.argv[2])
service = Archive(Path(sys.argv[1]))
asyncio.run(service.handler.handle([service.delivery(a_tagged(number)) for number in range(50)]))
"""


@pytest.mark.parametrize(("point", "kept"), [("archive.writing", 0), ("archive.written", 50)])
async def test_kill_9_during_a_batch_leaves_all_of_it_or_nothing(tmp_path: Path, point: str, kept: int) -> None:
    path = tmp_path / "archive.db"
    run = [sys.executable, "-c", _KILLED, str(path), point]
    ended = await asyncio.to_thread(subprocess.run, run, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    service = Archive(path)
    assert count(path, "articles") == kept
    assert await service.file.positions() == ({(topics.TAGGED, 0): 50} if kept else {})
    batch = [service.delivery(a_tagged(number)) for number in range(50)]
    assert set(await service.handler.handle(batch)) == {"known" if kept else "article"}
    assert count(path, "articles") == 50


class FakeLog:
    """Kafka with one partition a topic, whose first ``away`` questions are not answered."""

    def __init__(self, committed: dict[tuple[str, int], int], *lying: Delivery, away: int = 0) -> None:
        self._committed = committed
        self._lying = lying
        self._away = away
        self.read_from: list[tuple[str, dict[int, int]]] = []

    async def committed(self) -> dict[tuple[str, int], int]:
        if self._away:
            self._away -= 1
            raise TransientError("Kafka is away")
        return self._committed

    async def read(self, topic: str, begin: Mapping[int, int]) -> AsyncIterator[Sequence[Delivery]]:
        self.read_from.append((topic, dict(begin)))
        yield [one for one in self._lying if one.topic == topic and one.offset >= begin.get(one.partition, 0)]


async def test_a_lost_file_is_made_again_from_what_kafka_has(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    lying = [service.delivery(a_tagged(1)), service.delivery(a_tagged(2)), service.delivery(an_alert_of([a_tagged(1)]))]
    kafka = FakeLog({(topics.TAGGED, 0): 2, (topics.ALERTS, 0): 1}, *lying, away=2)
    taken = await catch_up(service.file, service.handler, kafka, clock=service.clock, waiting=Waiting())
    assert taken == 3
    assert count(tmp_path / "archive.db", "articles") == 2
    assert count(tmp_path / "archive.db", "revisions") == 1


async def test_a_restored_backup_is_filled_from_where_it_ends(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    await service.take(a_tagged(1))
    later = service.delivery(a_tagged(2))
    kafka = FakeLog({(topics.TAGGED, 0): 2}, later)
    assert await catch_up(service.file, service.handler, kafka, clock=service.clock, waiting=Waiting()) == 1
    assert kafka.read_from == [(topics.TAGGED, {0: 1})]


async def test_nothing_is_read_where_the_stream_brings_it_anyway(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    await service.take(a_tagged(1))
    kafka = FakeLog({(topics.TAGGED, 0): 1})
    assert await catch_up(service.file, service.handler, kafka, clock=service.clock, waiting=Waiting()) == 0
    assert kafka.read_from == []


def metric(service: Archive, what: str, why: str) -> float | None:
    return service.registry.get_sample_value("wirewatch_archive_dropped_total", {"what": what, "why": why})


async def test_what_is_too_old_goes_and_is_counted_and_an_alert_keeps_its_articles(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    service = Archive(path, keep=timedelta(days=10))
    old = [a_tagged(number, seen=START - timedelta(days=20)) for number in range(3)]
    told = a_tagged(9, seen=START - timedelta(days=20))
    alert = an_alert_of([told], last_updated=START)
    forgotten = an_alert_of([old[0]])
    await service.take(*old, told, a_tagged(10), alert, forgotten)
    await service.handler.retain()
    assert count(path, "articles") == 2
    with reading(path) as db:
        assert db.execute("SELECT id FROM alerts").fetchall() == [(alert.id,)]
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'navies'").fetchone() == (2,)
        assert db.execute("SELECT what, why, count FROM dropped ORDER BY 1").fetchall() == [
            ("alerts", "age", 1),
            ("articles", "age", 3),
        ]
    assert (metric(service, "articles", "age"), metric(service, "alerts", "age")) == (3, 1)
    oldest = service.registry.get_sample_value("wirewatch_archive_oldest_timestamp_seconds")
    assert oldest == (START - timedelta(days=20)).timestamp()


async def test_a_file_that_is_too_large_drops_its_oldest_days(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    service = Archive(path, most_bytes=400_000)
    for day in range(10):
        seen = START - timedelta(days=10 - day)
        await service.take(*(a_tagged(day * 100 + n, seen=seen, text=f"Report {n}. " * 300) for n in range(20)))
    await service.handler.retain()
    used = service.registry.get_sample_value("wirewatch_archive_file_bytes")
    assert used is not None
    assert used <= 400_000
    with reading(path) as db:
        days = db.execute("SELECT DISTINCT date(first_seen_at) FROM articles ORDER BY 1").fetchall()
    assert days[-1] == ("2024-06-19",), "the newest stay"
    assert len(days) < 10
    assert metric(service, "articles", "size") == 200 - count(path, "articles")


async def test_alerts_alone_that_are_too_much_do_not_make_it_turn_for_ever(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db", most_bytes=1)
    one = a_tagged(1, seen=START - timedelta(days=3))
    await service.take(one, an_alert_of([one], last_updated=START + timedelta(days=9)))
    await asyncio.wait_for(service.handler.retain(), timeout=10)
    assert count(tmp_path / "archive.db", "articles") == 1


async def test_the_index_forgets_what_was_dropped_and_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    service = Archive(path, keep=timedelta(days=1))
    one = a_tagged(1, title="Эсминец в порту 制裁伊朗", text="Ein Zerstörer.", seen=START - timedelta(days=5))
    two = a_tagged(2, title="Эсминец ушёл")
    await service.take(
        one, two, an_alert_of([two], severity="critical"), an_alert_of([two], revision=2, severity="low")
    )
    await service.handler.retain()
    service.file._writer.connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    with reading(path) as db:
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'Эсминец'").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'zerstorer OR 制裁'").fetchone() == (0,)


async def test_a_read_only_copy_in_a_folder_that_cannot_be_written_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    service = Archive(path)
    await service.take(a_tagged(1))
    service.file.close()
    assert not path.with_name("archive.db-wal").exists()
    tmp_path.chmod(0o555)
    try:
        assert count(path, "articles") == 1
    finally:
        tmp_path.chmod(0o755)


def test_positions_of_a_file_that_is_opened_again(tmp_path: Path) -> None:
    async def run() -> None:
        service = Archive(tmp_path / "archive.db")
        await service.handler.handle([Delivery(topics.TAGGED, 2, 5, None, codec.encode(a_tagged(1)))])
        service.file.close()
        again = SqliteArchive(Writer(tmp_path / "archive.db"), service.clock, Waiting())
        assert await again.positions() == {(topics.TAGGED, 2): 6}
        again.close()

    asyncio.run(run())
