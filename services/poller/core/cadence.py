"""A feed's own rhythm: how often it brings news, how soon the next is likely, and what asking for it may cost.

After a burst more news is likely and after silence less, so the interval is a fixed share of the time since the last
new item: short while a feed moves, ever longer while it is quiet. Its bounds follow the mean gap between two items,
which is counted with a half-life, so that a feed that changes its habits is followed within days. The dates in the
first document stand for the days before the first poll.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from services.contracts.messages import Tier
from services.poller.core.model import FeedConfig, Polled

FASTEST_SECONDS: Final = 120.0
FAST_SECONDS: Final = 300.0  # while a feed moves, unless its gaps or its publisher's word are shorter
SLOWEST_SECONDS: Final = 3 * 3600.0
QUIET_SHARE: Final = 1 / 16  # of the time since the last new item
GAP_SHARE_LEAST: Final = 1 / 6  # of the mean gap: as often as that while a feed moves
GAP_SHARE_MOST: Final = 1 / 6  # of the mean gap: as seldom as that while it is quiet
BOUNDS_SECONDS: Final[dict[Tier, tuple[float, float]]] = {
    "breaking": (120.0, 300.0),
    "daily": (1800.0, 10_800.0),
    "slow": (10_800.0, 86_400.0),
}
HALF_LIFE_SECONDS: Final = 2 * 86_400.0
SEEDED_SECONDS: Final = 7 * 86_400.0  # older dates of the first document say nothing of today's rhythm
DATES_ENOUGH: Final = 3
FAST_GAP_SECONDS: Final = 86_400.0 / 10  # ten items a day and more are "breaking", one is "daily"
SILENT_SECONDS: Final = 3 * 86_400.0
SILENT_GAPS: Final = 10
ITEMS_ENOUGH: Final = 10
DELAY_WEIGHT: Final = 0.1


class Cadence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the polls of a feed have shown of its rhythm.

    ``arrivals`` is the number of new items, each counting half after :data:`HALF_LIFE_SECONDS`, as of ``counted_at``;
    ``since`` is from when on they were counted. ``items`` is how many the last document held, ``missed`` how many polls
    found none of them known. ``bytes_left`` is what of the budget of bytes was left at ``counted_at``.
    ``delay_seconds`` is the mean time from publication to fetch, the newest items weighing most.
    """

    first_success_at: datetime | None = None
    last_new_at: datetime | None = None
    new_total: int = 0
    items: int = 0
    missed: int = 0
    arrivals: float = 0.0
    since: datetime | None = None
    counted_at: datetime | None = None
    full_bytes: int = 0
    bytes_left: float | None = None
    delay_seconds: float | None = None

    def after(self, poll: Polled, now: datetime, daily_bytes: float) -> Cadence:
        """The cadence after a poll that succeeded."""
        first = self.first_success_at is None or self.since is None
        counted = self._seeded(poll.dates, now) if first else self._counted(poll.new_items, now)
        spent = self.bytes_left_at(now, daily_bytes) - poll.wire_bytes
        return msgspec.structs.replace(
            counted,
            first_success_at=self.first_success_at or now,
            items=poll.items if poll.outcome == "ok" else self.items,
            missed=self.missed + may_have_missed(self.items, poll),
            counted_at=now,
            full_bytes=poll.wire_bytes if poll.outcome == "ok" else self.full_bytes,
            bytes_left=spent,
            delay_seconds=self._delay(poll.new_dates, now) if not first else None,
        )

    def pushed(self, new_items: int, now: datetime) -> Cadence:
        """The cadence after a hub's push."""
        return msgspec.structs.replace(self._counted(new_items, now), counted_at=now) if new_items else self

    def gap_seconds(self, now: datetime) -> float | None:
        """The mean time between two new items; None while nothing is known."""
        if self.since is None or self.counted_at is None:
            return None
        decay = math.log(2) / HALF_LIFE_SECONDS
        arrivals = self.arrivals * math.exp(-decay * _seconds(self.counted_at, now))
        if arrivals < 0.01:
            return 10 * HALF_LIFE_SECONDS
        return (1 - math.exp(-decay * max(_seconds(self.since, now), 3600.0))) / decay / arrivals

    def bytes_left_at(self, now: datetime, daily_bytes: float) -> float:
        """What of the budget is left: it fills evenly, up to that of one day."""
        if self.bytes_left is None or self.counted_at is None:
            return daily_bytes
        return min(daily_bytes, self.bytes_left + daily_bytes * _seconds(self.counted_at, now) / 86_400)

    def _counted(self, new_items: int, now: datetime) -> Cadence:
        kept = math.exp2(-_seconds(self.counted_at or now, now) / HALF_LIFE_SECONDS)
        return msgspec.structs.replace(
            self,
            arrivals=self.arrivals * kept + new_items,
            last_new_at=now if new_items else self.last_new_at,
            new_total=self.new_total + new_items,
        )

    def _seeded(self, dates: Sequence[datetime], now: datetime) -> Cadence:
        """The dates of the first document, as if its feed had been polled when they were new."""
        past = sorted(moment for moment in dates if now - timedelta(seconds=SEEDED_SECONDS) <= moment <= now)
        since = now - timedelta(seconds=SEEDED_SECONDS) if len(past) < len(dates) else min(past, default=now)
        if len(dates) < DATES_ENOUGH:
            return msgspec.structs.replace(self, since=now, last_new_at=now)
        return msgspec.structs.replace(
            self,
            since=since,
            last_new_at=max((moment for moment in dates if moment <= now), default=now),
            arrivals=sum(math.exp2(-_seconds(moment, now) / HALF_LIFE_SECONDS) for moment in past),
        )

    def _delay(self, published: Sequence[datetime], now: datetime) -> float | None:
        mean = self.delay_seconds
        for moment in published:
            seconds = _seconds(moment, now)
            mean = seconds if mean is None else mean + DELAY_WEIGHT * (seconds - mean)
        return mean


