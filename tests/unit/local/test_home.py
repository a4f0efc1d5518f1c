"""The directory: one supervisor at a time, and nothing left over from one that was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from services.api.core.tokens import User
from services.api.edges import token_file
from services.local import home as home_module
from services.local.home import Home, Run
from services.local.token import own_token
from services.runtime.errors import UsageError

COMMAND = [sys.executable, "-c", "import time; time.sleep(600)"]
RUN = Run(kafka="127.0.0.1:1", redis="redis://127.0.0.1:2/0", api="http://127.0.0.1:3", ops={}, pid=4)


def test_a_second_supervisor_is_told_who_runs(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with home.locked():
        assert home.is_running()
        with pytest.raises(UsageError, match=r"already runs in .* \(pid \d+\): see `wirewatch status`"):
            Home(tmp_path / "home").locked().__enter__()
    assert not home.is_running()
    with home.locked():
        pass


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/home cannot be used: .* --home"):
        Home(tmp_path / "file" / "home").locked().__enter__()


def test_the_run_is_read_as_written_and_cleared(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_run() is None
    home.write_run(RUN)
    assert home.read_run() == RUN
    home.clear()
    assert home.read_run() is None


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path) -> None:
    home = Home(tmp_path)
    left = subprocess.Popen(COMMAND)
    while not home_module._command_of(left.pid):  # a process that has only just begun has none yet
        assert left.poll() is None
    home.write_children({"deduper": (left.pid, COMMAND)})
    # A zombie has no command line: the parent has to take its exit code, as init does for real orphans.
    assert home.end_stale() == ["deduper"]
    assert left.wait() != 0
    assert home.end_stale() == []


def test_a_pid_that_was_given_out_again_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    other = subprocess.Popen(COMMAND)
    try:
        home.write_children({"deduper": (other.pid, [*COMMAND, "another"])})
        assert home.end_stale() == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_token_of_a_home_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    token = own_token(file)
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text() + "ann: another-token-of-an-analyst\n")
    assert own_token(file) == token
    tokens = token_file.load(file)
    assert tokens.user_of(token) == User("local", "editor")
    assert tokens.user_of("another-token-of-an-analyst") == User("ann", "analyst")


def test_a_token_file_of_others_is_kept_and_added_to(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("ann: another-token-of-an-analyst")
    file.chmod(0o644)
    token = own_token(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == f"ann: another-token-of-an-analyst\nlocal editor: {token}\n"
