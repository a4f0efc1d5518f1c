"""Polls per CPU second (``python -m tests.bench.poller``), on local feeds, a real store and a real broker; prints JSON.

Every feed has a host of its own (127.x.y.z), so the politeness of hosts is paid for. ``--feeds`` feeds of one entry are
fetched once, which is not measured, and then all answer 304; the same again, due evenly over half a minute, for the
lateness. Then ``--full`` other feeds are fetched for the first time, with 30 new entries each, up to the
acknowledgement of Kafka and the state in the store.

CPU seconds are those of the poller, its parsing processes and its store (valkey, every write on disk). The broker's are
shown beside them and not counted, the feed server's nowhere. ``--reader`` and ``--miniflux`` ask the same server for as
many feeds through other readers, their stores counted in: see ``tests/bench/poller_peers.py``.
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
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import redis.asyncio
import uvloop
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client import CollectorRegistry

from services.local import broker, process, store
from services.poller import __main__ as composition
from services.poller.core.opml import write
from services.poller.core.state import FeedState, Health, Validators
from services.poller.edges.redis import RedisFeedStore
from services.poller.ports import Claim
from services.poller.service import PollerService
from services.poller.settings import PollerSettings
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process import logging
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.process.run import Context, settle
from services.runtime.redis.connection import RedisCalls, connect
from tests.bench import poller_peers
from tests.bench.poller_peers import Peer, Phase, children_of, cpu_of
from tests.support.poller import a_feed, an_item, rss
from tests.support.stack import started

ENTRIES: Final = 30
SPREAD_SECONDS: Final = 30.0
TEXT: Final = (
    "The ministers of two states signed a pact on mutual defence in the capital on Tuesday, officials said. " * 4
)


async def _serve(port: int) -> None:
    """One feed a host: 304 to whoever has a validator, else 200 with entries of its own; ``/count`` says how many."""
    counts = {"304": 0, "200": 0}

    class Feed(asyncio.Protocol):
        transport: asyncio.Transport

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.Transport", transport)  # uvloop's are transports in all but their base class

        def data_received(self, data: bytes) -> None:
            if data.startswith(b"GET /count"):
                self.answer(b"", json.dumps(counts).encode())
            elif b"If-None-Match" in data:
                counts["304"] += 1
                self.transport.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nConnection: close\r\n\r\n')
            else:
                counts["200"] += 1
                host = data.partition(b"Host: ")[2].partition(b"\r\n")[0].decode()
                entries = int(data.partition(b"n=")[2].partition(b" ")[0])
                body = rss(*(an_item(n, title=f"Report {n} of {host}", text=TEXT) for n in range(entries)))
                self.answer(b'ETag: "1"\r\n', body.replace(b"https://news.example/", f"https://{host}/".encode()))
            self.transport.close()

        def answer(self, headers: bytes, body: bytes) -> None:
            length = f"Content-Length: {len(body)}\r\n\r\n".encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
            self.transport.write(head + headers + length + body)

    server = await asyncio.get_running_loop().create_server(Feed, "0.0.0.0", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _urls(first: int, count: int, port: int, entries: int) -> list[str]:
    return [
        f"http://127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{port}/feed?n={entries}"
        for n in range(first, first + count)
    ]


@dataclass(slots=True)
class _Ours:
    """The poller under way, and what it is measured by."""

    service: PollerService
    registry: CollectorRegistry
    client: redis.asyncio.Redis
    store_pid: int
    broker_pid: int
    broker_cpu: float = 0.0

    def polls(self, outcome: str) -> float:
        return self.registry.get_sample_value("wirewatch_poller_polls_total", {"outcome": outcome}) or 0.0

    def late(self) -> dict[str, float]:
        """Polls by the bucket of their lateness, cumulative."""
        found: dict[str, float] = {}
        for metric in self.registry.collect():
            if metric.name == "wirewatch_poller_lateness_seconds":
                found = {s.labels["le"]: s.value for s in metric.samples if s.name.endswith("_bucket")}
        return found

    async def phase(self, outcome: str, feeds: int, due: dict[str, float]) -> Phase:
        """Make ``due`` what the schedule says, and wait until all of it was polled."""
        target = self.polls(outcome) + feeds
        own, kept, brokers = self._own(), cpu_of(self.store_pid), cpu_of(self.broker_pid)
        started = time.perf_counter()
        await self.client.zadd("ww:1:{po}:due", due)
        while self.polls(outcome) < target:
            await asyncio.sleep(0.1)
        self.broker_cpu = cpu_of(self.broker_pid) - brokers
        return Phase(
            feeds, time.perf_counter() - started, self._own() - own, cpu_of(self.store_pid) - kept
        )  # fmt: skip

    def _own(self) -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        own_pid = int(Path("/proc/self").resolve().name)
        workers = [pid for pid in children_of(own_pid) if pid not in (self.store_pid, self.broker_pid)]
        name = b"services.poller.parsing.worker"
        running = [pid for pid in workers if name in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return used.ru_utime + used.ru_stime + ended.ru_utime + ended.ru_stime + cpu_of(*running)


async def _measure(
    small: list[str],
    large: list[str],
    *,
    folder: Path,
    kafka: process.Server,
    kept: process.Server,
    pids: tuple[int, int],
) -> tuple[Peer, dict[str, float]]:
    listed = {url: a_feed(url) for url in [*small, *large]}
    (folder / "feeds.opml").write_text(write(listed.values(), title="bench"))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.address)
    await admin.start()
    await admin.create_topics([NewTopic("articles", 8, 1)])
    await admin.close()
    settings = PollerSettings(
        redis=kept.address, kafka=kafka.address, feeds=(str(folder / "feeds.opml"),), allow_private=("127.0.0.0/8",),
        spread_seconds=0, full_text=False, max_lag=0,
    )  # fmt: skip
    context = Context(service="poller", registry=CollectorRegistry(), clock=SystemClock(), waiting=Waiting())
    client = connect(RedisAccess(kept.address))
    empty = (await client.info("memory"))["used_memory"]
    far = {listed[url].id: 4e12 for url in large}
    await client.zadd("ww:1:{po}:due", far | {listed[url].id: 4e12 for url in small})
    service = composition.build(settings, context)
    ours = _Ours(service, context.registry, client, *pids)
    await service.start()
    settle()  # as a process does it
    before = _resident()
    now_due = {listed[url].id: 0.0 for url in small}
    await ours.phase("ok", len(small), now_due)
    store_bytes = (await client.info("memory"))["used_memory"] - empty
    own_bytes = _resident() - before
    await asyncio.sleep(settings.host_gap_seconds)  # a host asked again before that is put off, at a cost of its own
    again = await ours.phase("not_modified", len(small), now_due)
    late = ours.late()
    start = (time.time() + settings.host_gap_seconds) * 1000
    spread = {name: start + n / len(small) * SPREAD_SECONDS * 1000 for n, name in enumerate(now_due)}
    await ours.phase("not_modified", len(small), spread)
    late = {bound: count - late[bound] for bound, count in ours.late().items()}
    full = await ours.phase("ok", len(large), {listed[url].id: 0.0 for url in large})
    registry = context.registry
    sent = registry.get_sample_value("wirewatch_poller_articles_total", {"status": "published"}) or 0.0
    await service.stop()
    await client.aclose()
    within = [float(bound) for bound, count in late.items() if count >= 0.99 * late["+Inf"]]
    more = {
        "store_bytes_per_feed": round(store_bytes / len(small)),
        "own_bytes_per_feed": round(own_bytes / len(small)),
        "own_memory_mb": round(_resident() / 1e6),
        "lateness_p99_s_at_most": min(within),
        "lateness_polls_per_s": round(len(small) / SPREAD_SECONDS),
        "broker_cpu_s_of_the_200s": round(ours.broker_cpu, 1),
    }
    return Peer(not_modified=again, full=full, entries=int(sent), failed=0), more


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[process.Server, process.Server, tuple[int, int]]]:
    """A broker and a store of our own."""
    kept = store.prepare(folder / "store", logs=folder / "logs")
    kafka = broker.prepare(folder / "broker", logs=folder / "logs", progress=lambda *_: None)
    running = [started(kept), started(kafka)]
    try:
        yield kafka, kept, (running[0].pid, running[1].pid)
    finally:
        for one in reversed(running):
            one.stop(grace_seconds=5)


async def _schedule(feeds: int, address: str) -> dict[str, float]:
    """The store alone, as large as asked: every feed is put on the schedule, claimed once and finished once."""
    client = connect(RedisAccess(address))
    store_ = RedisFeedStore(client, RedisCalls(SystemClock(), Waiting()), SystemClock())
    now = SystemClock().now()
    listed = {feed.id: feed for feed in (a_feed(f"https://h{n}.example/feed") for n in range(feeds))}
    seen = bytes(22 * ENTRIES)

    async def finish(claim: Claim) -> None:
        due = now + timedelta(hours=1)
        state = FeedState(
            next_poll_at=due,
            validators=Validators(etag='"1"', full_at=now),
            health=Health(last_poll_at=now, polls=1),
        )
        await store_.finish(claim, state, seen)

    started = time.perf_counter()
    await store_.sync(listed, dict.fromkeys(listed, now))
    scheduled = time.perf_counter()
    while claims := await store_.claim(now, 64):
        await asyncio.gather(*map(finish, claims))
    finished = time.perf_counter()
    await store_.sync(listed, dict.fromkeys(listed, now))
    again = time.perf_counter()
    used = (await client.info("memory"))["used_memory"]
    early = len(await store_.claim(now + timedelta(minutes=59), 100))
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


def _compare(chosen: argparse.Namespace, port: int, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ours, then each peer that was named, then how often faster we were."""
    small = _urls(0, chosen.feeds, port, 1)
    large = _urls(chosen.feeds, chosen.full, port, ENTRIES)
    with _servers(folder) as (kafka, kept, pids):
        ours, more = uvloop.run(_measure(small, large, folder=folder, kafka=kafka, kept=kept, pids=pids))
    yield "wirewatch", ours.shown() | more | {"server": _counts(port)}
    peers: dict[str, Peer] = {}
    if chosen.reader:
        peers["reader"] = poller_peers.reader(chosen.reader, small, large, folder)
        yield "reader", peers["reader"].shown() | {"server": _counts(port)}
    if chosen.miniflux:
        peers["miniflux"] = poller_peers.miniflux(chosen.miniflux, chosen.database, small, large)
        yield "miniflux", peers["miniflux"].shown() | {"server": _counts(port)}
    for name, peer in peers.items():
        yield (
            f"wirewatch to {name}",
            {
                "304": round(ours.not_modified.per_cpu_second() / peer.not_modified.per_cpu_second(), 2),
                "200": round(ours.full.per_cpu_second() / peer.full.per_cpu_second(), 2),
            },
        )


def _counts(port: int) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=5) as answer:
        return json.load(answer)


def main() -> None:
    """Print one JSON object a line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=10_000, help="feeds that answer 304")
    options.add_argument("--full", type=int, default=1000, help="feeds with 30 new entries")
    options.add_argument("--reader", help="a Python that has the library reader")
    options.add_argument("--miniflux", help="Miniflux's binary")
    options.add_argument("--database", help="its empty PostgreSQL database, as a URL")
    options.add_argument("--schedule", type=int, help="measure the schedule alone, with so many feeds")
    options.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve is not None:
        uvloop.run(_serve(chosen.serve))
        return
    logging.configure(service="poller", log_format="console", log_level="error")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.schedule is not None:
            running = started(kept := store.prepare(folder / "store", logs=folder / "logs"))
            print(json.dumps(uvloop.run(_schedule(chosen.schedule, kept.address))))
            running.stop(grace_seconds=5)
            return
        command = [sys.executable, "-m", "tests.bench.poller", "--serve", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                port = int(server.stdout.readline()) if server.stdout else 0
                for what, figures in _compare(chosen, port, folder):
                    print(json.dumps({what: figures}), flush=True)
            finally:
                server.kill()


if __name__ == "__main__":
    main()
