"""The severity rules: the shipped file, and one sentence with a line for each way a file can be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from services.alerter.severity_file import load
from services.contracts.messages import EVENT_MODES, SEVERITIES, Role
from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped
from tests.support.alerts import shipped_rules

GOOD = """\
version: "1"
levels: {medium: 3, high: 5, critical: 7}
single_source_limit: high
roles: {primary: {points: 3, because: Main subject.}, mention: {points: 1, because: Mentioned.}}
other_act: {points: 3, because: An act.}
acts: {seize: {points: 4, because: A vessel is taken.}}
modes: &modes
  done: &said {points: 0, because: Said.}
  under_way: *said
  planned: *said
  threatened: *said
  demanded: *said
  denied: *said
  opinion: *said
  background: *said
rules:
  - id: a
    points: 1
    because: A strait.
    when: {place_kinds: [strait]}
"""


def written(path: Path, text: str) -> Path:
    file = path / "severity.yaml"
    file.write_text(text)
    return file


def test_the_shipped_rules_load() -> None:
    assert shipped_rules().single_source_limit == "high"


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    rules = load(written(tmp_path, GOOD))
    assert [rule.id for rule in rules.rules] == ["a"]


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("single_source_limit: high", "single_source_limit: loud", 3, "one of low, medium, high, critical"),
        ("primary: {", "main: {", 4, "'primary' must be given"),
        ("place_kinds", "place_kind", 20, "unknown key 'place_kind'"),
        ("{place_kinds: [strait]}", "{min_sources: many}", 20, "a whole number from 1 to 1000"),
        ("{place_kinds: [strait]}", "{phrases: []}", 20, "at least one entry"),
        ("{place_kinds: [strait]}", "{velocity: {sources: 3}}", 20, "'minutes' must be given"),
        ("    because: A strait.\n", "", 17, "'because' must be given"),
        ("points: 4", "points: many", 6, "a number from -100 to 100"),
        ("  - id: a", "  - id: a\n    id: b", 18, "given twice"),
        ("levels:", "level:", 2, "unknown key 'level'"),
        ("because: An act.", "because: ''", 5, "some text"),
        ("  background: *said\n", "", 7, "'background' must be given"),
        ("rules:\n", "rules: [\n", 17, "not valid YAML"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    assert before in GOOD
    file = written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(UnusableFilesError, match=says) as caught:
        load(file)
    assert f"{file}, line {line}:" in str(caught.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("limit: high", "limit: loud").replace("place_kinds", "place_kind")
    with pytest.raises(UnusableFilesError) as caught:
        load(written(tmp_path, text))
    assert [problem.partition(", ")[2] for problem in caught.value.problems] == [
        "line 3: single_source_limit: 'loud' is not one of low, medium, high, critical.",
        "line 20: unknown key 'place_kind': did you mean 'place_kinds'?",
    ]


def test_the_schema_has_the_levels_roles_and_modes_of_the_code() -> None:
    schema = json.loads((shipped.schemas() / "severity.v1.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert tuple(schema["$defs"]["level"]["enum"]) == SEVERITIES
    assert tuple(schema["properties"]["roles"]["properties"]) == get_args(Role)
    assert tuple(schema["properties"]["modes"]["properties"]) == EVENT_MODES


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rule = GOOD[GOOD.index("  - id") :]
    with pytest.raises(UnusableFilesError, match="'a' is given twice in rules"):
        load(written(tmp_path, GOOD + rule))


@pytest.mark.parametrize("text", ["", "- a\n", "rules: []\n"])
def test_a_file_without_rules_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableFilesError):
        load(written(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableFilesError, match="cannot be read"):
        load(tmp_path / "none.yaml")
