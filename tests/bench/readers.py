"""What readers of a month of alerts judged, and how far two of them agree.

A reader's file is JSON: the article's id, then its ``event``, ``want`` (0 no, 1 borderline, 2 yes) and ``rank`` (1
least to 4 most). The first source of an alert may also carry what the reader said of the whole alert: ``two`` (it holds
two events), ``sources`` (how many are independent, where the alert's count is wrong), ``headline`` (false: a poor one).
"""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent / "data"
Row = dict[str, Any]
Judgements = dict[str, Row]


def own(stream: str) -> dict[str, Judgements]:
    """Our own judgements of a stream by reader."""
    files = {"first reader": OWN / f"alerts_{stream}.json", "second reader": OWN / f"alerts_{stream}.second.json"}
    return {name: _read(path) for name, path in files.items() if path.exists()}


def readers(stream: str, folder: Path) -> dict[str, Judgements]:
    """The judgements of a stream by reader: those beside the streams, and each of ours on what they leave out."""
    gold = folder / f"{stream}_gold.json"
    given = _read(gold) if gold.exists() else {}
    found = {f"gold and {name}" if given else name: judged | given for name, judged in own(stream).items()}
    return found or {"gold": given}


def _read(path: Path) -> Judgements:
    judged: Judgements = json.loads(path.read_text("utf-8"))
    return judged


def agreement(one: Judgements, other: Judgements) -> Row:
    """How two readers agree on the articles both judged.

    Want: Cohen's kappa, plain and with linear weights. Event: kappa over all pairs of articles, one event or two, as
    readers name events in words of their own. Rank: Spearman's correlation.
    """
    both = sorted(one.keys() & other.keys())
    wants = [(one[key]["want"], other[key]["want"]) for key in both]
    pairs = [
        (one[a]["event"] == one[b]["event"], other[a]["event"] == other[b]["event"]) for a, b in combinations(both, 2)
    ]
    return {
        "articles": len(both),
        "want, same": sum(a == b for a, b in wants) / max(1, len(wants)),
        "want, kappa": kappa(wants),
        "want, weighted kappa": kappa(wants, lambda a, b: abs(a - b)),
        "same event, kappa": kappa(pairs),
        "rank, spearman": spearman([(one[key]["rank"], other[key]["rank"]) for key in both]),
    }


def kappa(pairs: Sequence[tuple[int, int]], distance: Callable[[int, int], float] = operator.ne) -> float:
    """Cohen's kappa: 1 minus the disagreement seen over that of chance; 0 where chance leaves none."""
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum(distance(a, b) for a, b in pairs)
    chance = sum(distance(a, b) * first[a] * second[b] for a in first for b in second) / max(1, len(pairs))
    return 1 - seen / chance if chance else 0.0


def spearman(pairs: Sequence[tuple[int, int]]) -> float:
    """Rank correlation, ties averaged; 0 where it is not defined."""
    if len(pairs) < 2:
        return 0.0
    first, second = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    mean = (len(pairs) - 1) / 2
    covariance = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    spread = sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second)
    return covariance / spread**0.5 if spread else 0.0


def _ranks(values: Sequence[int]) -> list[float]:
    ordered = sorted(values)
    places = {value: ordered.index(value) + (ordered.count(value) - 1) / 2 for value in set(values)}
    return [places[value] for value in values]
