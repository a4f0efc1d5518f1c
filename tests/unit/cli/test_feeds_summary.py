"""How the feeds answer, in a few words."""

from __future__ import annotations

import pytest

from services.cli.up.feeds_summary import Metrics, summary


def figures(**states: int) -> Metrics:
    return {"wirewatch_poller_feeds": [({"state": state}, float(count)) for state, count in states.items()]}


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({}, ""),
        (figures(ok=0, failing=0, new=225), ""),
        (figures(ok=5, failing=0, new=0), "feeds: 5 of 5 answer"),
        (figures(ok=5, failing=20, new=200), "feeds: 5 of 225 answer, world unreachable, 200 still to be asked"),
        (figures(ok=100, failing=4, gone=1), "feeds: 100 of 105 answer, 4 failing"),
    ],
)
def test_summary(metrics: Metrics, words: str) -> None:
    assert summary(metrics, samples=5) == words
