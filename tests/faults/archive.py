"""F31 and F32: the archive is killed in the middle of a batch, and loses its file; all is there afterwards."""

from __future__ import annotations

import asyncio
import signal
import time

from tests.faults import offsets
from tests.faults.bench import Bench
from tests.faults.report import Result

_POINTS = ("archive.writing", "archive.written")
_WITHIN_SECONDS = 240.0


async def rows(bench: Bench) -> list[Result]:
    """Both rows. The rest of the pipeline is not asked: nothing of it waits for the archive."""
    return [await _at_points(bench), await _file_lost(bench)]


async def _at_points(bench: Bench) -> Result:
    took: list[float] = []
    part = bench.pipeline.part("archive")
    async with bench.traffic():
        for number in bench.rounds(5 * len(_POINTS) if bench.full else len(_POINTS)):
            point = _POINTS[number % len(_POINTS)]
            bench.pipeline.environment("archive", WIREWATCH_FAILPOINT=point)
            plain = bench.pipeline.kill("archive", signum=signal.SIGTERM)
            await bench.replaced("archive", plain["archive"], "the old one has ended")
            await bench.until(lambda: part.pid is not None, f"it runs armed with {point}")
            armed = part.pid or 0
            bench.pipeline.environment("archive", WIREWATCH_FAILPOINT="")
            await bench.replaced("archive", armed, f"it ends at {point}")
            bench.kills += 1
            took.append(await _caught_up(bench, {"archive": armed}))
    return await _judged(bench, "F31", "SIGKILL exactly at " + ", ".join(_POINTS), took)


async def _file_lost(bench: Bench) -> Result:
    """The process is killed and its file removed before the supervisor has started it again."""
    async with bench.traffic():
        await asyncio.sleep(5)
        old = bench.pipeline.kill("archive")
        bench.kills += 1
        for file in bench.pipeline.home.glob("archive.db*"):
            file.unlink()
        took = [await _caught_up(bench, old)]
    return await _judged(bench, "F32", "the archive is killed and its file removed: made again from Kafka", took)


async def _caught_up(bench: Bench, old: dict[str, int]) -> float:
    """Seconds until another process runs and has committed all that lay on its topics."""
    began = time.monotonic()
    await bench.pipeline.until_replaced(old)
    while await offsets.behind(bench.pipeline.kafka, "archive") > 0 and time.monotonic() - began < _WITHIN_SECONDS:
        await asyncio.sleep(1)
    return time.monotonic() - began


async def _judged(bench: Bench, fault: str, what: str, took: list[float]) -> Result:
    problems = await bench.book.not_in_archive()
    revisions = sum(len(of_one) for of_one in bench.book.alerts.values())
    return Result(
        fault=fault,
        what=what,
        times=len(took),
        kills=len(took),
        checked=revisions,
        recovery=max(took),
        problems=problems,
        note=f"{revisions} revisions of the topic are in the archive, {bench.book.quotes} quotes stand in its texts",
    )
