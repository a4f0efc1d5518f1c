"""What the ledger of the faults takes for arrived."""

from __future__ import annotations

from services.contracts import codec, topics
from services.contracts.messages import UniqueArticle
from tests.bench.corpus import Item
from tests.faults.book import Book
from tests.unit.alerter.test_handler import World
from tests.unit.alerter.test_pairs import read


async def test_a_group_that_the_alert_of_another_one_tells_has_arrived() -> None:
    book, world = Book("", ""), World()
    reports = [
        read("France deploys frigate to Red Sea", number=1, story=1),
        read("Paris sends warship to the Red Sea", number=2, story=2, hours=3),
    ]
    for group, report in enumerate(reports):
        book.sent(Item(article=report.article, group=group, kind="fleet", copy=False), feed=False)
        fields = {name: getattr(report, name) for name in ("article", "story_id", "verdict", "deduped_at")}
        book._take(topics.UNIQUE, codec.encode(UniqueArticle(**fields)))
    assert len(book.waiting(feeds=True)) == 2
    await world.take(*reports)
    for alert in world.sent():
        book._take(topics.ALERTS, codec.encode(alert))
    assert len(book.alerts) == 1
    assert book.waiting(feeds=True) == []
    assert book._groups({0, 1}) == ([], [])
