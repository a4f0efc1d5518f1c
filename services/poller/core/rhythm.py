"""A feed's own rhythm, as its polls have shown it: how often it brings news, and whether it has fallen silent."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.poller.core.model import FeedState, Polled

SILENT_SECONDS: Final = 3 * 86_400.0
SILENT_GAPS: Final = 10


def silent(state: FeedState, now: datetime) -> bool:
    """Whether a feed answers but has brought nothing for much longer than its own rhythm."""
    gap = gap_seconds(state)
    if gap is None or state.last_new_at is None:
        return False
    return (now - state.last_new_at).total_seconds() > max(SILENT_SECONDS, SILENT_GAPS * gap)


def gap_seconds(state: FeedState) -> float | None:
    """The feed's own rhythm: the mean time between two new items; None before enough of them came."""
    if state.last_new_at is None or state.first_success_at is None or state.new_total < SILENT_GAPS:
        return None
    return (state.last_new_at - state.first_success_at).total_seconds() / state.new_total


def items_a_day(state: FeedState, now: datetime) -> float | None:
    """How many new items a day the feed brought since its first poll, which is not counted; None before a day."""
    if state.first_success_at is None or (days := (now - state.first_success_at).total_seconds() / 86_400) < 1:
        return None
    return state.new_total / days


def missed(state: FeedState, poll: Polled) -> bool:
    """Whether items may have come and gone unseen: nothing in the document was there at the last poll."""
    return poll.outcome == "ok" and state.items > 0 and 0 < poll.items == poll.new_items
