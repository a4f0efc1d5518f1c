"""How the feeds answer: the sentence for page and terminal, from what the poller counts. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

FEEDS_METRIC: Final = "wirewatch_poller_feeds"  # one series a state
OFFLINE_METRIC: Final = "wirewatch_poller_offline_since_timestamp_seconds"  # 0 while any feed answers


class FeedHealth(Struct, frozen=True, kw_only=True):
    """The feeds but for those served on this machine itself, which answer without a network.

    ``offline`` is whether it seems to be the network and not the feeds, ``since`` is since when.
    """

    feeds: int
    answering: int
    failing: int
    untried: int
    offline: bool
    summary: str
    since: datetime | None = None


def feed_health(states: Mapping[str, float], *, local: int, offline_since: float) -> FeedHealth | None:
    """The health of ``states``, how many feeds are in each state of the poller's; None before the first was polled.

    ``local`` is how many of them are served on this machine. ``offline_since`` is the poller's word (Unix time, 0 while
    it is online): while nobody answers it counts no failures, so the states alone would go on looking well.
    """
    counts = {state: int(count) for state, count in states.items()}
    answering, failing, untried = (counts.get(state, 0) for state in ("ok", "failing", "new"))
    since = datetime.fromtimestamp(offline_since, UTC) if offline_since > 0 else None
    if since is None and not answering + failing:
        return None
    feeds = sum(counts.values()) if since is None else max(sum(counts.values()) - local, 0)
    answering = answering if since is None else 0
    return FeedHealth(
        feeds=feeds,
        answering=answering,
        failing=failing,
        untried=untried,
        offline=since is not None,
        summary=_in_words(feeds, answering, failing, untried) if since is None else _offline(feeds, local, since),
        since=since,
    )


def _in_words(feeds: int, answering: int, failing: int, untried: int) -> str:
    said = f"{answering} of {feeds} feeds answer"
    parts = [said, f"{failing} failing" if failing else "", f"{untried} not polled yet" if untried else ""]
    return ", ".join(part for part in parts if part)


def _offline(feeds: int, local: int, since: datetime) -> str:
    said = f"None of {feeds} feeds from elsewhere answers: this machine seems to be offline since {since:%H:%M} UTC"
    return f"{said}; the {local} feeds on this machine are polled as usual" if local else said
