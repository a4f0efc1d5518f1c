"""The shipped packs on short wire copy: floors below what was measured, so that no change quietly loses it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.packs import shipped
from tests.support.wire_sentences import LETTERS, found_in, wire_sentences

# Measured with packs 1.5: precision .99 and .99, recall .86 and .94.
FLOORS = {"alliances": (0.96, 0.83), "naval_moves": (0.96, 0.9)}


@pytest.fixture(scope="module")
def counts() -> Counter[tuple[str, bool, bool]]:
    """By topic, wanted and given."""
    compiled = shipped().compiled
    counted: Counter[tuple[str, bool, bool]] = Counter()
    for sentence in wire_sentences():
        given = found_in(sentence, compiled)
        counted.update((topic, letter in sentence.wanted, topic in given) for topic, letter in LETTERS.items())
    return counted


@pytest.mark.parametrize("topic", FLOORS)
def test_short_copy_is_recognised(counts: Counter[tuple[str, bool, bool]], topic: str) -> None:
    right, wrong, missed = counts[topic, True, True], counts[topic, False, True], counts[topic, True, False]
    precision, recall = FLOORS[topic]
    assert right / (right + wrong) >= precision
    assert right / (right + missed) >= recall
