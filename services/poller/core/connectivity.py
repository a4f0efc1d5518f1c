"""Whether this machine can reach the world at all: when nearly every feed fails at once, the fault is not theirs."""

from datetime import datetime, timedelta
from typing import Final

from services.poller.status import UNREACHABLE, Outcome

WINDOW: Final = timedelta(seconds=60)
HOSTS_ENOUGH: Final = 5  # below that, several publishers may be away at once
UNREACHED_SHARE: Final = 0.8
PROBE_INTERVAL: Final = timedelta(seconds=20)  # between two looks whether anybody answers, while nobody does
PROBES: Final = 4  # feeds asked at such a look: one alone may be dead by itself


class Connectivity:
    """What the hosts asked within the last minute answered. Not thread-safe."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[datetime, bool]] = {}  # host -> when it was asked, and whether it answered
        self.offline_since: datetime | None = None
        self._looked_at: datetime | None = None
        self._probes = 0

    def may_ask(self, now: datetime) -> bool:
        """Whether a feed of the world may be asked now: always, but offline only :data:`PROBES` at a look."""
        if self.offline_since is None:
            return True
        if self._looked_at is None or abs(now - self._looked_at) >= PROBE_INTERVAL:
            self._looked_at, self._probes = now, 0
        self._probes += 1
        return self._probes <= PROBES

    def record(self, host: str, outcome: Outcome, now: datetime) -> None:
        """Take the outcome of a request into account; one answer from anywhere ends being offline."""
        reached = outcome not in UNREACHABLE
        self._last = {name: kept for name, kept in self._last.items() if now - kept[0] < WINDOW}
        self._last[host] = now, reached
        if reached and self.offline_since is not None:
            self.offline_since, self._last = None, {}
        unreached = [moment for moment, answered in self._last.values() if not answered]
        if self.offline_since is None and len(unreached) >= max(HOSTS_ENOUGH, UNREACHED_SHARE * len(self._last)):
            self.offline_since = min(unreached)


def offline_sentence(since: datetime) -> str:
    """What a person reads. Feeds on this machine go on, so it does not say that none answers."""
    return f"this machine seems to be offline since {since:%Y-%m-%dT%H:%M:%SZ}"
