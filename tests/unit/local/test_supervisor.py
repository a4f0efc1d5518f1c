"""Processes are kept running: small ones here, so that the whole way is real."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.local import process
from services.local import supervisor as supervisor_module
from services.local.process import Child, Program, Server
from services.local.supervisor import Part, Supervisor
from services.runtime.process.clock import SystemClock

STEADY = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def a_server(tmp_path: Path, code: str, *, name: str = "service", problem: str | None = None) -> Server:
    return Server(
        program=Program(name, (sys.executable, "-c", code), dict(os.environ), tmp_path / "logs" / f"{name}.log"),
        address="http://127.0.0.1:1",
        probe=lambda: problem,
        alive=lambda: None,
    )


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.02)


class Story:
    """What a supervisor reported."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def __call__(self, part: Part, what: str) -> None:
        self.events.append((part.name, part.state, what))

    def states(self, name: str = "service") -> list[str]:
        return [state for event, state, _ in self.events if event == name]


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    story = Story()
    supervisor = Supervisor(SystemClock(), story)
    supervisor.start([a_server(tmp_path, STEADY)])
    assert await supervisor.until_ready(["service"], 30)
    first = supervisor.parts["service"].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervisor.parts["service"].restarts == 1 and supervisor.parts["service"].state == "ready")
    second = supervisor.parts["service"].child
    assert second is not None
    assert second.pid != first
    await supervisor.stop()
    assert second.ended() is not None
    assert story.states() == ["starting", "ready", "restarting", "starting", "ready", "stopped"]
    assert ("service", "restarting", "killed by SIGKILL, again in 0.2 s") in story.events


async def test_a_child_that_a_person_has_to_correct_is_shown_and_left(tmp_path: Path) -> None:
    story = Story()
    supervisor = Supervisor(SystemClock(), story)
    code = "import sys; print('wirewatch service: WIREWATCH_X is unknown.', file=sys.stderr); sys.exit(2)"
    supervisor.start([a_server(tmp_path, code, problem="not yet")])
    assert not await supervisor.until_ready(["service"], 30)
    assert story.events[-1] == ("service", "failed", "wirewatch service: WIREWATCH_X is unknown.")
    assert supervisor.parts["service"].restarts == 0
    await supervisor.stop()


@pytest.mark.parametrize(("healthy_seconds", "delays"), [(30.0, ["0.2", "0.4", "0.8"]), (0.0, ["0.2", "0.2", "0.2"])])
async def test_delays_double_while_a_process_ends_quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy_seconds: float, delays: list[str]
) -> None:
    monkeypatch.setattr(supervisor_module, "_HEALTHY_SECONDS", healthy_seconds)
    story = Story()
    supervisor = Supervisor(SystemClock(), story)
    supervisor.start([a_server(tmp_path, "raise SystemExit(70)")])
    await until(lambda: supervisor.parts["service"].restarts == 3)
    await supervisor.stop()
    said = [what for _, state, what in story.events if state == "restarting"]
    assert said == [f"exit code 70, again in {delay} s" for delay in delays]


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (70, "exit code 70"),
        (-9, "killed by SIGKILL"),
        (-250, "killed by signal 250"),
        (OSError("no room"), "it cannot be run (no room)"),
    ],
)
def test_an_end_in_words(ended: int | BaseException, words: str) -> None:
    assert supervisor_module.in_words(ended) == words


async def test_a_reporter_that_fails_keeps_nobody_from_being_started_again(tmp_path: Path) -> None:
    def full(_part: Part, _what: str) -> None:
        raise OSError(28, "No space left on device")

    supervisor = Supervisor(SystemClock(), full)
    supervisor.start([a_server(tmp_path, STEADY)])
    assert await supervisor.until_ready(["service"], 30)
    os.kill(supervisor.parts["service"].pid or 0, signal.SIGKILL)
    await until(lambda: supervisor.parts["service"].restarts == 1 and supervisor.parts["service"].state == "ready")
    await supervisor.stop()


