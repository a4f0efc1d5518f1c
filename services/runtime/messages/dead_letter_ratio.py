"""Whether most of what a service takes is poison: then something before it is broken, and a person should hear of it.

The service goes on and stays ready: setting messages aside is work done, and a restart would change nothing.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

RECENT = 200  # messages that are looked back on
LEAST = 20  # fewer say nothing
SHARE = 0.5


class PoisonShare:
    """The dead letters among the last messages. Time is passed in."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._since: datetime | None = None

    def took(self, dead: Iterable[bool], now: datetime) -> None:
        """Messages that were acted on, by whether each was set aside."""
        self._recent.extend(dead)
        over = len(self._recent) >= LEAST and sum(self._recent) >= SHARE * len(self._recent)
        if not over:
            self._since = None
        elif self._since is None:
            self._since = now

    def sentence(self) -> str | None:
        """What to tell, or None where most messages can be processed."""
        if self._since is None:
            return None
        return (
            f"since {self._since:%Y-%m-%dT%H:%M:%SZ} most messages cannot be processed and are set aside, "
            f"{sum(self._recent)} of the last {len(self._recent)}: see `wirewatch dead list`"
        )
