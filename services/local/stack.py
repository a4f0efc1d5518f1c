"""The whole embedded stack: servers, topics, services, in the order in which each can begin."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from services.local import pipeline
from services.local.errors import StartError
from services.local.home import Home, Run
from services.local.jars import Progress
from services.local.supervisor import Part, Report, Supervisor
from services.runtime.kafka import topics
from services.runtime.process.clock import Clock

_SERVERS_WITHIN_SECONDS = 60.0
_WRITTEN_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs, and where."""

    supervisor: Supervisor
    servers: pipeline.Servers
    pipeline: pipeline.Pipeline
    ended_stale: list[str]

    def parts(self) -> list[Part]:
        """Every process, in the order they were started."""
        return list(self.supervisor.parts.values())

    async def until_ready(self, timeout_seconds: float) -> bool:
        """Wait for all services; whether they all are ready."""
        return await self.supervisor.until_ready(
            [service.program.name for service in self.pipeline.services], timeout_seconds
        )


@asynccontextmanager
async def running(
    home: Home, environ: Mapping[str, str], clock: Clock, *, with_samples: bool, progress: Progress, report: Report
) -> AsyncIterator[Stack]:
    """The stack with its servers up, its topics made and its services started (not yet ready); stopped at the end.

    Raises :class:`UsageError` where something cannot be had; then nothing is left running.
    """
    with home.locked():
        stale = await asyncio.to_thread(home.end_stale)
        at = await asyncio.to_thread(pipeline.servers, home, environ, progress)
        plan = pipeline.plan(home, environ, at, with_samples=with_samples)
        noted = _RunFile(home, at, plan, report)
        supervisor = noted.supervisor = Supervisor(clock, noted.changed)
        writing = asyncio.create_task(noted.keep_written(clock), name="keep run.json")
        try:
            progress("starting", 0, 0)
            supervisor.start(at.embedded)
            await _servers_ready(supervisor, at)
            async with topics.admin(at.kafka, timeout_seconds=20) as admin:
                await topics.create(admin, list(topics.read().values()))
            supervisor.start(plan.services)
            yield Stack(supervisor, at, plan, stale)
        finally:
            writing.cancel()
            await supervisor.stop()
            home.clear()


async def _servers_ready(supervisor: Supervisor, at: pipeline.Servers) -> None:
    names = [server.program.name for server in at.embedded]
    if await supervisor.until_ready(names, _SERVERS_WITHIN_SECONDS):
        return
    part = next(supervisor.parts[name] for name in names if supervisor.parts[name].state != "ready")
    raise StartError(part.name, part.detail or "no answer", part.server.program.log)


@dataclass(slots=True)
class _RunFile:
    """Keeps ``run.json`` and the list of children as they are, and reports what changes.

    A file that cannot be written (the disk is full) is written as soon as it can be.
    """

    home: Home
    at: pipeline.Servers
    plan: pipeline.Pipeline
    report: Report
    _outdated: bool = False
    supervisor: Supervisor | None = None

    def changed(self, part: Part, what: str) -> None:
        """A process was started, became ready, or ended."""
        if part.state == "starting":
            self._outdated = True
            self._write()
        self.report(part, what)

    async def keep_written(self, clock: Clock) -> None:
        """Try again for ever what could not be written."""
        while True:
            await clock.sleep(_WRITTEN_AGAIN_SECONDS)
            self._write()

    def _write(self) -> None:
        if self._outdated and self.supervisor is not None:
            with suppress(OSError):
                self._write_all(self.supervisor)
                self._outdated = False

    def _write_all(self, supervisor: Supervisor) -> None:
        pids = {name: part.pid for name, part in supervisor.parts.items()}
        alive = {name: pid for name, pid in pids.items() if pid is not None}
        commands = {name: part.server.program.command for name, part in supervisor.parts.items()}
        self.home.write_children({name: (pid, commands[name]) for name, pid in alive.items()})
        self.home.write_run(
            Run(
                kafka=self.at.kafka.servers,
                redis=self.at.redis.address,
                api=self.plan.api,
                samples=self.plan.samples,
                ops={service.program.name: service.address for service in self.plan.services},
                pid=os.getpid(),
                pids=alive,
            )
        )
