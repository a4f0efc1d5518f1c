"""A whole Wirewatch on embedded parts, as a person runs it, for measurements: ``wirewatch up`` in a fresh folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

READY_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Stack:
    """The addresses of a running stack, from its run.json."""

    home: Path
    kafka: str
    redis: str
    ops: dict[str, str]

    def statuses(self, service: str) -> dict[str, float]:
        """Articles by status, as the service counts them; empty while the service cannot be asked."""
        return statuses_of(self.ops[service], service)

    def pids(self) -> dict[str, int]:
        """The process ids, as the supervisor has written them."""
        found: dict[str, int] = json.loads((self.home / "run.json").read_text())["pids"]
        return found


@asynccontextmanager
async def running(home: Path, **environ: str) -> AsyncIterator[Stack]:
    """``wirewatch up`` in ``home`` with no feeds, until the block ends. Its output is in ``home/up.log``."""
    home.mkdir(parents=True, exist_ok=True)
    feeds = home / "none.opml"
    feeds.write_text('<?xml version="1.0"?><opml version="2.0"><head/><body/></opml>')
    env = {**os.environ, "WIREWATCH_POLLER_FEEDS": str(feeds), "WIREWATCH_LOCAL_SAMPLES": "no", **environ}
    with (home / "up.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("wirewatch")),
            *("up", "--home", str(home)),
            env=env,
            stdout=log,
            stderr=log,
        )
        try:
            yield await _ready(home, process)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), timeout=90)
            except TimeoutError:
                process.kill()


async def _ready(home: Path, process: asyncio.subprocess.Process) -> Stack:
    """The stack, once every service says that it is ready."""
    for _ in range(int(READY_SECONDS * 4)):
        if process.returncode is not None:
            sys.exit(f"wirewatch up ended with {process.returncode}: see {home / 'up.log'}")
        await asyncio.sleep(0.25)
        try:
            run = json.loads((home / "run.json").read_text())
        except (OSError, ValueError):
            continue
        stack = Stack(home=home, kafka=run["kafka"], redis=run["redis"], ops=run["ops"])
        if all(is_ready(url) for url in stack.ops.values()):
            return stack
    sys.exit(f"the services were not ready after {READY_SECONDS:.0f} s: see {home / 'up.log'}")


def statuses_of(url: str, service: str) -> dict[str, float]:
    """Articles by status, as a process of ``service`` counts them; empty while it cannot be asked."""
    try:
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310 - our own loopback address
            text = answer.read().decode()
    except OSError:
        return {}
    return {
        sample.labels["status"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"wirewatch_{service}_articles_total"
    }


def is_ready(url: str) -> bool:
    """Whether a service answers /readyz with 200."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - our own loopback address
            ready: bool = answer.status == 200
            return ready
    except OSError:
        return False
