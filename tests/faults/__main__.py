"""``python -m tests.faults``: run the rows, show the table, end with 1 where anything was lost or doubled."""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from tests.faults import archive, kills, messages, mutants, oracle, outages, report, world
from tests.faults.bench import Bench, environment
from tests.faults.feeds import FeedServers
from tests.faults.pipeline import Pipeline
from tests.faults.pool import Pool
from tests.faults.report import Result, State

SHORT_MINUTES = 8.5  # ten with the end
Rows = Callable[[Bench], Awaitable[list[Result]]]

ROWS: dict[str, Rows] = {
    "F05": kills.together,
    "F01 F03": kills.at_random,
    "F02 F04": kills.at_points,
    "F31 F32": archive.rows,
    "F06": kills.zombies,
    "F07": kills.storm,
    "F08": kills.rolling,
    "F09 F12": kills.servers,
    "F28": outages.unwatched,
    "F10": outages.broker_away,
    "F14": outages.store_away,
    "F11": outages.broker_disk_full,
    "F15": outages.store_memory_full,
    "F16": outages.store_refuses,
    "F23": outages.slow_consumer,
    "F24": outages.starved,
    "F13": outages.lost_second,
    "F29": outages.all_stopped,
    "F18": world.network,
    "F19": world.names,
    "F20": world.clocks,
    "F27": outages.soak,
    "F21": messages.poison,
    "F30": messages.hostile,
    "F22": messages.all_poison,
    "F25": messages.newer_schema,
    "F26": messages.replay,
    "F17": outages.flushed,
}


async def run(chosen: argparse.Namespace, state: State, console: Console) -> None:
    """Run what is asked for and not done. A row that breaks the line ends it, and the next rows get a new one."""
    minutes = chosen.minutes if chosen.minutes is not None else math.inf if chosen.full else SHORT_MINUTES
    until = time.monotonic() + minutes * 60
    wanted = set(chosen.rows.split(",")) if chosen.rows else set()
    left = [names for names in ROWS if not any(state.has(one) for one in names.split())]
    left = [names for names in left if not wanted or wanted & set(names.split())]
    while left:
        await _on_one_line(chosen, state, console, left, until)


async def _on_one_line(
    chosen: argparse.Namespace, state: State, console: Console, left: list[str], until: float
) -> None:
    with tempfile.TemporaryDirectory(prefix="wirewatch-faults-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        line = Pipeline(home, environment(home), tmpfs=chosen.tmpfs)
        bench = Bench(line, Pool(chosen.groups), FeedServers(), full=chosen.full, row_seconds=60 * chosen.row_minutes)
        names = left[0]
        try:
            await bench.start()
            while left and time.monotonic() < until:
                names = left.pop(0)
                for result in await ROWS[names](bench):
                    _keep(result, state, console)
            if left:
                console.print(f"no time left for {', '.join(left)}")
                left.clear()
            _keep(await _everything(bench), state, console)
        except Exception as error:  # noqa: BLE001 - one broken row must not hide the others
            console.print(traceback.format_exc())
            broken = Result(names, "the row broke", problems=[f"{type(error).__name__}: {error} (logs: {_logs(home)})"])
            _keep(broken, state, console)
            if names in left:  # not even the line has started
                left.remove(names)
        finally:
            await bench.stop()


def _keep(result: Result, state: State, console: Console) -> None:
    state.add(result)
    console.print(" | ".join(report.cells(result)))


def _logs(home: Path) -> Path:
    """A copy of the last of all logs, which outlives the run."""
    folder = Path(tempfile.gettempdir()) / "wirewatch-faults-logs"
    folder.mkdir(exist_ok=True)
    for log in home.glob("logs/*"):
        (folder / log.name).write_bytes(log.read_bytes()[-2_000_000:])
    return folder


async def _everything(bench: Bench) -> Result:
    """The end of a line: every article once more, what feeds showed included, and the alerts beside the oracle."""
    bench.stop_showing()
    await bench.drained(bench.book.entries)
    verdict = await bench.book.judge(bench.book.entries)
    judged = await oracle.compare(bench.book)
    shown = sum(1 for entry in bench.book.entries.values() if entry.feed)
    wrong = [f"{count} x {breach}" for breach, count in bench.feeds.breaches.items()]
    wrong += [*await bench.book.whole(), *judged.differ[:3]]
    return Result(
        fault="all",
        what="everything once more at the end; feeds; alerts beside the oracle",
        checked=verdict.checked,
        lost=len(verdict.lost),
        doubled=len(verdict.doubled),
        problems=[*verdict.lost[:3], *verdict.doubled[:3], *verdict.wrong[:3], *wrong],
        note=f"{shown:,} by way of feeds, {bench.pool.copies:,} copies, {len(bench.book.poison)} poison; "
        f"{judged.same:,} alerts as the oracle has them; {bench.book.quotes:,} quotes proved in the archive; "
        f"{bench.feeds.requests:,} requests to feeds "
        f"({bench.feeds.conditional:,} with validators), {bench.feeds.breaches.total()} breaches of politeness",
    )


def main() -> int:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all of it, with 300 kills and more; an hour")
    parser.add_argument("--rows", default="", help="only these, with commas: F01,F09")
    parser.add_argument("--minutes", type=float, help="begin no row after so many; 8.5 where not --full")
    parser.add_argument("--row-minutes", type=float, default=math.inf, help="repeat a row for no longer than this")
    parser.add_argument("--state", type=Path, help="file of results: rows that are in it are not run again")
    parser.add_argument("--groups", type=int, default=60_000, help="articles at most; an empty pool breaks a row")
    parser.add_argument("--no-tmpfs", dest="tmpfs", action="store_false", help="data on the disk, for those not root")
    parser.add_argument("--mutants", action="store_true", help="break R1, R3 and R5 in copies: each must be found")
    parser.add_argument("--show", action="store_true", help="run nothing: the table of --state, for the page")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    chosen = parser.parse_args()
    console = Console(stderr=chosen.json, width=200)
    state = State(chosen.state)
    state.read()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells every attempt while the broker is away
    if chosen.show:
        print(report.markdown(state.results))
        return 0
    if chosen.mutants:
        wanted = chosen.rows.split(",") if chosen.rows else []
        asyncio.run(mutants.run(lambda result: _keep(result, state, console), wanted))
        report.show(console, state.results)
        return 1 if any(result.problems for result in state.results) else 0
    asyncio.run(run(chosen, state, console))
    if chosen.json:
        print(report.as_json(state.results))
    else:
        report.show(console, state.results)
    return 0 if all(result.clean for result in state.results) else 1


if __name__ == "__main__":
    sys.exit(main())
