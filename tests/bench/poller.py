"""Polls per CPU second (``python -m tests.bench.poller``), on local servers and a real store; prints JSON.

Every feed has a host of its own (127.x.y.z), so the politeness of hosts is paid for. First all feeds answer 200 with 30
new entries, then all answer 304. CPU seconds are those of the poller and its parsing processes; the server's and the
store's are not counted. Items are published to nowhere unless ``--kafka`` names a broker with the topic ``articles``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import uvloop
from prometheus_client import CollectorRegistry

from services.poller import __main__ as composition
from services.poller.core.model import FeedState
from services.poller.core.opml import write
from services.poller.edges.store import RedisFeedStore
from services.poller.ports import Claim
from services.poller.settings import PollerSettings
from services.runtime import logging
from services.runtime.access import RedisAccess
from services.runtime.clock import SystemClock
from services.runtime.delivery import Outgoing
from services.runtime.kafka import KafkaPublisher
from services.runtime.process import Context
from services.runtime.redis import RedisCalls, connect
from services.runtime.retry import Waiting
from tests.support.poller import a_feed, an_item, rss

ENTRIES = 30
TEXT = "The ministers of two states signed a pact on mutual defence in the capital on Tuesday, officials said. " * 4


class Nowhere(KafkaPublisher):
    """Takes everything at once."""

    async def start(self) -> None:
        return

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        return ()


async def _serve(port: int) -> None:
    """One feed a host: 304 to whoever has a validator, else 200 with entries of its own."""

    class Feed(asyncio.Protocol):
        transport: asyncio.Transport

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.Transport", transport)  # uvloop's are transports in all but their base class

        def data_received(self, data: bytes) -> None:
            if b"If-None-Match" in data:
                self.transport.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nConnection: close\r\n\r\n')
            else:
                host = data.partition(b"Host: ")[2].partition(b"\r\n")[0].decode()
                body = rss(*(an_item(n, title=f"Report {n} of {host}", text=TEXT) for n in range(ENTRIES)))
                body = body.replace(b"https://news.example/", f"https://{host}/".encode())
                head = f'HTTP/1.1 200 OK\r\nETag: "1"\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n'
                self.transport.write(head.encode() + body)
            self.transport.close()

    server = await asyncio.get_running_loop().create_server(Feed, "0.0.0.0", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _cpu() -> float:
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total += used.ru_utime + used.ru_stime
    return total


def _workers_cpu() -> float:
    """CPU of the parsing processes that still run (they are children that nobody has waited for)."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            line = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if b"services.poller.worker" in line and int(fields[1]) == _PID:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


_PID = int(Path("/proc/self").resolve().name) if Path("/proc/self").exists() else 0


async def _measure(feeds: int, redis: str, kafka: str | None, port: int, folder: Path) -> dict[str, float]:
    listed = [a_feed(f"http://127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{port}/feed") for n in range(feeds)]
    (folder / "feeds.opml").write_text(write(listed, title="bench"))
    settings = PollerSettings(
        redis=redis, kafka=kafka or "127.0.0.1:9", feeds=(str(folder / "feeds.opml"),), allow_private=("127.0.0.0/8",),
        spread_seconds=0, full_text=False, max_lag=100_000 if kafka else 0,
    )  # fmt: skip
    if kafka is None:
        vars(composition)["KafkaPublisher"] = Nowhere
    context = Context(room="poller", registry=CollectorRegistry(), clock=SystemClock(), waiting=Waiting())
    client = connect(RedisAccess(redis))
    await client.flushdb()
    service = composition.build(settings, context)

    def polls(outcome: str) -> float:
        return context.registry.get_sample_value("wirewatch_poller_polls_total", {"outcome": outcome}) or 0.0

    async def phase(outcome: str) -> tuple[float, float]:
        started, used = time.perf_counter(), _cpu() + _workers_cpu()
        while polls(outcome) < feeds:
            await asyncio.sleep(0.02)
        return time.perf_counter() - started, _cpu() + _workers_cpu() - used

    await service.start()
    full_seconds, full_cpu = await phase("ok")
    before = (await client.info("memory"))["used_memory"]
    await client.zadd("ww:1:{po}:due", {feed.id: 0 for feed in listed})
    hit_seconds, hit_cpu = await phase("not_modified")
    await service.stop()
    await client.flushdb()
    await client.aclose()
    return {
        "feeds": feeds,
        "entries_each": ENTRIES,
        "polls_304_per_s": round(feeds / hit_seconds),
        "polls_304_per_cpu_s": round(feeds / hit_cpu),
        "polls_200_per_s": round(feeds / full_seconds, 1),
        "polls_200_per_cpu_s": round(feeds / full_cpu, 1),
        "store_bytes_per_feed": round(before / feeds),
    }


async def _schedule(feeds: int, redis: str) -> dict[str, float]:
    """The store alone, as large as asked: every feed is put on the schedule, claimed once and finished once."""
    client = connect(RedisAccess(redis))
    await client.flushdb()
    store = RedisFeedStore(client, RedisCalls(SystemClock(), Waiting()))
    now = SystemClock().now()
    listed = {feed.id: feed for feed in (a_feed(f"https://h{n}.example/feed") for n in range(feeds))}
    seen = bytes(22 * ENTRIES)

    async def finish(claim: Claim) -> None:
        due = now + timedelta(hours=1)
        await store.finish(claim, FeedState(next_poll_at=due, etag='"1"', full_at=now, last_poll_at=now, polls=1), seen)

    started = time.perf_counter()
    await store.sync(listed, dict.fromkeys(listed, now))
    scheduled = time.perf_counter()
    while claims := await store.claim(now, 64):
        await asyncio.gather(*map(finish, claims))
    finished = time.perf_counter()
    await store.sync(listed, dict.fromkeys(listed, now))
    again = time.perf_counter()
    used = (await client.info("memory"))["used_memory"]
    early = len(await store.claim(now + timedelta(minutes=59), 100))
    await client.flushdb()
    await client.aclose()
    return {
        "feeds": feeds,
        "schedule_s": round(scheduled - started, 2),
        "claim_and_finish_per_s": round(feeds / (finished - scheduled)),
        "restart_s": round(again - finished, 2),
        "due_early_after_restart": early,
        "store_bytes_per_feed": round(used / feeds),
        "own_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Print one JSON object."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=2000)
    options.add_argument("--redis", default="redis://127.0.0.1:6379/15", help="emptied before and after")
    options.add_argument("--kafka")
    options.add_argument("--schedule", type=int, help="measure the schedule alone, with so many feeds")
    options.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve is not None:
        uvloop.run(_serve(chosen.serve))
        return
    logging.configure(room="poller", log_format="console", log_level="error")
    if chosen.schedule is not None:
        print(json.dumps(uvloop.run(_schedule(chosen.schedule, chosen.redis))))
        return
    command = [sys.executable, "-m", "tests.bench.poller", "--serve", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            print(json.dumps(uvloop.run(_measure(chosen.feeds, chosen.redis, chosen.kafka, port, Path(folder)))))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
