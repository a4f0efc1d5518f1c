"""How a feed stands, in one word, and since when."""

from datetime import datetime

from services.poller.core import cadence
from services.poller.core.state import FeedState
from services.poller.status import FeedHealth


def health(state: FeedState | None, now: datetime) -> FeedHealth:
    """How a feed stands; ``state`` is None where it was never polled."""
    if state is None:
        return "new"
    if state.health.gone:
        return "gone"
    if state.health.duplicate_of:
        return "merged"
    if state.health.failures:
        return "failing"
    if cadence.is_silent(state.cadence, now):
        return "silent"
    return "lying" if state.validators.unreliable else "ok"


def bad_since(state: FeedState, name: FeedHealth) -> datetime | None:
    """Since when a feed has been failing or silent; None where it is neither."""
    if name == "failing":
        return state.health.failing_since
    return (state.cadence.last_new_at or state.cadence.first_success_at) if name == "silent" else None
