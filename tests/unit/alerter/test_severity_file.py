"""The severity rules: the shipped file, and one sentence with a line for each way a file can be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from services.alerter.severity_file import load
from services.contracts.messages import SEVERITIES, Role
from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped
from tests.support.alerts import shipped_rules

GOOD = """\
base: {level: low, because: Mentioned.}
rules:
  - id: a
    level: medium
    because: Main subject.
    when: {role: primary}
"""


def written(path: Path, text: str) -> Path:
    file = path / "severity.yaml"
    file.write_text(text)
    return file


def test_the_shipped_rules_load_and_no_rule_passes_the_limit_alone() -> None:
    rules = shipped_rules()
    assert rules.single_source_limit == "high"
    assert not any(rule.alone for rule in rules.rules)


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    rules = load(written(tmp_path, GOOD))
    assert [rule.id for rule in rules.rules] == ["a"]


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("level: medium", "level: loud", 4, "one of low, medium, high, critical"),
        ("role: primary", "role: main", 6, "one of primary, mention"),
        ("role: primary", "roles: primary", 6, "unknown key 'roles'"),
        ("{role: primary}", "{min_score: 2}", 6, "a number from 0 to 1"),
        ("{role: primary}", "{min_sources: many}", 6, "a whole number from 1 to 1000"),
        ("{role: primary}", "{phrases: []}", 6, "at least one entry"),
        ("{role: primary}", "{velocity: {sources: 3}}", 6, "'minutes' must be given"),
        ("    because: Main subject.\n", "", 3, "'because' must be given"),
        ("    when:", "    alone: perhaps\n    when:", 6, "true or false"),
        ("  - id: a", "  - id: a\n    id: b", 4, "given twice"),
        ("base:", "bass:", 1, "unknown key 'bass'"),
        ("because: Mentioned.", "because: ''", 1, "some text"),
        ("rules:\n", "rules: [\n", 3, "not valid YAML"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    assert before in GOOD
    file = written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(UnusableFilesError, match=says) as caught:
        load(file)
    assert f"{file}, line {line}:" in str(caught.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = (
        GOOD.replace("low", "loud").replace("role: primary", "roles: primary").replace("level: medium", "levle: high")
    )
    with pytest.raises(UnusableFilesError) as caught:
        load(written(tmp_path, text))
    assert [problem.partition(", ")[2] for problem in caught.value.problems] == [
        "line 1: level: 'loud' is not one of low, medium, high, critical.",
        "line 4: unknown key 'levle': did you mean 'level'?",
        "line 6: unknown key 'roles': did you mean 'role'?",
    ]


def test_the_schema_has_the_levels_and_roles_of_the_code() -> None:
    schema = json.loads((shipped.schemas() / "severity.v1.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert tuple(schema["$defs"]["level"]["enum"]) == SEVERITIES
    assert tuple(schema["$defs"]["when"]["properties"]["role"]["enum"]) == get_args(Role)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rule = GOOD[GOOD.index("  - id") :]
    with pytest.raises(UnusableFilesError, match="'a' is given twice in rules"):
        load(written(tmp_path, GOOD + rule))


@pytest.mark.parametrize("text", ["", "- a\n", "rules: []\n", "base: {level: low, because: b}\nrules: []\n"])
def test_a_file_without_rules_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableFilesError):
        load(written(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableFilesError, match="cannot be read"):
        load(tmp_path / "none.yaml")
