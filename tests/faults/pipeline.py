"""The processes of a run, and how to harm them: kill, hold down, freeze, slow, arm, surround with another clock.

Everything runs under the supervisor of ``wirewatch up``, in this process, so what starts a killed service again here is
what starts it again for a user.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.local import ports, probes, process_status, stack
from services.local.home import Home
from services.local.process import Server
from services.local.supervisor import Part
from services.runtime.process.clock import SystemClock
from services.runtime.services import names

STREAM_SERVICES = ("deduper", "tagger", "alerter")
SERVICES = names()
SESSION_SECONDS = 8.0  # the services' session timeout, see services/runtime/kafka/stream.py
TMPFS_BYTES = 1 << 30
START_SECONDS = 300.0  # a machine that does much else: only a line that is broken takes longer
_TICK = 0.1


class BrokenPipelineError(Exception):
    """The line did not come back: the limit is for one that is broken, not for a slow machine."""


@dataclass
class Pipeline:
    """A line in ``home``. ``environ`` is what its processes are given besides the addresses."""

    home: Path
    environ: Mapping[str, str]
    tmpfs: bool = False
    events: list[str] = field(default_factory=list)
    _open: AsyncExitStack | None = None
    _stack: stack.Stack | None = None
    _held: dict[str, Server] = field(default_factory=dict)

    async def start(self) -> None:
        """Start everything and wait until all services are ready."""
        self._held.clear()
        for part in ("broker", "store"):
            data = self.home / part / "data"
            data.mkdir(parents=True, exist_ok=True)
            if self.tmpfs and not data.is_mount():
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "none", str(data)], check=True)
        vars(stack)["_SERVERS_WITHIN_SECONDS"] = START_SECONDS
        self._open = AsyncExitStack()
        running = stack.running(
            Home(self.home), self.environ, SystemClock(), with_samples=False, progress=_nothing, report=self._happened
        )
        self._stack = await self._open.enter_async_context(running)
        if not await self._stack.until_ready(START_SECONDS):
            raise BrokenPipelineError(f"the line does not start: {self.problems()}")

    async def stop(self) -> None:
        """End everything in good order; the data stay."""
        if self._open is not None:
            await self._open.aclose()
        self._open = self._stack = None

    def unmount(self) -> None:
        """Give the memory of the data back."""
        for part in ("broker", "store"):
            data = self.home / part / "data"
            if data.is_mount():
                subprocess.run(["umount", "-l", str(data)], check=False)

    @property
    def stack(self) -> stack.Stack:
        """What runs."""
        assert self._stack is not None, "the line does not run"
        return self._stack

    @property
    def kafka(self) -> str:
        """host:port."""
        return self.stack.servers.kafka.servers

    @property
    def redis(self) -> str:
        """redis:// address."""
        return self.stack.servers.redis.address

    def part(self, name: str) -> Part:
        """A process by name."""
        return self.stack.supervisor.parts[name]

    def ops(self, service: str) -> str:
        """The operations endpoint of a service."""
        return self.part(service).server.address

    def metrics(self, service: str) -> process_status.Metrics:
        """What a service counts now."""
        return process_status.metrics(self.ops(service))

    def kill(self, *names: str, signum: int = signal.SIGKILL) -> dict[str, int]:
        """Signal processes, all at once; their pids, for :meth:`replaced`."""
        old = {name: pid for name in names if (pid := self.part(name).pid) is not None}
        for pid in old.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        return old

    def replaced(self, old: Mapping[str, int]) -> bool:
        """Whether other processes have taken the places of ``old`` and everything answers."""
        return all(self.part(name).pid not in (None, pid) for name, pid in old.items()) and self.standing()

    def standing(self) -> bool:
        """Whether broker and store take connections and every service that is not held down is ready."""
        return not self.problems()

    def problems(self) -> list[str]:
        """What does not answer, in words."""
        store = urlsplit(self.redis)
        found = []
        for name, host, port in (
            ("broker", *self.kafka.rsplit(":", 1)),
            ("store", store.hostname or "", str(store.port)),
        ):
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except OSError as error:
                found.append(f"{name}: {error}")
        for name, part in self.stack.supervisor.parts.items():
            if name in self._held or name in ("broker", "store"):
                continue
            problem = part.server.probe()
            if problem is not None:
                found.append(f"{name}: {problem}")
        return found

    async def until_replaced(self, old: Mapping[str, int], seconds: float = START_SECONDS) -> None:
        """Wait for :meth:`replaced`."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not self.replaced(old):
            if asyncio.get_running_loop().time() > deadline:
                raise BrokenPipelineError(f"{sorted(old)} did not come back in {seconds:.0f} s: {self.problems()}")
            await asyncio.sleep(_TICK)

    def environment(self, name: str, **changes: str) -> None:
        """Have the next start of a service see ``changes`` of its environment; "" takes a variable away."""
        part = self.part(name)
        environment = {**part.server.program.environment, **changes}
        kept = {key: value for key, value in environment.items() if value or key not in changes}
        part.server = dataclasses.replace(
            part.server, program=dataclasses.replace(part.server.program, environment=kept)
        )

    def command(self, name: str, *prefix: str) -> None:
        """Have the next start of a service run behind ``prefix``."""
        part = self.part(name)
        program = part.server.program
        part.server = dataclasses.replace(
            part.server, program=dataclasses.replace(program, command=(*prefix, *program.command))
        )

    def hold(self, name: str, signum: int = signal.SIGKILL) -> None:
        """End a process and keep it from being started again until :meth:`release`."""
        part = self.part(name)
        self._held[name] = part.server
        sleeper = dataclasses.replace(part.server.program, command=("/bin/sleep", "86400"))
        part.server = dataclasses.replace(part.server, program=sleeper)
        self.kill(name, signum=signum)

    def release(self, name: str) -> None:
        """Let a held process be started."""
        self.part(name).server = self._held.pop(name)
        self.kill(name)

    async def add(self, service: str, number: int) -> str:
        """One more worker of a service, held down at first; its name."""
        name = f"{service}-{number}"
        if name not in self.stack.supervisor.parts:
            first = self.part(service).server
            port = str(ports.free())
            environment = {**first.program.environment, "WIREWATCH_OPS_PORT": port}
            program = dataclasses.replace(
                first.program, name=name, environment=environment, log=first.program.log.with_name(f"{name}.log")
            )
            address = f"http://127.0.0.1:{port}"
            probe = probes.http(f"{address}/readyz")
            alive = probes.http(f"{address}/healthz")
            self._held[name] = Server(program, address, probe, alive)
            sleeper = dataclasses.replace(program, command=("/bin/sleep", "86400"))
            self.stack.supervisor.start([Server(sleeper, address, probe, alive)])
        return name

    def resident_mb(self) -> dict[str, float]:
        """Resident memory of each running service, in MiB, its own children included."""
        found = {}
        for name, part in self.stack.supervisor.parts.items():
            if part.pid is not None and name not in self._held:
                found[name] = round(sum(_resident(pid) for pid in (part.pid, *_children(part.pid))) / 2**20, 1)
        return found

    def descriptors(self) -> dict[str, int]:
        """Open descriptors of each service."""
        return {
            name: len(list(Path(f"/proc/{part.pid}/fd").iterdir()))
            for name, part in self.stack.supervisor.parts.items()
            if part.pid is not None and name in SERVICES
        }

    async def wirewatch(self, *arguments: str) -> tuple[int, str]:
        """Run the command; exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", *arguments, env=dict(self.environ),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    def _happened(self, part: Part, what: str) -> None:
        self.events.append(f"{part.name} {part.state}: {what}")


def _nothing(_what: str, _done: int, _total: int) -> None:
    return


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
