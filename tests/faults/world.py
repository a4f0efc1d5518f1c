"""F18-F20: the network between the parts, the names of the feeds, the clocks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.pipeline import SERVICES
from tests.faults.report import Result

_FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


async def network(bench: Bench) -> list[Result]:
    """F18, in a process of its own within network namespaces of its own."""
    what = "worker-Kafka, worker-store, poller-Kafka: cut, one way only, 30 % loss, 2 s delay"
    if os.geteuid() or not Path("/dev/net/tun").exists() or not shutil.which("unshare"):
        return [Result("F18", what, skipped="it needs root, /dev/net/tun and unshare")]
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--net", "--", sys.executable, "-m", "tests.faults.network", *(["--full"] if bench.full else [])),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    if process.returncode:
        return [Result("F18", what, problems=[f"the run in the namespaces ended with {process.returncode}"])]
    result = Result(**json.loads(printed.splitlines()[-1]))
    bench.kills += result.kills
    return [result]


async def names(bench: Bench) -> list[Result]:
    """F19: no feed's name can be resolved for a while."""
    if os.geteuid() or not shutil.which("unshare"):
        return [Result("F19", "no name resolves", skipped="it needs root for a mount namespace")]
    seconds = 180.0 if bench.full else 75.0  # the poller keeps a name for a minute
    home = bench.pipeline.home
    hosts, switch, by_name = home / "hosts", home / "nsswitch.conf", home / "faults-by-name.opml"
    hosts.write_text(bench.feeds.hosts_file())
    switch.write_text("hosts: files\n")  # a name that is not in the file does not exist; nobody else is asked
    bench.feeds.write_opml(by_name, by_name=True)
    part, plain = bench.pipeline.part("poller"), bench.pipeline.part("poller").server
    counts: dict[str, float] = {}
    problems: list[str] = []

    async def harm() -> list[float]:
        script = f'mount --bind {hosts} /etc/hosts && mount --bind {switch} /etc/nsswitch.conf && exec "$@"'
        bench.pipeline.environment("poller", WIREWATCH_POLLER_FEEDS=str(by_name))
        bench.pipeline.command("poller", "/usr/bin/unshare", "--mount", "--", "/bin/sh", "-c", script, "poller")
        bench.feeds.forget()  # by name they are other feeds to the poller
        await bench.pipeline.until_replaced(bench.pipeline.kill("poller", signum=signal.SIGTERM))
        asked = bench.feeds.requests
        await bench.until(lambda: bench.feeds.requests > asked + bench.feeds.count, "feeds are asked by name")
        hosts.write_text("127.0.0.1 localhost\n")
        await asyncio.sleep(seconds)
        counts.update(
            {labels["outcome"]: n for labels, n in bench.pipeline.metrics("poller")["wirewatch_poller_polls_total"]}
        )
        states = {labels["state"]: n for labels, n in bench.pipeline.metrics("poller")["wirewatch_poller_feeds"]}
        if states.get("gone") or not counts.get("dns"):
            problems.append(f"feeds are {states}, polls ended {counts}")
        hosts.write_text(bench.feeds.hosts_file())
        began, asked = time.monotonic(), bench.feeds.requests
        await bench.until(lambda: bench.feeds.requests > asked + bench.feeds.count, "feeds are asked again", 600)
        return [time.monotonic() - began]

    try:
        result = await bench.row("F19", f"no feed's name resolves for {seconds:.0f} s", harm)
    finally:
        part.server = plain
        bench.feeds.forget()
        await bench.pipeline.until_replaced(bench.pipeline.kill("poller", signum=signal.SIGTERM))
    result.note = (
        f"{counts.get('dns', 0):.0f} polls ended in dns; no feed was given up; recovery is until all were asked again"
    )
    result.problems += problems
    return [result]


async def clocks(bench: Bench) -> list[Result]:
    """F20: every service lives an hour or a day ahead or behind, and then is back."""
    if not _FAKETIME.exists():
        return [Result("F20", "wall clock steps", skipped=f"no {_FAKETIME}")]
    offsets = ("+1h", "-1h", "+1d", "-1d") if bench.full else ("+1h",)
    breaches = bench.feeds.breaches.copy()
    notes: list[str] = []

    async def live(offset: str) -> float:
        fake = {"LD_PRELOAD": str(_FAKETIME), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        changes = fake if offset else dict.fromkeys(fake, "")
        day = offset.endswith("d")
        for service in SERVICES:
            bench.pipeline.environment(service, **changes)
        began = time.monotonic()
        old = bench.pipeline.kill(*SERVICES, signum=signal.SIGTERM)
        if day:  # Kafka takes no message of tomorrow: whoever has one to send waits, and is not ready
            await bench.until(
                lambda: all(bench.pipeline.part(service).pid not in (None, old.get(service)) for service in SERVICES),
                "start",
            )
        else:
            await bench.pipeline.until_replaced(old)
        await asyncio.sleep(15 if bench.full else 10)
        return 0.0 if day else await bench.recovered({}, began)

    async def harm() -> list[float]:
        recoveries = []
        async with bench.traffic():
            for offset in offsets:
                recoveries.append(await live(offset))
                waits = bench.pipeline.problems()
                notes.append(f"{offset}: {'; '.join(waits)[:120] if waits else 'as ever'}")
                recoveries.append(await live(""))
        return recoveries

    result = await bench.row("F20", f"wall clock of every service {', '.join(offsets)}, and back each time", harm)
    early = (bench.feeds.breaches - breaches).total()
    bench.feeds.breaches = breaches
    result.note = "; ".join(notes) + f"; {early} polls earlier than the interval where the clock sprang ahead"
    return [result]
