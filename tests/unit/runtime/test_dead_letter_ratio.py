"""A service tells when most of what it takes is poison."""

from __future__ import annotations

from datetime import timedelta

from services.runtime.messages.dead_letter_ratio import LEAST, RECENT, PoisonShare
from tests.support.clock import START

LATER = START + timedelta(minutes=1)


def test_most_of_many_messages_is_told_with_the_time_it_began() -> None:
    share = PoisonShare()
    share.took([True] * (LEAST - 1), START)
    assert share.sentence() is None
    share.took([True], START)
    share.took([True] * 10, LATER)
    assert share.sentence() == (
        "since 2024-06-20T09:00:00Z most messages cannot be processed and are set aside, "
        "30 of the last 30: see `wirewatch dead list`"
    )


def test_a_few_among_many_are_no_news() -> None:
    share = PoisonShare()
    share.took([False] * 50 + [True] * 49, START)
    assert share.sentence() is None


def test_it_is_over_when_most_can_be_processed_again() -> None:
    share = PoisonShare()
    share.took([True] * RECENT, START)
    share.took([False] * (RECENT // 2), LATER)
    assert share.sentence() is not None
    share.took([False], LATER)
    assert share.sentence() is None