def rhythm_seconds(cadence: Cadence, tier: Tier | None, now: datetime, *, permitted: float = FAST_SECONDS) -> float:
    """How long to wait by the feed's own rhythm, in seconds.

    ``permitted`` is what the publisher states where that is shorter than five minutes.
    """
    since = cadence.last_new_at or cadence.first_success_at
    wanted = _seconds(since, now) * QUIET_SHARE if since is not None else 0.0
    if tier is not None:
        least, most = BOUNDS_SECONDS[tier]
    else:
        gap = cadence.gap_seconds(now)
        least = min(max(permitted, FASTEST_SECONDS), FAST_SECONDS)
        most = SLOWEST_SECONDS
        if gap is not None:
            least = min(least, max(gap * GAP_SHARE_LEAST, FASTEST_SECONDS))
            most = min(max(gap * GAP_SHARE_MOST, FAST_SECONDS), SLOWEST_SECONDS)
    return min(max(wanted, least), most)


def budget_seconds(cadence: Cadence, now: datetime, daily_bytes: float) -> float:
    """How long to wait until one more whole answer fits into the budget of bytes a day."""
    lacking = cadence.full_bytes - cadence.bytes_left_at(now, daily_bytes)
    return max(0.0, lacking / daily_bytes * 86_400)


def tier_of(config: FeedConfig, cadence: Cadence, now: datetime) -> Tier:
    """The operator's tier, else the one that the feed's rhythm puts it in."""
    gap = cadence.gap_seconds(now)
    if config.tier is not None or gap is None:
        return config.tier or "daily"
    return "breaking" if gap <= FAST_GAP_SECONDS else "daily" if gap <= 86_400 else "slow"


def is_silent(cadence: Cadence, now: datetime) -> bool:
    """Whether a feed answers but has brought nothing for much longer than its own rhythm."""
    gap = lifetime_gap_seconds(cadence)
    if gap is None or cadence.last_new_at is None:
        return False
    return _seconds(cadence.last_new_at, now) > max(SILENT_SECONDS, SILENT_GAPS * gap)


def lifetime_gap_seconds(cadence: Cadence) -> float | None:
    """The mean time between two new items since the first poll; None before enough of them came."""
    if cadence.last_new_at is None or cadence.first_success_at is None or cadence.new_total < ITEMS_ENOUGH:
        return None
    return _seconds(cadence.first_success_at, cadence.last_new_at) / cadence.new_total


def items_a_day(cadence: Cadence, now: datetime) -> float | None:
    """How many new items a day the feed brought since its first poll, which is not counted; None before a day."""
    if cadence.first_success_at is None or (days := _seconds(cadence.first_success_at, now) / 86_400) < 1:
        return None
    return cadence.new_total / days


def may_have_missed(items_before: int, poll: Polled) -> bool:
    """Whether items may have come and gone unseen: nothing in the document was there at the last poll."""
    return poll.outcome == "ok" and items_before > 0 and 0 < poll.items == poll.new_items


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
