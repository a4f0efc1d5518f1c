"""What every command does before and after its work: unknown variables, and a reader that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.environment import refuse_unknown
from services.local import preflight
from services.runtime.process.settings import SERVICES, SettingError

COMMAND = [sys.executable, "-m", "services.cli"]


def test_a_variable_that_nobody_reads_is_named_with_what_was_meant() -> None:
    with pytest.raises(SettingError, match=r"^Unknown setting WIREWATCH_KAFFKA for `wirewatch`: did you mean "):
        refuse_unknown({"WIREWATCH_KAFFKA": "x"})
    with pytest.raises(SettingError, match=r"did you mean WIREWATCH_TAGGER_PACKS\?$"):
        refuse_unknown({"WIREWATCH_TAGER_PACKS": "x"})


def test_what_somebody_reads_is_let_through() -> None:
    refuse_unknown(dict.fromkeys(preflight.variables(), "x") | {"PATH": "/bin"})
    assert preflight.SETTINGS.keys() == set(SERVICES)


def test_every_command_refuses_it_and_help_still_helps() -> None:
    environ = os.environ | {"WIREWATCH_KAFFKA": "x"}
    ended = subprocess.run([*COMMAND, "tag"], env=environ, input="", capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: Unknown setting WIREWATCH_KAFFKA for `wirewatch`")
    assert subprocess.run([*COMMAND, "--help"], env=environ, capture_output=True, check=False).returncode == 0


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
