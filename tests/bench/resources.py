"""What ``wirewatch up`` takes: seconds to start, and memory, processor time and disk at rest and with articles coming.

    python -m tests.bench.resources [--rate 100] [--seconds 120]      prints one JSON object (Linux)

Without feeds, so that only what is sent counts. Two starts: the second has everything cached, and is the one to quote;
on a machine that does other things, too, compare the processor seconds. Disk is what was written in the second half of
the time, multiplied: files grow in steps at first. Redis' append-only file is rewritten from 64 MB on, and takes less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from services.contracts import codec, topics
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.bench import corpus
from tests.bench.processes import cpu_seconds, proportional_megabytes
from tests.bench.stack import Stack, running

_SETTLING_SECONDS = 20
_DAY_SECONDS = 86_400


async def measure(rate: int, seconds: int) -> dict[str, object]:
    """The whole run, as one JSON object."""
    starts: list[float] = []
    spent: list[float] = []
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        home = Path(folder) / "home"
        for last in (False, True):
            began = time.perf_counter()
            async with running(home) as stack:
                starts.append(round(time.perf_counter() - began, 1))
                spent.append(round(cpu_seconds({"all": _supervisor(stack)})["all"], 1))
                if last:
                    await asyncio.sleep(_SETTLING_SECONDS)
                    rest = await _during(stack, asyncio.sleep(seconds), seconds)
                    busy = await _during(stack, _send(stack.kafka, rate, seconds), seconds)
    return {
        "seconds_to_ready": starts,
        "processor_seconds_to_ready": spent,
        "at_rest": rest,
        "busy": {"articles_per_second": rate} | busy,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load": os.getloadavg(),
    }


async def _during(stack: Stack, work: Awaitable[None], seconds: int) -> dict[str, object]:
    pids = stack.pids()
    cpu = cpu_seconds(pids)
    running_work = asyncio.ensure_future(work)
    await asyncio.sleep(seconds / 2)
    disk = _disk(stack.home)
    await running_work
    spent = {name: (now - cpu[name]) / seconds for name, now in cpu_seconds(pids).items()}
    memory = proportional_megabytes(pids)
    memory["up"] = proportional_megabytes({"up": _supervisor(stack)})["up"] - sum(
        memory.values()
    )  # its tree is all of them
    return {
        "megabytes": memory | {"all": sum(memory.values())},
        "share_of_a_core": {name: round(one, 3) for name, one in spent.items()}
        | {"all": round(sum(spent.values()), 3)},
        "gigabytes_of_disk_a_day": {
            name: round((now - disk[name]) / (seconds / 2) * _DAY_SECONDS / 1e9, 2)
            for name, now in _disk(stack.home).items()
        },
    }


def _supervisor(stack: Stack) -> int:
    return int(json.loads((stack.home / "run.json").read_text())["pid"])


async def _send(kafka: str, rate: int, seconds: int) -> None:
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="bench", clock=SystemClock())
    await publisher.start()
    groups = rate * seconds * 4 // 5
    items = list(corpus.items(groups, copies=rate * seconds - groups))
    began = time.perf_counter()
    for second in range(seconds):
        some = [item.article for item in items[second * rate : (second + 1) * rate]]
        await publisher.publish([Outgoing(topics.ARTICLES, one.id.encode(), codec.encode(one)) for one in some])
        await asyncio.sleep(max(0.0, began + second + 1 - time.perf_counter()))
    await publisher.stop()


def _disk(home: Path) -> dict[str, int]:
    found = {"kafka": _bytes(home / "broker"), "redis": _bytes(home / "store"), "all": _bytes(home)}
    return found | {"archive and logs": found["all"] - found["kafka"] - found["redis"]}


def _bytes(folder: Path) -> int:
    """What the files take on the disk: Kafka's indexes are long and empty."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=100, help="articles a second (100)")
    parser.add_argument("--seconds", type=int, default=120, help="how long, at rest and busy (120)")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(measure(given.rate, given.seconds)), indent=1))
