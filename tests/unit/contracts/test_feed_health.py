"""How the feeds answer, in one sentence for page and terminal."""

from __future__ import annotations

import pytest

from services.contracts.feed_health import feed_health
from tests.support.clock import START

OFFLINE = START.timestamp()
OFFLINE_SENTENCE = (
    "None of 215 feeds from elsewhere answers: this machine seems to be offline since 09:00 UTC; "
    "the 5 feeds on this machine are polled as usual"
)


@pytest.mark.parametrize(
    ("states", "offline_since", "words"),
    [
        ({}, 0, None),
        ({"ok": 0, "failing": 0, "new": 225}, 0, None),
        ({"ok": 5, "failing": 0, "new": 0}, 0, "5 of 5 feeds answer"),
        ({"ok": 5, "failing": 1, "new": 219}, 0, "5 of 225 feeds answer, 1 failing, 219 not polled yet"),
        (
            {"ok": 5, "failing": 20, "new": 195},
            OFFLINE,
            OFFLINE_SENTENCE,
        ),
        (
            {"ok": 220},  # while nobody answers no failures are counted
            OFFLINE,
            OFFLINE_SENTENCE,
        ),
        ({"new": 220}, OFFLINE, OFFLINE_SENTENCE),
        ({"ok": 6, "failing": 214}, 0, "6 of 220 feeds answer, 214 failing"),
        ({"ok": 100, "failing": 4, "gone": 1}, 0, "100 of 105 feeds answer, 4 failing"),
    ],
)
def test_the_sentence(states: dict[str, float], offline_since: float, words: str | None) -> None:
    found = feed_health(states, local=5, offline_since=offline_since)
    assert (found and found.summary) == words


def test_offline_is_since_the_poller_says() -> None:
    found = feed_health({"ok": 215.0}, local=0, offline_since=OFFLINE)
    assert found is not None
    assert (found.offline, found.since) == (True, START)
