"""One status per message; what is there is known; positions are written with the rows; garbage is a dead letter."""

from __future__ import annotations

from pathlib import Path

from services.archive.status import STATUSES
from services.archive_store.database import reading
from services.contracts import codec, topics
from services.contracts.analyst_actions import AnalystAction
from services.contracts.messages import DeadLetter
from services.runtime.messages.delivery import Delivery
from tests.support.archive import Archive, a_tagged, an_alert_of
from tests.support.clock import START


async def test_every_message_ends_in_one_status_and_they_add_up(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    first, second = a_tagged(1), a_tagged(2)
    alert = an_alert_of([first])
    took = await service.take(first, second, first, alert, alert, an_alert_of([first, second], revision=2))
    garbage = [Delivery(topics.TAGGED, 1, 7, None, b"{"), Delivery(topics.ALERTS, 1, 9, None, None)]
    for delivery in garbage:
        took += await service.handler.handle([delivery])
    assert took == ["article", "article", "known", "revision", "known", "revision", "dead", "dead"]
    counts = [
        service.registry.get_sample_value("wirewatch_archive_articles_total", {"status": one}) for one in STATUSES
    ]
    assert sum(count or 0 for count in counts) == len(took)
    letters = [codec.decode(message.value, DeadLetter) for message in service.publisher.on(topics.DEAD)]
    assert [(letter.service, letter.topic, letter.offset) for letter in letters] == [
        ("archive", topics.TAGGED, 7),
        ("archive", topics.ALERTS, 9),
    ]


async def test_a_batch_may_hold_one_version_twice(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    one = a_tagged(1)
    batch = [service.delivery(one), service.delivery(a_tagged(2)), service.delivery(one)]
    assert sorted(await service.handler.handle(batch)) == ["article", "article", "known"]


async def test_a_new_version_of_an_article_is_kept_beside_the_old_one(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    await service.take(a_tagged(1, text="Three ships."), a_tagged(1, text="Four ships."))
    with reading(tmp_path / "archive.db") as db:
        texts = db.execute("SELECT text FROM documents JOIN articles USING (number) ORDER BY text").fetchall()
    assert texts == [("Four ships.",), ("Three ships.",)]


async def test_how_far_the_topics_are_read_is_in_the_file(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    await service.take(a_tagged(1), a_tagged(2), an_alert_of([a_tagged(1)]))
    assert await service.file.positions() == {(topics.TAGGED, 0): 2, (topics.ALERTS, 0): 1}
    await service.handler.handle([Delivery(topics.TAGGED, 0, 0, None, codec.encode(a_tagged(1)))])
    assert (await service.file.positions())[topics.TAGGED, 0] == 2, "a message that comes again sets nothing back"


async def test_garbage_does_not_hold_up_the_positions(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    await service.handler.handle([Delivery(topics.TAGGED, 3, 41, None, b"\xff")])
    assert await service.file.positions() == {(topics.TAGGED, 3): 42}


async def test_what_this_version_does_not_know_of_an_alert_is_kept(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    newer = codec.encode(an_alert_of([a_tagged(1)]))[:-1] + b',"mood":"grim"}'
    await service.handler.handle([Delivery(topics.ALERTS, 0, 0, b"key", newer)])
    with reading(tmp_path / "archive.db") as db:
        assert db.execute("SELECT message ->> 'mood' FROM revisions").fetchall() == [("grim",)]


async def test_what_analysts_did_can_be_asked_of_the_file(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    note = AnalystAction(kind="note", by="ann", at=START, text="ask Oslo")
    await service.take(an_alert_of([a_tagged(1)], actions=(note,)))
    with reading(tmp_path / "archive.db") as db:
        assert db.execute("SELECT by, kind, action ->> 'text' FROM actions").fetchall() == [("ann", "note", "ask Oslo")]


async def test_the_latest_revision_counts_whatever_the_order(tmp_path: Path) -> None:
    service = Archive(tmp_path / "archive.db")
    one = a_tagged(1)
    await service.take(
        one, an_alert_of([one], revision=3, severity="critical"), an_alert_of([one], revision=2, severity="low")
    )
    with reading(tmp_path / "archive.db") as db:
        assert db.execute("SELECT revision, severity FROM alerts").fetchall() == [(3, "critical")]
        assert db.execute("SELECT revision FROM revisions ORDER BY 1").fetchall() == [(2,), (3,)]
        assert db.execute("SELECT severity FROM articles").fetchall() == [("critical",)]
