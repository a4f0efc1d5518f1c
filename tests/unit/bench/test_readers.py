"""How far two readers of alerts agree."""

from __future__ import annotations

import pytest

from tests.bench.readers import agreement, kappa, spearman


def test_kappa_is_the_agreement_beyond_chance() -> None:
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15  # 70 % agree, 50 % by chance
    assert kappa(pairs) == pytest.approx(0.4)


def test_kappa_without_chance_of_disagreement_is_not_defined() -> None:
    assert kappa([(1, 1), (1, 1)]) == 0.0
    assert kappa([]) == 0.0


def test_weights_forgive_a_near_miss() -> None:
    pairs = [(2, 1), (1, 1), (0, 0), (2, 2)]
    assert kappa(pairs, lambda a, b: abs(a - b)) > kappa(pairs)


def test_spearman_averages_ties() -> None:
    assert spearman([(1, 1), (2, 2), (3, 3)]) == pytest.approx(1)
    assert spearman([(1, 3), (2, 2), (3, 1)]) == pytest.approx(-1)
    assert spearman([(1, 1), (1, 2)]) == 0.0


def test_readers_may_name_one_event_differently() -> None:
    one = {key: {"event": event, "want": 2, "rank": 3} for key, event in (("a", "x"), ("b", "x"), ("c", "y"))}
    other = {key: {"event": event, "want": 2, "rank": 3} for key, event in (("a", "p"), ("b", "p"), ("c", "q"))}
    figures = agreement(one, other | {"d": {"event": "r", "want": 0, "rank": 1}})
    assert figures["articles"] == 3
    assert figures["same event, kappa"] == pytest.approx(1)
