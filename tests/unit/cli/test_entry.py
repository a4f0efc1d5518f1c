"""What every command does before and after its work: unknown variables."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from services.cli.environment import refuse_unknown
from services.local import preflight
from services.runtime.settings import ROOMS, SettingError

COMMAND = [sys.executable, "-m", "services.cli"]


def test_a_variable_that_nobody_reads_is_named_with_what_was_meant() -> None:
    with pytest.raises(SettingError, match=r"^Unknown setting WIREWATCH_KAFFKA for `wirewatch`: did you mean "):
        refuse_unknown({"WIREWATCH_KAFFKA": "x"})
    with pytest.raises(SettingError, match=r"did you mean WIREWATCH_TAGGER_PACKS\?$"):
        refuse_unknown({"WIREWATCH_TAGER_PACKS": "x"})


def test_what_somebody_reads_is_let_through() -> None:
    refuse_unknown(dict.fromkeys(preflight.variables(), "x") | {"PATH": "/bin"})
    assert preflight.SETTINGS.keys() == set(ROOMS)


def test_every_command_refuses_it_and_help_still_helps() -> None:
    environ = os.environ | {"WIREWATCH_KAFFKA": "x"}
    ended = subprocess.run([*COMMAND, "tag"], env=environ, input="", capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: Unknown setting WIREWATCH_KAFFKA for `wirewatch`")
    assert subprocess.run([*COMMAND, "--help"], env=environ, capture_output=True, check=False).returncode == 0
