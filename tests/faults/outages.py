"""F10-F17, F23, F24, F27-F29: a server is away, full or emptied; a worker is slow or starved; all is quiet."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import redis.asyncio

from services.local import ports
from services.runtime.process.outages import ONE_ABSENCE_SECONDS
from tests.faults import offsets
from tests.faults.bench import Bench
from tests.faults.pipeline import SERVICES, STREAM_SERVICES, TMPFS_BYTES, BrokenPipelineError
from tests.faults.report import Result

_CGROUPS = Path("/sys/fs/cgroup")


def away_seconds(bench: Bench) -> float:
    """How long a server stays away: longer than anything that waits."""
    return 300.0 if bench.full else 25.0


async def status(bench: Bench) -> dict[str, Any]:
    """What ``wirewatch status`` says now."""
    _, shown = await bench.pipeline.wirewatch("status", "--home", str(bench.pipeline.home), "--json")
    found: dict[str, Any] = json.loads(shown.splitlines()[-1])
    return found


async def broker_away(bench: Bench) -> list[Result]:
    """F10: Kafka is away."""
    return [await _away(bench, "F10", "broker", "kafka")]


async def store_away(bench: Bench) -> list[Result]:
    """F14: the store is away."""
    return [await _away(bench, "F14", "store", "redis")]


async def _away(bench: Bench, fault: str, part: str, server: str) -> Result:
    """Hold ``part`` down. Polling must stop and go on, memory stay flat, nothing be dead, and a person be told."""
    seconds = away_seconds(bench)
    dead, notes, problems = len(bench.book.dead), [], []

    async def harm() -> list[float]:
        async with bench.traffic():
            await asyncio.sleep(3)
            before, held_at = bench.pipeline.resident_mb(), time.time()
            bench.pipeline.hold(part)
            bench.kills += 1
            await asyncio.sleep(min(20.0, seconds / 2))
            asked = bench.feeds.requests
            await asyncio.sleep(seconds - min(20.0, seconds / 2))
            asked = bench.feeds.requests - asked
            told = await status(bench)
            after = bench.pipeline.resident_mb()
            began = time.monotonic()
            bench.pipeline.release(part)
            recovery = await bench.recovered({}, began)
            polled = bench.feeds.requests
            await bench.until(lambda: bench.feeds.requests > polled, "polling goes on")
        waiting = [r["name"] for r in told["services"] if server in r["waiting_since"]]
        grown = {name: after[name] - before[name] for name in SERVICES if name in after and name in before}
        most = max(grown, key=lambda name: grown[name])
        notes.append(f"{asked} polls while away; status names it for {', '.join(waiting)}")
        notes.append(f"memory at most +{grown[most]:.0f} MiB ({most})")
        if asked:
            problems.append(f"{asked} polls while the {part} was away")
        if missing := {"poller", *STREAM_SERVICES} - set(waiting) - ({"tagger"} if server == "redis" else set()):
            problems.append(f"status does not say that {', '.join(sorted(missing))} wait for {server}")
        after_it = {r["name"]: _seconds(r["waiting_since"].get(server), held_at) for r in told["services"]}
        if wrong := {name: seconds for name, seconds in after_it.items() if not -ONE_ABSENCE_SECONDS <= seconds <= 30}:
            problems.append(f"services say that they wait since so many seconds after it: {wrong}")
        if grown[most] > 60:
            problems.append(f"{most} grew by {grown[most]:.0f} MiB")
        return [recovery]

    result = await bench.row(fault, f"{part} away for {seconds:.0f} s", harm)
    if len(bench.book.dead) > dead:
        problems.append(f"{len(bench.book.dead) - dead} dead letters from an outage")
    result.note, result.problems = "; ".join(notes), [*result.problems, *problems]
    return result


def _seconds(since: str | None, held_at: float) -> float:
    """How long after the fact a service noticed it."""
    return 0.0 if since is None else datetime.fromisoformat(since).timestamp() - held_at


async def _while(
    bench: Bench, fault: str, what: str, begin: Callable[[], Awaitable[Any]], end: Callable[[], Awaitable[Any]]
) -> Result:
    """Something is wrong for a while; then it is mended, and all must have arrived."""
    seconds = 60.0 if bench.full else 15.0
    noted: list[str] = []

    async def harm() -> list[float]:
        async with bench.traffic():
            await asyncio.sleep(2)
            await begin()
            await asyncio.sleep(seconds)
            found = bench.pipeline.problems()
            noted.append(f"meanwhile: {'; '.join(found)}" if found else "nothing was to be seen meanwhile")
            began = time.monotonic()
            await end()
            return [await bench.recovered({}, began)]

    result = await bench.row(fault, what, harm)
    result.note = noted[0][:300]
    return result


async def broker_disk_full(bench: Bench) -> list[Result]:
    """F11: the broker's disk is full."""
    return [await _disk_full(bench, "F11", "broker")]


