"""How the feeds answer, in a few words, from the poller's own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Metrics = Mapping[str, Sequence[tuple[Mapping[str, str], float]]]


def summary(metrics: Metrics) -> str:
    """For instance ``5 feeds answer, 12 do not``; empty before the poller has polled."""
    feeds = {labels.get("state", ""): int(value) for labels, value in metrics.get("wirewatch_poller_feeds", ())}
    parts = [f"{count} {state.replace('_', ' ')}" for state, count in feeds.items() if count]
    return "feeds: " + ", ".join(parts) if parts else ""
