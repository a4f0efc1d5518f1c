"""What a request may ask for, and cursors."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.core.query import CURSOR, Cursor, Query, parse
from services.api.errors import QueryError


def asked(**given_: Any) -> Query:
    """A request with these parameters."""
    nothing: dict[str, Any] = dict.fromkeys(("topic", "actor", "place", "min_severity", "since", "cursor"))
    return parse(**(nothing | {"limit": 50} | given_))


def test_nothing_asked_is_everything() -> None:
    assert asked() == Query()
    assert asked(topic="", cursor="") == Query()


def test_a_minimum_is_it_and_what_is_above() -> None:
    assert asked(min_severity="high").severities == ("high", "critical")


@pytest.mark.parametrize("since", ["2024-06-20T09:00:00Z", "2024-06-20T09:00:00", "2024-06-20T12:00:00+03:00"])
def test_since_is_a_time_in_utc_where_it_names_no_zone(since: str) -> None:
    assert asked(since=since).since_ms == 1_718_874_000_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("since", "9999999-01-01"),
        ("cursor", "x"),
        ("cursor", "é"),
        ("cursor", "MTIzOmc"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(QueryError, match=name):
        asked(**{name: value})


@settings(deadline=None)
@given(st.integers(0, 10**15), st.text("0123456789abcdef", min_size=24, max_size=24))
def test_a_cursor_comes_back_as_it_was(updated_ms: int, alert_id: str) -> None:
    cursor = Cursor(updated_ms, alert_id)
    assert asked(cursor=cursor.text()).cursor == cursor


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_a_sentence(text: str) -> None:
    with suppress(QueryError):
        asked(cursor=text)


@settings(deadline=None)
@given(st.integers(0, 10**15), st.text("0123456789abcdef", min_size=24, max_size=24))
def test_every_cursor_has_the_documented_form(updated_ms: int, alert_id: str) -> None:
    assert re.fullmatch(CURSOR, Cursor(updated_ms, alert_id).text())