async def test_a_process_that_cannot_be_started_now_is_started_later(tmp_path: Path) -> None:
    story = Story()
    in_the_way = tmp_path / "logs"
    in_the_way.write_text("a file where the folder of the logs belongs")
    supervisor = Supervisor(SystemClock(), story)
    supervisor.start([a_server(tmp_path, STEADY)])
    await until(lambda: supervisor.parts["service"].restarts == 2)
    assert "it cannot be run" in story.events[0][2]
    in_the_way.unlink()
    assert await supervisor.until_ready(["service"], 30)
    await supervisor.stop()


async def test_a_probe_that_raises_is_a_problem_and_not_the_end_of_the_watch(tmp_path: Path) -> None:
    answers: list[Exception | None] = [ValueError("half an answer"), None]

    def probe() -> str | None:
        if (answer := answers.pop(0)) is not None:
            raise answer
        return None

    supervisor = Supervisor(SystemClock(), Story())
    supervisor.start([dataclasses.replace(a_server(tmp_path, STEADY), probe=probe)])
    assert await supervisor.until_ready(["service"], 30)
    await supervisor.stop()


async def test_not_ready_is_said_in_words(tmp_path: Path) -> None:
    supervisor = Supervisor(SystemClock(), Story())
    supervisor.start([a_server(tmp_path, STEADY, problem="waiting for kafka")])
    await until(lambda: supervisor.parts["service"].detail == "waiting for kafka")
    assert not await supervisor.until_ready(["service"], 0.1)
    await supervisor.stop()


async def test_stages_end_in_reverse_and_the_stubborn_are_killed(tmp_path: Path) -> None:
    story = Story()
    supervisor = Supervisor(SystemClock(), story)
    supervisor.start([a_server(tmp_path, STEADY, name="broker")])
    stubborn = a_server(tmp_path, STUBBORN, name="service")
    supervisor.start([stubborn])
    await until(lambda: stubborn.program.log.exists() and stubborn.program.log.read_text() == "up\n")
    await supervisor.stop(grace_seconds=0.3)
    assert [name for name, state, _ in story.events if state == "stopped"] == ["service", "broker"]
    service = supervisor.parts["service"].child
    assert service is not None
    assert service.ended() == -signal.SIGKILL


def test_a_long_log_is_moved_aside(tmp_path: Path) -> None:
    server = a_server(tmp_path, "print('new')")
    server.program.log.parent.mkdir()
    server.program.log.write_bytes(b"x" * 5_000_001)
    Child(server.program).stop()
    assert (tmp_path / "logs" / "service.log.1").stat().st_size == 5_000_001


async def test_the_log_of_a_running_process_is_moved_aside_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_BYTES_KEPT", 10_000)
    monkeypatch.setattr(supervisor_module, "_LOG_EVERY_SECONDS", 0.05)
    writer = (
        "import time\nfor n in range(2000):\n print(f'line {n:05}', flush=True)\n time.sleep(0.001)\ntime.sleep(600)"
    )
    server = a_server(tmp_path, writer)
    log = server.program.log
    supervisor = Supervisor(SystemClock(), Story())
    supervisor.start([server])
    most = 0

    def written() -> bool:
        nonlocal most
        most = max(most, log.stat().st_size) if log.exists() else 0
        return log.exists() and "line 01999" in log.read_text()

    await until(written)
    await supervisor.stop()
    before = log.with_name("service.log.1")
    assert before.stat().st_size >= 10_000
    assert most < 16_000
    assert b"\0" not in log.read_bytes()  # no hole where the file was cut


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from services.local.process import Child, Program
log = Path({str(tmp_path)!r}) / "service.log"
child = Child(Program("service", (sys.executable, "-c", {STEADY!r}), dict(os.environ), log))
print(child.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
    while _runs(pid):
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
