"""How the feeds answer: the sentence for page and terminal, from what the poller counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

FEEDS_METRIC: Final = "wirewatch_poller_feeds"  # one series a state
_ENOUGH: Final = 5  # feeds that have failed, before no answer at all is taken for a machine without a network


class FeedHealth(Struct, frozen=True, kw_only=True):
    """The feeds but for those served on this machine itself, which answer without a network.

    ``offline`` is whether it seems to be the network and not the feeds; ``since`` is when that was first seen.
    """

    feeds: int
    answering: int
    failing: int
    untried: int
    offline: bool
    summary: str
    since: datetime | None = None


def feed_health(
    states: Mapping[str, float], *, local: int, now: datetime, before: FeedHealth | None = None
) -> FeedHealth | None:
    """The health of ``states``, how many feeds are in each state of the poller's; None before the first was polled.

    ``local`` is how many of them are served on this machine, ``before`` how they stood the last time.
    """
    counts = {state: int(count) for state, count in states.items()}
    total, answering, failing, untried = (
        sum(counts.values()),
        *(counts.get(state, 0) for state in ("ok", "failing", "new")),
    )
    if not answering + failing:
        return None
    others = max(total - local, 0)
    offline = answering <= local and failing >= min(_ENOUGH, others) > 0
    since = (before.since if before and before.offline else now) if offline else None
    answering = max(answering - local, 0) if offline else answering
    feeds = others if offline else total
    return FeedHealth(
        feeds=feeds,
        answering=answering,
        failing=failing,
        untried=untried,
        offline=offline,
        summary=_in_words(feeds, answering, failing, untried, since),
        since=since,
    )


def _in_words(feeds: int, answering: int, failing: int, untried: int, offline_since: datetime | None) -> str:
    said = f"{answering} of {feeds} feeds answer"
    if offline_since is not None:
        return f"{said}: this machine seems to be offline since {offline_since.astimezone(UTC):%H:%M} UTC"
    parts = [said, f"{failing} failing" if failing else "", f"{untried} not polled yet" if untried else ""]
    return ", ".join(part for part in parts if part)
