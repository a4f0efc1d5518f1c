"""Dates: what feeds write, in UTC; what cannot be read is None."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.poller.core import dates

GIVEN = [
    ("Thu, 20 Jun 2024 09:00:00 GMT", "2024-06-20T09:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 +0200", "2024-06-20T07:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 EDT", "2024-06-20T13:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 CEST", "2024-06-20T07:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 MSK", "2024-06-20T06:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 JST", "2024-06-20T00:00:00"),
    ("20 Jun 2024 09:00 GMT", "2024-06-20T09:00:00"),
    ("Thu, 20 Jun 24 09:00:00 Z", "2024-06-20T09:00:00"),
    ("2024-06-20T09:00:00Z", "2024-06-20T09:00:00"),
    ("2024-06-20T09:00:00.123+05:30", "2024-06-20T03:30:00.123000"),
    ("2024-06-20 09:00", "2024-06-20T09:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 +02:00", "2024-06-20T07:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 GMT+2", "2024-06-20T07:00:00"),
    ("Thu, 20 Jun 2024 09:00:00 UTC-0430", "2024-06-20T13:30:00"),
    ("Thu, 20 Jun 2024 09:30 PM EST", "2024-06-21T02:30:00"),
    ("Thursday, June 20, 2024 12:05 a.m.", "2024-06-20T00:05:00"),
    ("June 20, 2024", "2024-06-20T00:00:00"),
    ("20.06.2024 09:00", "2024-06-20T09:00:00"),
    ("20/06/2024 09:00:00 +0300", "2024-06-20T06:00:00"),
    ("06/20/2024", "2024-06-20T00:00:00"),
    ("2024/06/20 09:00:00", "2024-06-20T09:00:00"),
    ("2024-06-20", "2024-06-20T00:00:00"),
    ("20240620T090000Z", "2024-06-20T09:00:00"),
    ("2024-06-20T24:00:00Z", "2024-06-21T00:00:00"),
    ("2024-06-20T23:59:60Z", "2024-06-20T23:59:59"),
]


@pytest.mark.parametrize(("text", "moment"), GIVEN)
def test_forms_that_feeds_use(text: str, moment: str) -> None:
    assert dates.parse(text) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", None, "soon", "Thu, 99 Jun 2024 09:00:00 GMT", "0000-00-00T00:00:00Z", "1970-01-01T00:00:00Z", "-1", "x" * 999,
     "Mon, 01 Jan 0001 00:00:00 +0000", "99999-01-01", "2024-13-01"],
)  # fmt: skip
def test_what_is_no_date_is_none_and_never_now(text: str | None) -> None:  # H52
    assert dates.parse(text) is None


@given(
    st.datetimes(datetime(1972, 1, 2), datetime(9990, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.integers(-14 * 4, 14 * 4),
)
def test_both_standard_forms_keep_the_zone(moment: datetime, quarters: int) -> None:
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarters)))
    assert dates.parse(aware.isoformat()) == aware
    assert dates.parse(format_datetime(aware)) == aware


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    for found in (dates.parse(text), dates.http_date(text)):
        assert found is None or found.tzinfo is not None


@given(st.floats())
def test_any_timestamp_is_survived(seconds: float) -> None:
    found = dates.moment_of(None, lambda: seconds)
    assert found is None or found.year > 1970
