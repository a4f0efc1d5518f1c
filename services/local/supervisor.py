"""Keeps a set of processes running: readiness, restart with back-off, restart on a stall, and an orderly end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.local.process import Child, Probe, Server, rotate
from services.runtime.errors import EXIT_USAGE
from services.runtime.process import tasks
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Backoff

State = Literal["starting", "ready", "restarting", "failed", "stopped"]
Report = Callable[["Part", str], None]
"""Called with a part whose state changed, and what happened in words. What it raises is dropped."""

_RESTART_SECONDS = (0.2, 10.0)  # after the first quick end, and at most
_HEALTHY_SECONDS = 30.0  # one that lived this long starts with a clean record
_TICK_SECONDS = 0.05
_READY_EVERY_SECONDS = 0.15
_ALIVE_EVERY_SECONDS = 5.0
_LOG_EVERY_SECONDS = 5.0
_STALLS_ALLOWED = 6  # with the interval above: a process that is silent for half a minute is started anew
GRACE_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class Part:
    """One supervised process and how it stands."""

    server: Server
    state: State = "starting"
    detail: str = ""
    restarts: int = 0
    child: Child | None = None

    @property
    def name(self) -> str:
        return self.server.program.name

    @property
    def pid(self) -> int | None:
        return self.child.pid if self.child is not None and self.child.ended() is None else None


@dataclass(slots=True)
class Supervisor:
    """Starts what it is given, in the order given, and stops it in the reverse order of stages."""

    clock: Clock
    report: Report
    _keepers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    _stages: list[list[Part]] = field(default_factory=list)

    def start(self, servers: Iterable[Server]) -> None:
        """Start ``servers`` as one stage: they stop together, before the stages that were started earlier."""
        stage = [Part(server) for server in servers]
        self._stages.append(stage)
        for part in stage:
            self.parts[part.name] = part
            self._keepers[part.name] = asyncio.create_task(self._keep(part), name=f"keep {part.name}")

    async def until_ready(self, names: Sequence[str], timeout_seconds: float) -> bool:
        """Wait until all ``names`` are ready or one has failed for good; whether all are ready."""
        deadline = self.clock.monotonic() + timeout_seconds
        while self.clock.monotonic() < deadline:
            states = {self.parts[name].state for name in names}
            if states <= {"ready"}:
                return True
            if "failed" in states:
                return False
            await self.clock.sleep(_TICK_SECONDS)
        return False

    async def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """End everything: the last stage first, SIGTERM, and SIGKILL after ``grace_seconds``."""
        await tasks.end(self._keepers.values())
        for stage in reversed(self._stages):
            await self._stop_stage(stage, grace_seconds)

    async def _stop_stage(self, stage: Sequence[Part], grace_seconds: float) -> None:
        children = [part.child for part in stage if part.child is not None]
        for signum, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 10.0)):
            for child in children:
                child.signal(signum)
            deadline = self.clock.monotonic() + seconds
            while any(child.ended() is None for child in children) and self.clock.monotonic() < deadline:
                await self.clock.sleep(_TICK_SECONDS)
        for part in stage:
            self._set(part, "stopped", "")

    async def _keep(self, part: Part) -> None:
        """Run the part again and again. Only its exit code 2 and the end of the supervisor end this."""
        backoff = Backoff(*_RESTART_SECONDS)
        while True:
            started = self.clock.monotonic()
            # Gathered, so that an error is a value: a full disk or too many processes must not end the keeping itself.
            (ended,) = await asyncio.gather(self._run_once(part), return_exceptions=True)
            if ended == EXIT_USAGE:  # trying again would only fill the log
                self._set(part, "failed", last_line(part.server) or in_words(ended))
                return
            if self.clock.monotonic() - started >= _HEALTHY_SECONDS:
                backoff = Backoff(*_RESTART_SECONDS)
            delay = backoff.next()
            part.restarts += 1
            self._set(part, "restarting", f"{in_words(ended)}, again in {delay:.1f} s")
            await self.clock.sleep(delay)

    async def _run_once(self, part: Part) -> int:
        part.child = child = Child(part.server.program)
        self._set(part, "starting", f"pid {child.pid}")
        beside = [asyncio.create_task(work) for work in (self._watch(part, child), self._bound_log(part))]
        try:
            while (code := child.ended()) is None:
                await self.clock.sleep(_TICK_SECONDS)
            return code
        finally:
            await tasks.end(beside)

    async def _bound_log(self, part: Part) -> None:
        while True:
            await self.clock.sleep(_LOG_EVERY_SECONDS)
            with contextlib.suppress(OSError):  # no room for the part before: tried again
                await asyncio.to_thread(rotate, part.server.program.log)

    async def _watch(self, part: Part, child: Child) -> None:
        """Say when the part becomes ready; end it when it has been silent for too long after that."""
        while (problem := await _asked(part.server.probe)) is not None:
            part.detail = problem
            await self.clock.sleep(_READY_EVERY_SECONDS)
        self._set(part, "ready", "")
        stalls = 0
        while True:
            await self.clock.sleep(_ALIVE_EVERY_SECONDS)
            problem = await _asked(part.server.alive)
            stalls = stalls + 1 if problem is not None else 0
            part.detail = problem or ""
            if stalls >= _STALLS_ALLOWED:
                self._tell(part, f"silent for {stalls * _ALIVE_EVERY_SECONDS:.0f} s: {problem}")
                child.signal(signal.SIGKILL)
                return

    def _set(self, part: Part, state: State, detail: str) -> None:
        part.state, part.detail = state, detail
        self._tell(part, detail)

    def _tell(self, part: Part, what: str) -> None:
        """Report what happened. A closed terminal or a full disk keeps no process from running."""
        with contextlib.suppress(Exception):
            self.report(part, what)


async def _asked(probe: Probe) -> str | None:
    """The problem that a probe finds; an error of the probe itself is one."""
    (found,) = await asyncio.gather(asyncio.to_thread(probe), return_exceptions=True)
    return repr(found) if isinstance(found, BaseException) else found


def in_words(ended: int | BaseException) -> str:
    """How a process ended: ``exit code 70``, ``killed by SIGKILL``; an error says why it could not be run."""
    if isinstance(ended, BaseException):
        return f"it cannot be run ({ended})"
    if ended >= 0:
        return f"exit code {ended}"
    try:
        return f"killed by {signal.Signals(-ended).name}"
    except ValueError:
        return f"killed by signal {-ended}"


def last_line(server: Server) -> str:
    """The last thing a program wrote to its log."""
    try:
        with server.program.log.open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - 4096))
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""
