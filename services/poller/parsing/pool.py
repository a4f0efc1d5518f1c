"""A small pool of worker processes (``worker.py``): each document gets one, alone, for a limited time.

A worker that is killed (by its memory limit, its CPU limit or our clock) fails its document and is replaced; nothing
else waits longer than that. Workers start when they are first needed and are replaced after a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass, field

import msgspec

from services.poller.core.model import ExtractedPage, ParsedFeed
from services.poller.errors import WorkerError
from services.poller.parsing.worker import HEADER, Done, Job

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 5
WALL_SECONDS = 20.0  # the CPU limit is what bites; this is for a worker that sleeps or a machine that crawls
START_SECONDS = 60.0
JOBS_PER_WORKER = 2000
RECYCLE_BYTES = 320 * 1024 * 1024
_REASONS = {-9: "killed", -24: "too much CPU time", -11: "crashed", 1: "too much memory"}  # by exit code

_decoder = msgspec.msgpack.Decoder(Done)
_encoder = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class WorkerPool:
    """``size`` documents are handled at once; more wait. Call :meth:`aclose` at the end."""

    size: int = 2
    cpu_seconds: int = CPU_SECONDS
    wall_seconds: float = WALL_SECONDS
    _idle: list[_Worker] = field(default_factory=list)
    _slots: asyncio.Semaphore = field(init=False)
    killed: int = 0

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.size)

    async def feed(self, body: bytes, *, url: str, content_type: str | None, part: int = 0) -> ParsedFeed:
        """The feed in ``body``, or a part of a very long one. Raises :class:`WorkerError`."""
        return _feed(await self._do(Job(kind="feed", body=body, url=url, content_type=content_type, part=part)))

    async def listing(self, body: bytes, *, url: str, items: str | None) -> ParsedFeed:
        """The releases that a page lists. Raises :class:`WorkerError`."""
        return _feed(await self._do(Job(kind="listing", body=body, url=url, items=items)))

    async def page(self, body: bytes, *, url: str, content_type: str | None) -> ExtractedPage:
        """The story in ``body``. Raises :class:`WorkerError`."""
        done = await self._do(Job(kind="page", body=body, url=url, content_type=content_type))
        return done.page or ExtractedPage()

    async def aclose(self) -> None:
        for worker in self._idle:
            await worker.end()
        self._idle.clear()

    async def _do(self, job: Job) -> Done:
        async with self._slots:
            worker = self._idle.pop() if self._idle else await _Worker.start(self.cpu_seconds)
            finished = False
            try:
                done = await asyncio.wait_for(worker.do(job), self.wall_seconds)
                finished = True
            except TimeoutError:
                raise WorkerError("WorkerTimeoutError", f"not done after {self.wall_seconds:.0f} s") from None
            except (EOFError, OSError, msgspec.DecodeError):
                code = await worker.end()
                reason = _REASONS.get(code, f"exit code {code}")
                raise WorkerError("WorkerKilledError", f"the worker died of it ({reason})") from None
            finally:
                if not finished:
                    self.killed += 1
                    await worker.end()
                elif worker.jobs >= JOBS_PER_WORKER or worker.peak_bytes > RECYCLE_BYTES:
                    await worker.end()
                else:
                    self._idle.append(worker)
        if done.error is not None:
            raise WorkerError(done.error, done.detail)
        return done


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    jobs: int = 0
    peak_bytes: int = 0

    @classmethod
    async def start(cls, cpu_seconds: int) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.poller.parsing.worker",
            str(MEMORY_BYTES),
            str(cpu_seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        worker = cls(process)
        try:
            await asyncio.wait_for(worker._answer(), START_SECONDS)
        except (TimeoutError, EOFError) as error:
            code = await worker.end()
            raise RuntimeError(f"a parsing process does not start (exit code {code})") from error
        return worker

    async def do(self, job: Job) -> Done:
        stdin = self.process.stdin
        if stdin is None:  # pragma: no cover - it is a pipe; this tells the type checker
            raise EOFError
        self.jobs += 1
        payload = _encoder.encode(job)
        stdin.write(HEADER.pack(len(payload)) + payload)  # at once: each write wakes the worker
        await stdin.drain()
        return await self._answer()

    async def _answer(self) -> Done:
        stdout = self.process.stdout
        if stdout is None:  # pragma: no cover - as above
            raise EOFError
        (length,) = HEADER.unpack(await stdout.readexactly(HEADER.size))
        done = _decoder.decode(await stdout.readexactly(length))
        self.peak_bytes = done.peak_bytes
        return done

    async def end(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        return await self.process.wait()


def _feed(done: Done) -> ParsedFeed:
    if done.feed is None:
        raise WorkerError("WorkerError", "the worker gave no feed")
    return done.feed
