"""``wirewatch up`` and ``status`` where they cannot work: one sentence, and the documented exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from services.local import ports
from services.local.home import Home


def wirewatch(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments, "--home", str(home)],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_broker_that_is_away_ends_it_with_one_sentence(tmp_path: Path) -> None:
    address = f"127.0.0.1:{ports.free()}"
    ended = wirewatch("up", home=tmp_path / "home", WIREWATCH_KAFKA=address)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: WIREWATCH_KAFKA is set, and Kafka gives no answer at {address}: ")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stderr + ended.stdout


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    ended = wirewatch("up", home=tmp_path / "home", WIREWATCH_LOCAL_HOEM="x")
    assert ended.returncode == 2
    assert "WIREWATCH_LOCAL_HOEM" in ended.stderr
    assert "WIREWATCH_LOCAL_HOME" in ended.stderr


def test_a_second_up_is_told_that_one_runs(tmp_path: Path) -> None:
    with Home(tmp_path / "home").locked():
        ended = wirewatch("up", home=tmp_path / "home")
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: Wirewatch already runs in {tmp_path / 'home'} (pid {os.getpid()}): ")


def test_a_timeout_needs_a_goal(tmp_path: Path) -> None:
    ended = wirewatch("up", "--timeout", "3", home=tmp_path / "home")
    assert ended.returncode == 2
    assert "--until-alerts" in ended.stderr


def test_the_status_of_nothing(tmp_path: Path) -> None:
    ended = wirewatch("status", home=tmp_path / "home")
    assert ended.returncode == 1
    assert "Nothing runs in" in ended.stdout
    as_json = wirewatch("status", "--json", home=tmp_path / "home")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout) == {"running": False, "home": str(tmp_path / "home")}