async def _disk_full(bench: Bench, fault: str, part: str) -> Result:
    data = bench.pipeline.home / part / "data"
    if not data.is_mount():
        return Result(fault, f"{part}: disk full", skipped="no tmpfs can be mounted")

    async def begin() -> None:
        used = shutil.disk_usage(data).used
        _resize(data, used + 16_384)

    async def end() -> None:
        _resize(data, TMPFS_BYTES)

    return await _while(bench, fault, f"{part}: disk full", begin, end)


def _resize(data: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(data)], check=True)


async def store_memory_full(bench: Bench) -> list[Result]:
    """F15: the store has no memory left (noeviction)."""

    async def limit(bytes_: str) -> None:
        async with redis.asyncio.Redis.from_url(bench.pipeline.redis) as store:
            await store.config_set("maxmemory", bytes_)

    return [await _while(bench, "F15", "store out of memory (noeviction)", lambda: limit("1mb"), lambda: limit("1gb"))]


async def store_refuses(bench: Bench) -> list[Result]:
    """F16: the store's disk is full, and it is read-only."""

    async def replica(*of: str) -> None:
        async with redis.asyncio.Redis.from_url(bench.pipeline.redis) as store:
            await store.execute_command("REPLICAOF", *of)  # type: ignore[no-untyped-call]

    full = await _disk_full(bench, "F16", "store")
    read_only = await _while(
        bench, "F16", "store read-only (READONLY)", lambda: replica("127.0.0.1", "1"), lambda: replica("NO", "ONE")
    )
    return [full, read_only]


async def slow_consumer(bench: Bench) -> list[Result]:
    """F23: the deduper gets a tenth of the time it wants; the poller must wait for it, and nobody be thrown out."""
    notes: list[str] = []
    problems: list[str] = []

    async def crawl(stop: asyncio.Event) -> None:
        while not stop.is_set():
            bench.pipeline.kill("deduper", signum=signal.SIGSTOP)
            await asyncio.sleep(0.9)
            bench.pipeline.kill("deduper", signum=signal.SIGCONT)
            await asyncio.sleep(0.1)

    async def harm() -> list[float]:
        bench.pipeline.environment("poller", WIREWATCH_POLLER_MAX_LAG="200")
        old = bench.pipeline.kill("poller", signum=signal.SIGTERM)
        await bench.pipeline.until_replaced(old)
        before, pid, stop = bench.pipeline.resident_mb(), bench.pipeline.part("deduper").pid, asyncio.Event()
        crawling = asyncio.create_task(crawl(stop))
        began = time.monotonic()
        try:
            async with bench.traffic(60.0):
                await bench.until(lambda: _gauge(bench, "wirewatch_poller_held_back") == 1, "polling waits", 300)
                asked = bench.feeds.requests
                await asyncio.sleep(10)
                asked = bench.feeds.requests - asked
                note = next(r["note"] for r in (await status(bench))["services"] if r["name"] == "poller")
        finally:
            stop.set()
            await crawling
        after = bench.pipeline.resident_mb()
        await bench.until(lambda: _gauge(bench, "wirewatch_poller_held_back") == 0, "polling goes on", 600)
        recovery = await bench.recovered({}, began)
        grown = max(after[name] - before[name] for name in SERVICES)
        notes.append(f"{asked} polls in 10 s meanwhile; status: {note}; memory at most +{grown:.0f} MiB")
        if asked > 3 or not note or grown > 80 or bench.pipeline.part("deduper").pid != pid:
            problems.append("polling did not wait, status did not say so, memory grew, or the deduper was replaced")
        bench.pipeline.environment("poller", WIREWATCH_POLLER_MAX_LAG="")
        await bench.pipeline.until_replaced(bench.pipeline.kill("poller", signum=signal.SIGTERM))
        return [recovery]

    result = await bench.row("F23", "deduper ten times too slow", harm)
    result.note, result.problems = "; ".join(notes), [*result.problems, *problems]
    return [result]


def _gauge(bench: Bench, name: str) -> float:
    found = bench.pipeline.metrics("poller").get(name)
    return found[0][1] if found else -1.0


