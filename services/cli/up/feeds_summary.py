"""How the feeds answer, in a few words, from the poller's own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Metrics = Mapping[str, Sequence[tuple[Mapping[str, str], float]]]


def summary(metrics: Metrics, *, samples: int) -> str:
    """For instance ``feeds: 5 of 225 answer, world unreachable``; empty before the poller has begun.

    ``samples`` is how many of the feeds are the sample feeds: where no more than those answer and others were tried,
    the world cannot be reached from here.
    """
    counts = {labels["state"]: int(value) for labels, value in metrics.get("wirewatch_poller_feeds", ())}
    answering, failing, untried = (counts.get(state, 0) for state in ("ok", "failing", "new"))
    if not sum(counts.values()) or not answering + failing:
        return ""
    parts = [f"feeds: {answering} of {sum(counts.values())} answer"]
    if failing and answering <= samples:
        parts.append("world unreachable")
    elif failing:
        parts.append(f"{failing} failing")
    if untried:
        parts.append(f"{untried} still to be asked")
    return ", ".join(parts)
