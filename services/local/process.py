"""One process: how it is started, where its output goes, how it ends."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

Probe = Callable[[], str | None]
"""Says in words why a server cannot be used yet, or None. Blocks for a few seconds at most."""

LOG_BYTES_KEPT = 5_000_000  # of a log, and as much again of the part before it, in <name>.log.1
_PARENT_DEATH = Path(__file__).with_name("parent_death.py")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. ``environment`` is complete: nothing is inherited. It runs in ``folder``; null: where we do."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """A program that listens, the address its clients use, and how to ask it.

    ``probe`` asks whether it can do its work now; ``alive`` whether it still answers at all, which is the same thing
    for a server and less for a service, which may rightly wait for a server for hours.
    """

    program: Program
    address: str
    probe: Probe = field(compare=False)
    alive: Probe = field(compare=False)


class Child:
    """A running program in a process group of its own, so that Ctrl-C reaches us alone; on Linux it dies with us."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        rotate(program.log)
        with program.log.open("ab") as log:
            self._process = subprocess.Popen(
                _dying_with_us(program.command),
                env=dict(program.environment),
                cwd=program.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> int | None:
        """The exit code (negative: killed by that signal), or None while it runs."""
        return self._process.poll()

    def signal(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        if self.ended() is None:
            self._process.send_signal(signum)

    def stop(self, grace_seconds: float = 30.0) -> int:
        """SIGTERM, then SIGKILL after ``grace_seconds``; returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            return self._process.wait()


def configured(name: str, **values: object) -> str:
    """The configuration file ``name`` of this folder, each ``$name`` in it replaced by its value."""
    return Template(Path(__file__).with_name(name).read_text(encoding="utf-8")).substitute(values)


def rotate(log: Path) -> None:
    """Move what a long log holds to ``<name>.log.1``, while its process goes on writing.

    The process keeps its open file, which is in append mode: after the cut it writes at the new end. A line written
    between the copy and the cut is lost. Raises OSError where there is no room for the copy; then nothing is cut.
    """
    if not log.exists() or log.stat().st_size <= LOG_BYTES_KEPT:
        return
    before = log.with_name(log.name + ".1")
    before.unlink(missing_ok=True)  # first: the disk may be nearly full
    try:
        shutil.copyfile(log, before)
    except OSError:
        before.unlink(missing_ok=True)
        raise
    os.truncate(log, 0)


def _dying_with_us(command: Sequence[str]) -> list[str]:
    """The command, on Linux by way of :mod:`services.local.parent_death`."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", str(_PARENT_DEATH), str(os.getpid()), *command]