async def starved(bench: Bench) -> list[Result]:
    """F24: a twentieth of a processor, and memory that runs out."""
    if not (os.access(_CGROUPS / "memory", os.W_OK) and (_CGROUPS / "cpu" / "cpu.cfs_quota_us").exists()):
        return [Result("F24", "CPU starvation, out of memory", skipped="no cgroup (v1) that this user may write")]
    cpu, memory = (_CGROUPS / kind / f"wirewatch-faults-{os.getpid()}" for kind in ("cpu", "memory"))
    killed = 0

    async def harm() -> list[float]:
        nonlocal killed
        recoveries = []
        async with bench.traffic():
            cpu.mkdir()
            (cpu / "cpu.cfs_quota_us").write_text("2000")
            for service in STREAM_SERVICES:
                (cpu / "cgroup.procs").write_text(str(bench.pipeline.part(service).pid))
            await asyncio.sleep(45 if bench.full else 12)
            began = time.monotonic()
            (cpu / "cpu.cfs_quota_us").write_text("-1")
            recoveries.append(await bench.recovered({}, began))
            memory.mkdir()
            (memory / "memory.limit_in_bytes").write_text("409600")
            for service in STREAM_SERVICES[: 3 if bench.full else 1]:
                began, old = time.monotonic(), bench.pipeline.part(service).pid or 0
                (memory / "cgroup.procs").write_text(str(old))
                await bench.send([bench.pool.take() for _ in range(400)])  # work that needs pages
                with suppress(BrokenPipelineError):
                    await bench.replaced(service, old, "OOM kill", 60)
                if bench.pipeline.part(service).pid == old:  # it needed no page more: it is let go
                    (_CGROUPS / "memory" / "cgroup.procs").write_text(str(old))
                    continue
                killed += 1
                bench.kills += 1
                recoveries.append(await bench.recovered({service: old}, began))
        return recoveries

    try:
        result = await bench.row(
            "F24", "stream services on 2 % of a processor together; killed by the kernel for memory", harm
        )
    finally:
        for group in (cpu, memory):
            if group.exists():
                for pid in (group / "cgroup.procs").read_text().split():
                    with suppress(OSError):
                        (group.parent / "cgroup.procs").write_text(pid)
                with suppress(OSError):
                    group.rmdir()
    result.note = f"{killed} killed by the kernel"
    return [result]


async def lost_second(bench: Bench) -> list[Result]:
    """F13: what a power cut may take with ``appendfsync everysec``: the last second of the store's file."""
    times = 3 if bench.full else 1
    taken: list[int] = []

    async def once() -> float:
        async with redis.asyncio.Redis.from_url(bench.pipeline.redis) as store:
            await store.config_set("appendfsync", "everysec")
            await store.config_set("auto-aof-rewrite-percentage", 0)
        async with bench.traffic():
            await asyncio.sleep(5)
            file = max((bench.pipeline.home / "store" / "data" / "appendonlydir").glob("*.incr.aof"))
            kept, at = file.stat().st_size, time.time()
            await asyncio.sleep(1)
            began = time.monotonic()
            bench.pipeline.hold("deduper")
            bench.pipeline.hold("store")
            bench.kills += 2
            await bench.until(lambda: bench.pipeline.part("store").pid is not None, "the store is down")
            taken.append(file.stat().st_size - kept)
            os.truncate(file, kept)
            bench.pipeline.release("store")
            await bench.until(lambda: not any("store" in p for p in bench.pipeline.problems()), "the store is back")
            await asyncio.sleep(1)
            await offsets.rewind(bench.pipeline.kafka, ["deduper"], seconds=30, now=at)
            bench.pipeline.release("deduper")
            await bench.pipeline.until_replaced({})
            await _rebuild(bench)
            return await bench.recovered({}, began)

    async def harm() -> list[float]:
        return [await once() for _ in range(times)]

    result = await bench.row("F13", "store loses the last second of its file; repaired from Kafka", harm)
    result.note = (
        f"{sum(taken):,} bytes of appended commands cut off in {times} cuts (truncation stands for LazyFS); "
        "deduper set back 30 s, then `wirewatch rebuild`"
    )
    return [result]


async def _rebuild(bench: Bench) -> None:
    code, said = await bench.pipeline.wirewatch(
        "rebuild", "--kafka", bench.pipeline.kafka, "--redis", bench.pipeline.redis
    )
    if code:
        raise RuntimeError(f"wirewatch rebuild ended with {code}: {said}")


