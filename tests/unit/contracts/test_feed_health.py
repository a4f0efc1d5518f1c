"""How the feeds answer, in one sentence for page and terminal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.contracts.feed_health import feed_health
from tests.support.clock import START


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({}, None),
        ({"ok": 0, "failing": 0, "new": 225}, None),
        ({"ok": 5, "failing": 0, "new": 0}, "5 of 5 feeds answer"),
        ({"ok": 5, "failing": 1, "new": 219}, "5 of 225 feeds answer, 1 failing, 219 not polled yet"),
        (
            {"ok": 5, "failing": 20, "new": 195},
            "0 of 215 feeds answer: this machine seems to be offline since 09:00 UTC",
        ),
        ({"ok": 6, "failing": 214}, "6 of 220 feeds answer, 214 failing"),
        ({"ok": 100, "failing": 4, "gone": 1}, "100 of 105 feeds answer, 4 failing"),
    ],
)
def test_the_sentence(states: dict[str, float], words: str | None) -> None:
    found = feed_health(states, local=5, now=START)
    assert (found and found.summary) == words


def test_offline_is_since_it_was_first_seen() -> None:
    states = {"failing": 215.0}
    first = feed_health(states, local=0, now=START)
    later = feed_health(states, local=0, now=START + timedelta(hours=3), before=first)
    assert later is not None
    assert (later.offline, later.since) == (True, START)
    online = feed_health({"ok": 1.0, "failing": 214.0}, local=0, now=START + timedelta(hours=4), before=later)
    assert online is not None
    assert (online.offline, online.since) == (False, None)


def test_two_feeds_that_fail_are_a_machine_without_a_network_where_there_are_no_more() -> None:
    found = feed_health({"failing": 2.0}, local=0, now=START)
    assert found is not None
    assert found.offline
