"""The one directory of an embedded stack: data, logs, the lock that keeps a second supervisor out, and ``run.json``."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from services.runtime.errors import UsageError


class Run(Struct, frozen=True, kw_only=True):
    """``run.json``: what runs, for other commands. ``pids`` has broker and store too when they are embedded."""

    kafka: str
    redis: str
    api: str
    ops: dict[str, str]
    pid: int
    pids: dict[str, int] = {}
    samples: str | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below ``path``, which need not exist."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run_file(self) -> Path:
        return self.path / "run.json"

    @property
    def _children_file(self) -> Path:
        return self.path / "children.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory. Raises :class:`UsageError` where another process holds it."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            file = (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{self.path} cannot be used: {error.strerror}. Give another with --home.") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                raise UsageError(
                    f"Wirewatch already runs in {self.path} (pid {file.read().strip() or 'unknown'}): "
                    "see `wirewatch status`, or give another directory with --home."
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def is_running(self) -> bool:
        """Whether a supervisor holds the directory."""
        try:
            with (self.path / "lock").open("a+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def write_run(self, run: Run) -> None:
        """Write ``run.json`` in one step, so that a reader never sees half of it."""
        _replace(self.run_file, msgspec.json.encode(run))

    def read_run(self) -> Run | None:
        """What ``run.json`` says, or None where there is none that can be read."""
        try:
            return msgspec.json.decode(self.run_file.read_bytes(), type=Run)
        except (OSError, msgspec.DecodeError):
            return None

    def write_children(self, children: Mapping[str, tuple[int, Sequence[str]]]) -> None:
        """Note pid and command of the running processes, for :meth:`end_stale`."""
        noted = {name: {"pid": pid, "command": " ".join(command)} for name, (pid, command) in children.items()}
        _replace(self._children_file, json.dumps(noted).encode())

    def end_stale(self) -> list[str]:
        """End what a supervisor that was killed left running; returns the names.

        A pid is only signalled while its command line is the noted one: pids are given out again.
        """
        try:
            noted = json.loads(self._children_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        stale = {
            name: int(entry["pid"])
            for name, entry in noted.items()
            if _command_of(int(entry["pid"])) == entry["command"]
        }
        for signum, seconds in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            _signal(stale, signum)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and any(_command_of(pid) for pid in stale.values()):
                time.sleep(0.1)
        self._children_file.unlink(missing_ok=True)
        return sorted(stale)

    def clear(self) -> None:
        """Forget what runs: everything has ended."""
        self.run_file.unlink(missing_ok=True)
        self._children_file.unlink(missing_ok=True)


def home_in(environ: Mapping[str, str]) -> Home:
    """The directory that the environment names, else ``.wirewatch`` here."""
    return Home(Path(environ.get("WIREWATCH_LOCAL_HOME") or ".wirewatch"))


def _signal(pids: Mapping[str, int], signum: int) -> None:
    for pid in pids.values():
        if _command_of(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)


def _command_of(pid: int) -> str:
    """The command line of a running process, "" where there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    # Not Linux. S607: ps stands in different places on different systems.
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)  # noqa: S607
    return shown.stdout.strip()


def _replace(path: Path, content: bytes) -> None:
    written = path.with_name(path.name + ".new")
    written.write_bytes(content + b"\n")
    written.replace(path)
