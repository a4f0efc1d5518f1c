"""JSON Lines in: bad lines are named, the rest goes on."""

from __future__ import annotations

from services.cli import articles
from services.poller.core.imports import InputArticle, time_of


def test_good_lines_pass_and_blank_ones_are_passed_over() -> None:
    lines = [b'{"id": "a", "title": "T", "text": "x", "unknown": 1}\n', b"\n", b'{"id": "b"}', b"{"]
    *good, bad = articles.read(lines, name="in.jsonl")
    assert good == [InputArticle(id="a", title="T", text="x"), InputArticle(id="b")]
    assert str(bad).startswith("in.jsonl, line 4: ")


def test_bad_line_is_named_and_the_rest_goes_on() -> None:
    lines = [b"{", b"\xff", b'{"title": "no id"}', b'{"id": "ok"}']
    *bad, good = articles.read(lines, name="in.jsonl")
    for number, sentence in enumerate(bad, start=1):
        assert str(sentence).startswith(f"in.jsonl, line {number}: ")
    assert (len(bad), good) == (3, InputArticle(id="ok"))


def test_time_is_an_instant_or_nothing() -> None:
    time = time_of("2024-06-20T11:00:00+02:00")
    assert time is not None
    assert time.isoformat() == "2024-06-20T11:00:00+02:00"
    for wild in (None, "", "yesterday", "0000-00-00"):
        assert time_of(wild) is None


def test_a_time_without_an_offset_is_utc_as_in_a_feed() -> None:
    assert time_of("2024-06-20T11:00:00") == time_of("2024-06-20T11:00:00Z")
    assert time_of("2024-06-20") == time_of("2024-06-20T00:00:00Z")
