"""What is said of a feed that could be read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.poller.core.diagnosis import FAILED_POLLS, Answer, is_usable, notes, summary
from services.poller.core.model import Fetched, ParsedFeed
from services.poller.status import OUTCOMES, SUCCESSES
from tests.support.articles import an_article
from tests.support.clock import START

VALIDATED = {"etag": '"1"'}


def an_answer(*days: float | None, headers: dict[str, str] | None = None, moved_to: str | None = None) -> Answer:
    dates = [None if age is None else START - timedelta(days=age) for age in days]
    return Answer(
        response=Fetched(outcome="ok", headers=VALIDATED if headers is None else headers, permanent_url=moved_to),
        feed=ParsedFeed(format="rss20"),
        articles=[an_article(published_at=date, text="x" * 700, text_source="feed") for date in dates],
        now=START,
    )


def test_every_failure_has_a_word_and_a_sentence() -> None:
    assert FAILED_POLLS.keys() == set(OUTCOMES) - SUCCESSES


def test_a_healthy_feed_draws_no_note() -> None:
    assert notes(an_answer(1)) == []
    assert is_usable(an_answer(1))
    assert summary(an_answer(1, 2)) == "2 items, 2 with full text."


@pytest.mark.parametrize(
    ("answer", "note", "usable"),
    [
        (an_answer(), "it has no items", False),
        (an_answer(None), "none of its items has a date", True),
        (an_answer(61), "its newest item is 61 days old", False),
        (an_answer(1, moved_to="https://new.example/"), "it has moved to https://new.example/", True),
        (an_answer(1, headers=VALIDATED | {"link": '<https://h.example/>; rel="hub"'}), "it names a hub", True),
        (an_answer(1, headers={}), "it gives neither a validator nor an interval", True),
    ],
)
def test_each_rule_says_its_summary(answer: Answer, note: str, usable: bool) -> None:
    (said,) = notes(answer)
    assert said.startswith(note)
    assert is_usable(answer) is usable


def test_an_interval_of_the_publisher_is_said_and_needs_no_validator() -> None:
    hinted = an_answer(1, headers={"cache-control": "max-age=1800"})
    assert notes(hinted) == []
    assert "asks for 30 min between polls" in summary(hinted)
