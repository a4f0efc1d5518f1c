"""Quiet hours in local time, over the leaps of the clock in spring and autumn; back-off."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.core.schedule import LONGEST_RETRY_SECONDS, backoff_seconds, quiet_until, release_time
from services.notifier.core.watches import DAYS, Day, Quiet
from tests.support.clock import START
from tests.support.notifier import a_watch

BERLIN = ZoneInfo("Europe/Berlin")


def a_quiet(*, start: time, end: time, zone: ZoneInfo = BERLIN, days: frozenset[Day] = frozenset(DAYS)) -> Quiet:
    return Quiet(from_clock=f"{start:%H:%M}", to_clock=f"{end:%H:%M}", zone=zone, days=days)


NIGHT = a_quiet(start=time(22), end=time(7), zone=BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2025-01-15T21:59:59+01:00", None),
        ("2025-01-15T22:00:00+01:00", "2025-01-16T07:00:00+01:00"),
        ("2025-01-16T06:59:59+01:00", "2025-01-16T07:00:00+01:00"),
        ("2025-01-16T07:00:00+01:00", None),
        # the night of the leap forward has eight hours, that of the leap back has ten
        ("2025-03-29T22:00:00+01:00", "2025-03-30T07:00:00+02:00"),
        ("2025-10-25T22:00:00+02:00", "2025-10-26T07:00:00+01:00"),
    ],
)
def test_nights(now: str, end: str | None) -> None:
    assert quiet_until(NIGHT, at(now)) == (at(end) if end else None)


def test_an_end_that_comes_twice_is_the_first_that_is_still_to_come() -> None:
    quiet = a_quiet(start=time(1), end=time(2, 30), zone=BERLIN)
    assert quiet_until(quiet, at("2025-10-26T01:30:00+02:00")) == at("2025-10-26T02:30:00+02:00")
    assert quiet_until(quiet, at("2025-10-26T02:10:00+01:00")) == at("2025-10-26T02:30:00+01:00")


def test_an_end_that_the_clock_leaps_over_comes_within_the_hour_after() -> None:
    quiet = a_quiet(start=time(1), end=time(2, 30), zone=BERLIN)
    assert quiet_until(quiet, at("2025-03-30T01:30:00+01:00")) == at("2025-03-30T03:30:00+02:00")


def test_a_weekend_is_one_quiet_time() -> None:
    weekend = a_quiet(start=time(0), end=time(0), zone=BERLIN, days=frozenset({"sat", "sun"}))
    assert quiet_until(weekend, at("2025-06-07T10:00:00+02:00")) == at("2025-06-09T00:00:00+02:00")
    assert quiet_until(weekend, at("2025-06-09T00:00:00+02:00")) is None


def test_a_period_belongs_to_the_day_it_begins_on() -> None:
    friday = a_quiet(start=time(22), end=time(7), zone=BERLIN, days=frozenset({"fri"}))
    assert quiet_until(friday, at("2025-06-07T03:00:00+02:00")) == at("2025-06-07T07:00:00+02:00")
    assert quiet_until(friday, at("2025-06-06T03:00:00+02:00")) is None


times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from([ZoneInfo(n) for n in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")])
days = st.frozensets(st.sampled_from(DAYS), min_size=1, max_size=6)
# Around the leaps of the zones above.
moments = st.builds(
    lambda day, seconds: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(seconds=seconds),
    st.sampled_from(["2025-03-08", "2025-03-29", "2025-04-05", "2025-10-04", "2025-10-25", "2025-11-01", "2025-06-01"]),
    st.integers(0, 3 * 86_400),
)


@given(times, times, zones, days, moments)
def test_quiet_hours_end_later_and_then_it_is_not_quiet(
    start: time, end: time, zone: ZoneInfo, on: frozenset[Day], now: datetime
) -> None:
    quiet = a_quiet(start=start, end=end, zone=zone, days=on)
    until = quiet_until(quiet, now)
    if until is not None:
        assert now < until <= now + timedelta(days=8)
        assert until.utcoffset() == timedelta(0)
        assert quiet_until(quiet, until) is None


def test_a_digest_that_would_come_in_quiet_hours_comes_at_their_end() -> None:
    watch = a_watch('quiet: {from: "09:30", to: "12:00", timezone: UTC}\ndigest: {every_minutes: 60}')
    assert release_time(watch, "high", START).at == START + timedelta(hours=3)
    assert release_time(watch, "high", START + timedelta(hours=1)).how == "held"
    plain = release_time(a_watch("digest: {every_minutes: 60}"), "critical", START)
    assert (plain.how, plain.at) == ("digest", START + timedelta(hours=1))


@given(st.integers(1, 10_000))
def test_a_back_off_grows_to_a_limit(attempts: int) -> None:
    assert 5 <= backoff_seconds(attempts) <= backoff_seconds(attempts + 1) <= LONGEST_RETRY_SECONDS
