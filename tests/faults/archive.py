"""F31 and F32: the archive is killed in the middle of a batch, and loses its file; the run ends with all of it."""

from __future__ import annotations

import time
from collections import defaultdict

from tests.faults.bench import Bench
from tests.faults.kills import reach
from tests.faults.report import Result

_POINTS = ("archive.writing", "archive.written")


async def rows(bench: Bench) -> list[Result]:
    """Both rows. That every revision is in the file, and every quote stands, is judged when the run ends."""
    return [await _at_points(bench), await _file_lost(bench)]


async def _at_points(bench: Bench) -> Result:
    recoveries: dict[str, list[float]] = defaultdict(list)

    async def harm() -> list[float]:
        async with bench.traffic():
            for number in bench.rounds(2 * len(_POINTS) if bench.full else len(_POINTS)):
                await reach(bench, "archive", _POINTS[number % len(_POINTS)], recoveries)
        return [seconds for found in recoveries.values() for seconds in found]

    return await bench.row("F31", "SIGKILL exactly at " + ", ".join(_POINTS), harm)


async def _file_lost(bench: Bench) -> Result:
    """The process is killed and its file removed before the supervisor has started it again."""

    async def harm() -> list[float]:
        async with bench.traffic():
            began = time.monotonic()
            old = bench.pipeline.kill("archive")
            for file in bench.pipeline.home.glob("archive.db*"):
                file.unlink()
            await bench.pipeline.until_replaced(old)
            return [await bench.recovered(old, began)]

    return await bench.row("F32", "the archive loses its file", harm, note="made again from Kafka")
