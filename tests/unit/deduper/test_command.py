"""``wirewatch dedupe``: the stable form of its lines, and what a bad line does."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from services.cli.app import build
from tests.support.stories import prose


def run(*lines: dict[str, Any] | str) -> tuple[int, list[dict[str, Any]], str]:
    given = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    result = CliRunner().invoke(build(), ["dedupe"], input=given)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_each_line_gets_a_verdict_in_the_stable_form() -> None:
    code, lines, _ = run(
        {"id": "a", "title": "Fleet sails north", "text": prose(1, 300)},
        {"id": "b", "title": "Quite another thing", "text": prose(2, 300)},
        {"id": "c", "title": "Fleet sails", "text": prose(3, 30) + " " + prose(1, 150)},
    )
    assert code == 0
    assert lines[0] == {
        "id": "a",
        "status": "new",
        "story_id": "a",
        "duplicate_of": None,
        "containment": None,
        "linked_by": None,
    }
    assert lines[1]["status"] == "new"
    assert (lines[2]["status"], lines[2]["story_id"], lines[2]["duplicate_of"]) == ("duplicate", "a", "a")
    assert lines[2]["linked_by"] == "sketch"
    assert lines[2]["containment"] >= 0.45


def test_lines_of_one_address_are_versions() -> None:
    url = "https://a.example/1"
    _, lines, _ = run(
        {"id": "a", "url": url, "title": "Ten dead", "text": "It killed 10. " + prose(1, 300)},
        {"id": "b", "url": url, "title": "Ten dead", "text": "It killed 10. " + prose(1, 300) + " Advertisement."},
        {"id": "c", "url": url, "title": "Twelve dead", "text": "It killed 12. " + prose(1, 300)},
    )
    assert [(line["status"], line["story_id"], line["linked_by"]) for line in lines] == [
        ("new", "a", None),
        ("duplicate", "a", "url"),
        ("update", "a", "url"),
    ]


def test_a_bad_line_is_named_and_the_rest_goes_on() -> None:
    code, lines, said = run("{nothing", {"id": "a", "title": "Fleet", "text": "Sails."})
    assert code == 1
    assert [line["id"] for line in lines] == ["a"]
    assert "standard input, line 1" in said


def test_the_window_is_counted_in_the_time_of_the_lines() -> None:
    _, lines, _ = run(
        {"id": "a", "title": "One", "text": prose(1, 100), "first_seen_at": "2026-01-01T00:00:00Z"},
        {"id": "b", "title": "Two", "text": prose(1, 100), "first_seen_at": "2026-01-09T00:00:00Z"},
        {"id": "c", "title": "Three", "text": prose(1, 100), "first_seen_at": "soon"},
    )
    assert [line["status"] for line in lines] == ["new", "new", "duplicate"]


def test_times_at_both_ends_of_the_calendar_are_taken() -> None:
    times = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00"]
    code, lines, _ = run(
        *({"id": f"p{at}", "title": "One", "text": prose(at, 100), "published_at": times[at]} for at in (0, 1)),
        *({"id": f"s{at}", "title": "Two", "text": prose(at + 2, 100), "first_seen_at": times[at]} for at in (0, 1)),
    )
    assert code == 0
    assert [line["status"] for line in lines] == ["new"] * 4