async def flushed(bench: Bench) -> list[Result]:
    """F17: the store is emptied while the line runs; what the topics hold is put back."""
    known: list[str] = []
    alerts: set[str] = set()

    async def harm() -> list[float]:
        await bench.drained(list(bench.book.pending))
        bench.feeds.empty()  # what a feed shows again after the loss is news to an index that is empty
        bench.book.settle()
        known.extend(i for i in bench.book.entries if i not in bench.book.pending)
        alerts.update(bench.book.alerts)
        began = time.monotonic()
        async with redis.asyncio.Redis.from_url(bench.pipeline.redis) as store:
            await store.flushall()
        bench.feeds.forget()
        await _rebuild(bench)
        recovery = time.monotonic() - began
        async with bench.traffic():
            await asyncio.sleep(20)
        return [recovery]

    result = await bench.row("F17", "FLUSHALL, then `wirewatch rebuild`", harm)
    verdict = await bench.book.judge(known)
    result.checked += verdict.checked
    result.lost += len(verdict.lost)
    result.doubled += len(verdict.doubled)
    result.problems += [*verdict.lost[:3], *verdict.doubled[:3]]
    result.note = f"{len(alerts):,} alerts of before put back; recovery is flush to the end of rebuild"
    return [result]


async def all_stopped(bench: Bench) -> list[Result]:
    """F29: everything is stopped in good order and started again; then everything is killed, as by a reboot."""

    async def harm() -> list[float]:
        recoveries = []
        for _ in bench.rounds(3 if bench.full else 1):
            async with bench.traffic():
                await asyncio.sleep(4)
            began = time.monotonic()
            await bench.pipeline.stop()
            await bench.pipeline.start()
            recoveries.append(await bench.recovered({}, began))
            async with bench.traffic():
                await asyncio.sleep(3)
                recoveries.append(await bench.kill(*bench.pipeline.stack.supervisor.parts))
        return recoveries

    return [await bench.row("F29", "all stopped and started; then all killed at once", harm)]


async def unwatched(bench: Bench) -> list[Result]:
    """F28: Prometheus scrapes every second, is killed, and leaves connections behind that ask and never read."""
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        return [Result("F28", "Prometheus dies", skipped="no prometheus on the PATH")]
    folder = bench.pipeline.home / "prometheus"
    folder.mkdir(exist_ok=True)
    targets = [bench.pipeline.ops(service).removeprefix("http://") for service in SERVICES]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": "services", "static_configs": [{"targets": targets}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    command = [prometheus, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    command.append(f"--web.listen-address=127.0.0.1:{ports.free()}")

    async def harm() -> list[float]:
        async with bench.traffic():
            process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
            await asyncio.sleep(6)
            process.kill()
            await process.wait()
            half = []
            for target in targets:
                host, port = target.split(":")
                for _ in range(20):
                    _, writer = await asyncio.open_connection(host, int(port))
                    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
                    half.append(writer)
            await asyncio.sleep(60 if bench.full else 8)
            recovery = await bench.recovered({}, time.monotonic())  # with all of them still open
            for writer in half:
                writer.close()
        return [recovery]

    return [await bench.row("F28", "Prometheus killed; 120 scrapes left open that never read", harm)]


async def soak(bench: Bench) -> list[Result]:
    """F27: the line at five times the load, undisturbed; slopes of memory, descriptors and series."""
    seconds = 300.0 if bench.full else 30.0
    samples: list[tuple[float, dict[str, float], dict[str, int], dict[str, int]]] = []

    async def harm() -> list[float]:
        async with bench.traffic(25.0):
            await asyncio.sleep(20)  # what is loaded at the first article of a kind is no growth
            began = time.monotonic()
            while (now := time.monotonic() - began) < seconds:
                series = {
                    service: sum(len(found) for found in bench.pipeline.metrics(service).values())
                    for service in SERVICES
                }
                samples.append((now, bench.pipeline.resident_mb(), bench.pipeline.descriptors(), series))
                await asyncio.sleep(seconds / 24)
        return [0.0]

    result = await bench.row("F27", f"soak of {seconds / 60:.0f} minutes at 25 articles/s (24 h asked for)", harm)
    times = [at for at, *_ in samples]
    memory = {
        service: _slope(times, [found.get(service, 0.0) for _, found, _, _ in samples]) * 3600 for service in SERVICES
    }
    files = {service: _slope(times, [found.get(service, 0) for *_, found, _ in samples]) * 3600 for service in SERVICES}
    series_grown = sum(samples[-1][3].values()) - sum(samples[len(samples) // 2][3].values())
    result.note = (
        "MiB per hour: " + ", ".join(f"{service} {slope:+.0f}" for service, slope in memory.items())
        + "; descriptors per hour: " + ", ".join(f"{service} {slope:+.0f}" for service, slope in files.items())
        + f"; series {series_grown:+d} in the second half"
    )  # fmt: skip
    return [result]


def _slope(x: list[float], y: list[float]) -> float:
    """Least squares, per unit of ``x``."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - mean_x) ** 2 for one in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread if spread else 0.0
