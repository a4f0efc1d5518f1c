"""When a delivery may leave: quiet hours in local time, digests, back-off. All times are aware."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.contracts.messages import Severity
from services.notifier.core.watches import DAYS, Quiet, Watch

FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 900.0
_DAY = timedelta(days=1)
_MOST_PERIODS = 15  # periods that follow each other without a gap, at most two for each day of a week


@dataclass(frozen=True, slots=True)
class ReleaseTime:
    """When a delivery leaves, and why not now: ``held`` by quiet hours or collected for a ``digest``.

    ``unlimited`` is true where the hourly limit does not count: an alert that may always pass.
    """

    at: datetime
    how: Literal["now", "held", "digest"]
    unlimited: bool = False


def release_time(watch: Watch, severity: Severity, now: datetime) -> ReleaseTime:
    """Where a delivery of ``watch`` belongs. A digest that would come in quiet hours comes at their end."""
    if watch.critical_at_once and severity == "critical":
        return ReleaseTime(now, "now", unlimited=True)
    opened = quiet_until(watch.quiet, now)
    if opened is not None:
        return ReleaseTime(opened, "held")
    if watch.digest is not None:
        at = now + timedelta(minutes=watch.digest.every_minutes)
        return ReleaseTime(quiet_until(watch.quiet, at) or at, "digest")
    return ReleaseTime(now, "now")


def quiet_until(quiet: Quiet | None, now: datetime) -> datetime | None:
    """The end of the quiet hours that ``now`` is in (UTC), or None. Periods that touch are one."""
    if quiet is None:
        return None
    at = now
    for _ in range(_MOST_PERIODS):
        end = _end_of_period(quiet, at)
        if end is None:
            break
        at = end
    return at if at > now else None


def backoff_seconds(attempts: int) -> float:
    """How long to wait after so many failed attempts (at least one)."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 30), LONGEST_RETRY_SECONDS)


def _end_of_period(quiet: Quiet, now: datetime) -> datetime | None:
    wall = now.astimezone(quiet.zone).replace(tzinfo=None)
    for day in (wall.date() - _DAY, wall.date()):
        begins = datetime.combine(day, quiet.start)
        ends = datetime.combine(day if quiet.end > quiet.start else day + _DAY, quiet.end)
        if DAYS[day.weekday()] in quiet.days and begins <= wall < ends:
            return _instant(ends, quiet, after=now)
    return None


def _instant(wall: datetime, quiet: Quiet, *, after: datetime) -> datetime | None:
    """When local time is ``wall``. Where it does so twice, the first time that is still to come.

    A time that the clock leaps over in spring is read with the offset from before the leap: at most an hour later.
    """
    for fold in (0, 1):
        at = wall.replace(tzinfo=quiet.zone, fold=fold).astimezone(UTC)
        if at > after:
            return at
    return None
