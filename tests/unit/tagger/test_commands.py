"""``wirewatch tag`` and ``wirewatch packs``, as a person and a pipe use them."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from services.cli import packs, tag
from services.runtime.errors import UsageError
from tests.support.packs import SMALL_PACK

RUNNER = CliRunner()
PACT = {"id": "a", "title": "Russia and North Korea sign mutual defence treaty", "text": ""}


def app() -> typer.Typer:
    made = typer.Typer()
    tag.register(made)
    packs.register(made)
    return made


def test_tag_gives_one_line_for_each_article_in_order() -> None:
    lines = [PACT, {"id": "b", "title": "Rain", "text": "It rained."}]
    result = RUNNER.invoke(app(), ["tag"], input="\n".join(map(json.dumps, lines)))
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert second == {"id": "b", "tags": []}
    (found,) = first["tags"]
    assert found["topic"] == "alliances"
    assert set(found) >= {"topic", "score", "role", "actors", "places", "evidence"}
    (evidence,) = found["evidence"]
    assert PACT["title"][evidence["start"] : evidence["end"]] == evidence["quote"]


def test_a_bad_line_is_named_and_the_rest_goes_on() -> None:
    result = RUNNER.invoke(app(), ["tag"], input="nonsense\n" + json.dumps(PACT))
    assert result.exit_code == 1
    assert "line 1" in result.stderr
    assert len(result.stdout.splitlines()) == 1


def test_tag_with_packs_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    article = json.dumps({"id": "s", "title": "", "text": "A storm struck Japan."})
    result = RUNNER.invoke(app(), ["tag", "--packs", str(tmp_path)], input=article)
    assert [t["topic"] for t in json.loads(result.stdout)["tags"]] == ["storms"]


def test_a_missing_folder_is_said() -> None:
    result = RUNNER.invoke(app(), ["tag", "--packs", "/nowhere/at/all"], input="")
    assert isinstance(result.exception, UsageError)


def test_check_says_what_is_well(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK)
    result = RUNNER.invoke(app(), ["packs", "check", str(tmp_path)])
    assert result.exit_code == 0
    assert "storms@2.1-" in result.stdout


def test_check_names_a_failed_example(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace("Two storms battered Japan", "Two storms passed"))
    result = RUNNER.invoke(app(), ["packs", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert "should match" in result.stderr
    machine = RUNNER.invoke(app(), ["packs", "check", str(tmp_path), "--json"])
    (failure,) = json.loads(machine.stdout)["failures"]
    assert failure["line"] == SMALL_PACK[: SMALL_PACK.index("should_match")].count("\n") + 1


def test_check_names_every_problem_of_a_broken_pack(tmp_path: Path) -> None:
    (tmp_path / "storms.yaml").write_text(SMALL_PACK.replace("trigger: storm", "trigger: x"))
    result = RUNNER.invoke(app(), ["packs", "check", str(tmp_path)])
    assert result.exit_code == 2
    assert "storms.yaml, line" in result.stderr
    machine = RUNNER.invoke(app(), ["packs", "check", str(tmp_path), "--json"])
    assert json.loads(machine.stdout)["ok"] is False
