"""The state of a feed in one word, for metrics and for ``wirewatch feeds list``."""

from __future__ import annotations

from datetime import datetime

from services.poller.core import rhythm
from services.poller.core.model import FeedState


def health(state: FeedState | None, now: datetime) -> str:
    """Which of :data:`services.poller.metrics.FEED_STATES` a feed is in."""
    if state is None:
        return "new"
    if state.gone:
        return "gone"
    if state.same_as:
        return "merged"
    if state.failures:
        return "failing"
    if rhythm.silent(state, now):
        return "silent"
    return "lying" if state.liar else "ok"
