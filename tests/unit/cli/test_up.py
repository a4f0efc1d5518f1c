"""``wirewatch up`` and ``status`` where they cannot work: one sentence, and the documented exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from services.cli.__main__ import main
from services.cli.up import status
from services.cli.up.reporters import JsonReporter
from services.cli.up.run import _Up
from services.local import ports
from services.local.home import Home
from services.local.process import Program, Server
from services.local.process_status import ServerStatus, ServiceStatus, Status
from services.local.supervisor import Part
from services.runtime.errors import UsageError


@dataclass
class Ended:
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def wirewatch(*arguments: str, home: Path, **environ: str) -> Ended:
    """Run the command line in this process."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["wirewatch", *arguments, "--home", str(home)])
        for name, value in environ.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as ending:
            main()
    assert isinstance(ending.value.code, int)
    return Ended(ending.value.code, out.getvalue(), err.getvalue())


def in_a_process(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *arguments],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_broker_that_is_away_ends_it_with_one_sentence(tmp_path: Path) -> None:
    address = f"127.0.0.1:{ports.free()}"
    ended = in_a_process("up", "--home", str(tmp_path / "home"), WIREWATCH_KAFKA=address)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: WIREWATCH_KAFKA is set, and Kafka gives no answer at {address}: ")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stderr + ended.stdout


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    ended = in_a_process("up", "--home", str(tmp_path / "home"), WIREWATCH_LOCAL_HOEM="x")
    assert ended.returncode == 2
    assert "WIREWATCH_LOCAL_HOEM" in ended.stderr
    assert "WIREWATCH_LOCAL_HOME" in ended.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WIREWATCH_POLLER_FETCHERS", "many", "error: WIREWATCH_POLLER_FETCHERS is 'many': it takes a whole number."),
        (
            "WIREWATCH_NOTIFIER_WACHES",
            "x",
            "error: Unknown setting WIREWATCH_NOTIFIER_WACHES for the notifier: did you",
        ),
        ("WIREWATCH_TAGGER_PACKS", "/nowhere", "error: /nowhere: no topic pack (*.yaml) is there"),
        ("WIREWATCH_ALERTER_SEVERITY_FILE", "/nowhere.yaml", "error: /nowhere.yaml"),
        ("WIREWATCH_NOTIFIER_WATCHES", "/nowhere.yaml", "error: /nowhere.yaml"),
        ("WIREWATCH_POLLER_FEEDS", "/nowhere.opml", "error: /nowhere.opml"),
        ("WIREWATCH_POLLER_ALLOW_PRIVATE", "not a host", "error: WIREWATCH_POLLER_ALLOW_PRIVATE: 'not a host'"),
        ("WIREWATCH_API_TOKEN_FILE", "/nowhere", "error: WIREWATCH_API_TOKEN_FILE is /nowhere"),
    ],
)
def test_a_mistake_is_said_before_anything_is_started(tmp_path: Path, variable: str, value: str, said: str) -> None:
    home = tmp_path / "home"
    ended = wirewatch("up", home=home, **{variable: value})
    assert ended.returncode == 2
    assert ended.stderr.startswith(said)
    assert ended.stdout == ""
    assert not home.exists()


def test_a_service_that_cannot_start_ends_it_even_without_a_goal(tmp_path: Path) -> None:
    program = Program(name="notifier", command=("true",), environment={}, log=tmp_path / "log")
    server = Server(program=program, address="", probe=lambda: None, alive=lambda: None)
    standing: Any = SimpleNamespace(parts=lambda: [Part(server, state="failed", detail="The watches are wrong.")])
    with pytest.raises(UsageError, match=r"^notifier cannot start: The watches are wrong\.$"):
        _Up(JsonReporter(), None, Home(tmp_path))._raise_if_hopeless(standing)


def test_an_archive_that_cannot_start_ends_nothing_since_nothing_waits_for_it(tmp_path: Path) -> None:
    program = Program(name="archive", command=("true",), environment={}, log=tmp_path / "log")
    server = Server(program=program, address="", probe=lambda: None, alive=lambda: None)
    standing: Any = SimpleNamespace(parts=lambda: [Part(server, state="failed", detail="archive.db is damaged.")])
    _Up(JsonReporter(), None, Home(tmp_path))._raise_if_hopeless(standing)
    assert standing.parts()[0].state == "failed"


def test_a_second_up_is_told_that_one_runs(tmp_path: Path) -> None:
    with Home(tmp_path / "home").locked():
        ended = in_a_process("up", "--home", str(tmp_path / "home"))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: Wirewatch already runs in {tmp_path / 'home'} (pid {os.getpid()}): ")


@pytest.mark.parametrize("command", ["up", "status"])
def test_an_empty_home_is_refused_in_a_sentence(command: str) -> None:
    result = in_a_process(command, "--home", "")
    assert result.returncode == 2
    assert "it is empty: name a directory" in result.stderr


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


def test_the_status_has_every_address_whole_on_a_narrow_screen() -> None:
    narrow = Console(width=80, force_terminal=False)
    server = ServerStatus(address="127.0.0.1:29999", pid=1234567, problem=None)
    services = tuple(
        ServiceStatus(
            name=name,
            pid=1234567,
            ops=f"http://127.0.0.1:2{number:04}",
            ready=True,
            waits_for=None,
            lag_seconds=0.1,
            articles={"published": 12_345, "known": 67_890},
            dead=0,
        )
        for number, name in enumerate(("poller", "api", "samples"))
    )
    found = Status(
        pid=1,
        api="http://127.0.0.1:8080",
        samples="http://127.0.0.1:8099",
        kafka=server,
        redis=server,
        services=services,
    )
    with narrow.capture() as captured:
        narrow.print(status.as_table(found))
    where = [line.split()[1] for line in captured.get().splitlines()[1:] if not line.startswith(" ")]
    assert where == ["127.0.0.1:29999", "127.0.0.1:29999", "127.0.0.1:20000", "127.0.0.1:8080", "127.0.0.1:8099"]
    assert "…" not in captured.get()
