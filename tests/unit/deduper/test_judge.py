"""Several workers on one language: whatever comes between their steps, what they decide equals some serial order."""

from __future__ import annotations

from functools import cache
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.messages import Article
from services.deduper import judge
from services.deduper.core.fingerprint import Fingerprint, fingerprint
from services.deduper.core.verdict import Verdict
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.edges.memory import MemoryIndex
from services.deduper.vocabularies import english, state_names
from tests.support.articles import an_article
from tests.support.clock import START
from tests.support.stories import WINDOW_S, prose
from tests.support.workers import SlowStore, Worker

STEPS = 40


def _article(number: int, text: str, *, title: str = "", outlet: int | None = None) -> Article:
    site = f"site{number if outlet is None else outlet}.example"
    return an_article(
        url=f"https://{site}/{number}", outlet=site, title=title or f"Corvette {number} leaves for Tarvos", text=text
    )


@cache
def pool() -> list[Fingerprint]:
    """Texts, copies, excerpts and versions of each other, so that the order of arrival decides what is what."""
    report = "The corvette Marlin struck the tanker Aldebaran near Tarvos before dawn, the admiralty at Selwyn said. "
    articles = [
        *(_article(number, prose(1, 90 + 20 * number)) for number in range(4)),
        *(_article(number, prose(2, 60) + " " + prose(3, 60 * (number - 3))) for number in range(4, 7)),
        _article(1, prose(1, 110) + " advert here"),
        _article(2, "It killed 13. " + prose(5, 90)),
        _article(8, "", title="Fleet sails for the northern cape at dawn"),
        _article(9, prose(7, 50), title="Fleet sails for the northern cape at dawn"),
        _article(10, report + prose(8, 20), title="Corvette Marlin hits tanker off Tarvos"),
        _article(11, report + prose(9, 40), title="Tanker Aldebaran struck by the Marlin off Tarvos"),
        _article(12, prose(1, 90), outlet=0),
    ]
    vocabulary = Vocabulary(english(), state_names())
    return [fingerprint(article, vocabulary) for article in articles]


batches = st.lists(
    st.lists(st.integers(0, 13), min_size=1, max_size=4),
    min_size=2,
    max_size=7,
)
steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from((False,) * 7 + (True,))), max_size=STEPS)


@settings(max_examples=150, deadline=None)
@given(batches, st.integers(2, 3), steps, st.sampled_from((1, 2, 8)))
def test_interleaved_and_killed_workers_equal_a_serial_order(
    drawn: list[list[int]], count: int, schedule: list[tuple[int, bool]], at_once: int
) -> None:
    with mock.patch.object(judge, "COMMITTED_AT_ONCE", at_once):
        _try(drawn, count, schedule)


def _try(drawn: list[list[int]], count: int, schedule: list[tuple[int, bool]]) -> None:
    numbered = [(number, [pool()[at] for at in batch]) for number, batch in enumerate(drawn)]
    store = SlowStore()
    workers = [Worker(store, numbered[first::count]) for first in range(count)]
    for at, killed in schedule:
        worker = workers[at % count]
        if killed:
            worker.kill()
        worker.step()
    while not all(worker.done for worker in workers):
        for worker in workers:
            worker.step()

    serial, now_s = MemoryIndex(WINDOW_S), int(START.timestamp())
    first: dict[tuple[str, int], Verdict] = {}
    owner = {commit: number for worker in workers for commit, number in worker.batch_of.items()}
    for commit, versions in store.commits:
        for item in numbered[owner[commit]][1]:
            if item.version not in versions:
                continue  # of this batch committed before, or after
            decision = serial.check_and_insert(item, now_s)
            first.setdefault((item.article_id, item.version), decision.verdict)
    assert store.buckets == serial.store.buckets
    decided = {number: decisions for worker in workers for number, decisions in worker.decisions.items()}
    for number, batch in numbered:
        assert [d.verdict for d in decided[number]] == [first[i.article_id, i.version] for i in batch]
