"""JSON Lines in: bad lines are named, the rest goes on."""

from __future__ import annotations

from services.cli import jsonl
from services.cli.jsonl import BadLine, InputArticle


def test_good_lines_pass_with_their_numbers_and_blank_ones_do_not_count() -> None:
    lines = [b'{"id": "a", "title": "T", "text": "x", "unknown": 1}\n', b"\n", b'{"id": "b"}']
    assert list(jsonl.read(lines, name="in.jsonl")) == [
        (1, InputArticle(id="a", title="T", text="x")),
        (3, InputArticle(id="b")),
    ]


def test_bad_line_is_named_and_the_rest_goes_on() -> None:
    lines = [b"{", b"\xff", b'{"title": "no id"}', b'{"id": "ok"}']
    read = dict(jsonl.read(lines, name="in.jsonl"))
    for number in (1, 2, 3):
        bad = read[number]
        assert isinstance(bad, BadLine)
        assert bad.message.startswith(f"in.jsonl, line {number}: ")
    assert read[4] == InputArticle(id="ok")


def test_time_is_an_instant_or_nothing() -> None:
    time = jsonl.time_of("2024-06-20T11:00:00+02:00")
    assert time is not None
    assert time.isoformat() == "2024-06-20T11:00:00+02:00"
    for wild in (None, "", "yesterday", "2024-06-20T11:00:00", "0000-00-00"):
        assert jsonl.time_of(wild) is None
