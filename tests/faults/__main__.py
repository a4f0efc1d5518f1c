"""``python -m tests.faults``: run the rows, show the table, end with 1 where anything was lost or doubled."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from tests.faults import kills, messages, mutants, oracle, outages, report, world
from tests.faults.bench import Bench, environment
from tests.faults.feeds import FeedServers
from tests.faults.line import Line
from tests.faults.pool import Pool
from tests.faults.report import Result, State

Rows = Callable[[Bench], Awaitable[list[Result]]]

ROWS: dict[str, Rows] = {
    "F01 F03": kills.at_random,
    "F02 F04": kills.at_points,
    "F05": kills.together,
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
    "F22": messages.all_poison,
    "F25": messages.newer_schema,
    "F26": messages.replay,
    "F17": outages.flushed,
}


async def run(chosen: argparse.Namespace, state: State, console: Console) -> list[str]:
    """Run what is asked for and not done; what is wrong with the run as a whole."""
    until = time.monotonic() + chosen.minutes * 60
    wanted = chosen.rows.split(",") if chosen.rows else None
    with tempfile.TemporaryDirectory(prefix="wirewatch-faults-") as folder:
        home = Path(folder) / "home"
        line = Line(home, environment(home), tmpfs=chosen.tmpfs)
        bench = Bench(line, Pool(chosen.groups), FeedServers(), full=chosen.full)
        try:
            await bench.start()
            for names, rows in ROWS.items():
                faults = names.split()
                if any(state.has(fault) for fault in faults) or (wanted and not set(faults) & set(wanted)):
                    continue
                if time.monotonic() > until:
                    console.print(f"{names}: no time left (--minutes)")
                    continue
                for result in await rows(bench):
                    state.add(result)
                    console.print(" | ".join(report.cells(result)))
            bench.stop_showing()
            await bench.drained(bench.book.entries)
            wrong = bench.book.wrong_at_the_end(await bench.book.judge(bench.book.entries))
            wrong += [f"{count} x {breach}" for breach, count in bench.feeds.breaches.items()]
            judged = await oracle.compare(bench.book)
            console.print(
                f"in all: {len(bench.book.entries):,} articles in the ledger, {bench.pool.copies:,} of them copies, "
                f"{len(bench.book.poison)} poison; {bench.book.messages:,} messages read back; "
                f"{len(bench.book.alerts):,} alerts, {judged.same:,} as the oracle has them; "
                f"{bench.feeds.requests:,} requests to feeds, {bench.feeds.conditional:,} with validators; "
                f"{bench.kills} kills"
            )
            return [*wrong, *await bench.book.whole(), *judged.differ[:5]]
        except Exception:
            console.print(traceback.format_exc())
            keep = Path(tempfile.gettempdir()) / "wirewatch-faults-logs"
            keep.mkdir(exist_ok=True)
            for log in line.home.glob("logs/*"):
                (keep / log.name).write_bytes(log.read_bytes()[-2_000_000:])
            console.print(f"logs are in {keep}")
            raise
        finally:
            await bench.stop()


def main() -> int:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all of it, with 300 kills and more; an hour")
    parser.add_argument("--rows", default="", help="only these, with commas: F01,F09")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no row after so many minutes")
    parser.add_argument("--state", type=Path, help="file of results: rows that are in it are not run again")
    parser.add_argument("--groups", type=int, default=20_000)
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
        state.results = asyncio.run(mutants.run())
        report.show(console, state.results)
        return 1 if any(result.problems for result in state.results) else 0
    wrong = asyncio.run(run(chosen, state, console))
    if chosen.json:
        print(report.as_json(state.results, {"wrong": wrong}))
    else:
        report.show(console, state.results)
        for line in wrong:
            console.print(f"[red]{line}[/]")
    return 1 if wrong or not all(result.clean for result in state.results) else 0


if __name__ == "__main__":
    sys.exit(main())
