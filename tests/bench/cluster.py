"""One of everything is killed on a cluster while articles flow; then the ledger. ``make cluster`` runs it.

Three Apache Kafka brokers (replication 3, min.insync.replicas 2), Redis as master and replica with three sentinels,
and ``--workers`` of each service, all as processes on this machine. ``python -m tests.bench.cluster`` prints one JSON
object and ends with 1 where anything was lost or doubled. A server stays away for ``--away`` seconds, long enough for
others to take over; a worker is started again at once. The copies follow their originals closely, so that what a
failover forgets would be seen.

``--no-kills --workers 4 --hot-share 0.5`` kills nothing and sends as fast as it can: rate, processor time and share of
each worker where half of the copies are of one story, which is one key.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.local import ports, probes
from services.local.process import Program, Server
from services.local.supervisor import Part, Supervisor
from services.runtime.kafka import topics
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.process.clock import SystemClock
from tests.bench import corpus, ledger
from tests.bench.corpus import Item
from tests.bench.processes import cpu_seconds
from tests.bench.stack import is_ready, statuses_of
from tests.support import brokers, redis_nodes
from tests.support.brokers import Broker, Brokers
from tests.support.redis_nodes import Node, Watched

SERVICES = ("deduper", "tagger", "alerter", "notifier")
READY_SECONDS = 300.0
QUIET_SECONDS = 8.0
WITHIN = 200  # messages after its original in which a copy comes


@dataclass
class Cluster:
    """Everything that runs. ``notes`` is what processes did without being asked."""

    brokers: Brokers
    redis: Watched
    supervisor: Supervisor
    ops: dict[str, str]
    notes: list[str] = field(default_factory=list)

    def ready(self) -> bool:
        """Whether every worker says that it can do its work."""
        return all(is_ready(url) for url in self.ops.values())

    def counts(self) -> dict[str, dict[str, float]]:
        """Articles by status, of every worker since it started."""
        return {name: statuses_of(url, name.partition("-")[0]) for name, url in self.ops.items()}

    def work(self) -> dict[str, dict[str, float]]:
        """Articles and processor seconds of every worker since it started."""
        pids = {name: self.supervisor.parts[name].pid or 0 for name in self.ops}
        spent = cpu_seconds(pids)
        return {
            name: {"articles": sum(counts.values()), "cpu_seconds": round(spent[name], 2)}
            for name, counts in self.counts().items()
        }


async def measure(options: argparse.Namespace) -> dict[str, object]:
    """The whole run, as one JSON object."""
    drawn = corpus.items(
        options.articles, copies=options.copies, seed=7, words=options.words, hot_share=options.hot_share
    )
    items = close_copies(list(drawn))
    bad = corpus.poison(options.poison)
    with tempfile.TemporaryDirectory(prefix="wirewatch-cluster-") as folder:
        home = Path(folder)
        with brokers.three(home / "kafka") as kafka, redis_nodes.watched(home / "redis") as redis:
            await _topics(kafka)
            replicas = f"&replicas={options.replicas}" if options.replicas else ""
            cluster = _workers(home, kafka, redis, options.workers, replicas)
            try:
                await _until_ready(cluster)
                began = time.perf_counter()
                rate = None if options.no_kills else options.per_second
                sending = asyncio.ensure_future(ledger.send(KafkaAccess(kafka.address), items, bad, per_second=rate))
                kills = [] if options.no_kills else await _kill_in_turn(cluster, options.away)
                await sending
                await _drained(cluster)
                seconds = time.perf_counter() - began - QUIET_SECONDS * options.no_kills
                workers = cluster.work()
                await asyncio.sleep(3)  # the sweeper of the outbox
                verdict = await ledger.check(KafkaAccess(kafka.address), RedisAccess(redis.address), items, bad)
                logs = _warnings(home)
            finally:
                await cluster.supervisor.stop()
    return {
        "kills": kills,
        "seconds": round(seconds, 1),
        "articles_per_second": round(len(items) / seconds, 1),
        "workers": workers,
        "ended_by_themselves": cluster.notes,
        "said": logs,
        "ledger": verdict.as_json(),
    }


def close_copies(items: Sequence[Item], seed: int = 7) -> list[Item]:
    """The items with each copy at most :data:`WITHIN` places behind its original."""
    chance = random.Random(seed)
    places: dict[int, float] = {item.group: float(n) for n, item in enumerate(items) if not item.copy}
    order = {id(item): places[item.group] + (chance.uniform(0.5, WITHIN) if item.copy else 0.0) for item in items}
    return sorted(items, key=lambda item: order[id(item)])


async def _topics(kafka: Brokers) -> None:
    async with topics.admin(KafkaAccess(kafka.address), timeout_seconds=READY_SECONDS) as admin:
        for _ in range(3000):
            if await topics.brokers(admin) == 3:
                break
            await asyncio.sleep(0.1)
        await topics.create(admin, list(topics.read().values()))
        found = await topics.found(admin, list(topics.read()))
    if {topic.replicas for topic in found.values()} != {3}:
        sys.exit(f"the topics have not three copies each: {found}")


def _workers(home: Path, kafka: Brokers, redis: Watched, each: int, more: str) -> Cluster:
    """The workers, started."""
    taken: list[int] = []
    servers: list[Server] = []
    ops: dict[str, str] = {}
    for name in [f"{service}-{number}" for service in SERVICES for number in range(each)]:
        taken.append(ports.free(taken))
        ops[name] = f"http://127.0.0.1:{taken[-1]}"
        servers.append(worker(home, name, taken[-1], kafka.address, redis.address + more))
    cluster = Cluster(kafka, redis, Supervisor(SystemClock(), lambda part, what: _note(cluster, part, what)), ops)
    cluster.supervisor.start(servers)
    return cluster


def worker(home: Path, name: str, port: int, kafka: str, redis: str) -> Server:
    """A worker ``<service>-<number>`` as a process of its own, as a container would run it."""
    url = f"http://127.0.0.1:{port}"
    environment: Mapping[str, str] = {
        **{key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ},
        "PYTHONUNBUFFERED": "1",
        "WIREWATCH_KAFKA": kafka,
        "WIREWATCH_REDIS": redis,
        "WIREWATCH_OPS_PORT": str(port),
        "WIREWATCH_LOG_FORMAT": "json",
        "WIREWATCH_LOG_LEVEL": "warning",
    }
    command = (sys.executable, "-m", f"services.{name.partition('-')[0]}")
    return Server(
        program=Program(name, command, environment, home / "logs" / f"{name}.log"),
        address=url,
        probe=probes.http(f"{url}/readyz"),
        alive=probes.http(f"{url}/healthz"),
    )


def _note(cluster: Cluster, part: Part, what: str) -> None:
    if part.state in ("restarting", "failed") and "SIGKILL" not in what:
        cluster.notes.append(f"{part.name}: {what}")


async def _until_ready(cluster: Cluster) -> float:
    """The seconds until every worker was ready."""
    began = time.perf_counter()
    while not await asyncio.to_thread(cluster.ready):
        await asyncio.sleep(0.1)
        if time.perf_counter() - began > READY_SECONDS:
            away = [name for name, url in cluster.ops.items() if not is_ready(url)]
            sys.exit(f"not ready after {READY_SECONDS:.0f} s: {away} {cluster.notes}")
    return time.perf_counter() - began


async def _kill_in_turn(cluster: Cluster, away: float) -> list[dict[str, object]]:
    """Each server and each worker once, one after the other: who, and how long until all were ready again."""
    done = [await _server_away(cluster, broker.name, broker, away) for broker in cluster.brokers.all]
    master = await asyncio.to_thread(cluster.redis.master)
    other = next(node for node in cluster.redis.servers if node is not master)
    done.append(await _server_away(cluster, f"{master.name} (master)", master, away))
    now = await asyncio.to_thread(cluster.redis.master)
    done[-1]["replica took over"] = now is other
    await asyncio.to_thread(redis_nodes.until, lambda: now.replicas() == 1, "the old master follows")
    done.append(await _server_away(cluster, f"{master.name} (replica now)", master, away))
    await asyncio.to_thread(redis_nodes.until, lambda: now.replicas() == 1, "the replica follows")
    done.append(await _server_away(cluster, f"{now.name} (master now)", now, away))
    done.append(await _server_away(cluster, cluster.redis.sentinels[0].name, cluster.redis.sentinels[0], away))
    for name in cluster.ops:
        pid = cluster.supervisor.parts[name].pid
        if pid is not None:
            os.kill(pid, 9)
        await asyncio.sleep(0.5)
        done.append({"killed": name, "ready_again_seconds": round(0.5 + await _until_ready(cluster), 1)})
    return done


async def _server_away(cluster: Cluster, name: str, server: Broker | Node, away: float) -> dict[str, object]:
    """Kill a server, see how long the workers wait while it is away, and start it again."""
    began = time.perf_counter()
    server.kill()
    await asyncio.sleep(min(1.0, away))
    without = await _ready_without(cluster, began, away)
    await asyncio.sleep(max(0.0, began + away - time.perf_counter()))
    server.start()
    await asyncio.to_thread(redis_nodes.until, server.answers, f"{name} answers again")
    back = time.perf_counter()
    await _until_ready(cluster)
    await asyncio.sleep(2.0)  # so that a broker is in sync before the next one goes
    return {
        "killed": name,
        "ready_without_it_seconds": without,
        "ready_after_its_return_seconds": round(time.perf_counter() - back - 2.0, 1),
    }


async def _ready_without(cluster: Cluster, began: float, away: float) -> float | None:
    """The seconds from the kill until all workers were ready while the server was away, None where they never were."""
    while time.perf_counter() < began + away:
        if await asyncio.to_thread(cluster.ready):
            return round(time.perf_counter() - began, 1)
        await asyncio.sleep(0.1)
    return None


async def _drained(cluster: Cluster) -> None:
    """Wait until no worker has counted anything for a while."""
    last, since = "", time.perf_counter()
    while time.perf_counter() - since < QUIET_SECONDS:
        await asyncio.sleep(0.5)
        seen = json.dumps(await asyncio.to_thread(cluster.counts))
        if seen != last:
            last, since = seen, time.perf_counter()


def _warnings(home: Path) -> dict[str, int]:
    """How often the workers logged which warning or error."""
    counts: dict[str, int] = {}
    for log in sorted((home / "logs").glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            try:
                event = str(json.loads(line)["event"])
            except (ValueError, KeyError, TypeError):
                event = line[:80]
            counts[event[:80]] = counts.get(event[:80], 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1])[:25])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=3_000)
    parser.add_argument("--copies", type=int, default=1_000)
    parser.add_argument("--poison", type=int, default=40)
    parser.add_argument("--words", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2, help="of each service (2)")
    parser.add_argument("--hot-share", type=float, default=0.0, help="share of the copies that are of one story (0)")
    parser.add_argument("--no-kills", action="store_true", help="kill nothing, send at once: for the rate")
    parser.add_argument("--away", type=float, default=10.0, help="seconds that a killed server stays away")
    parser.add_argument(
        "--replicas", default="", help="replicas that must have a write; empty: one, where there is one"
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers that are away are what it is about
    result = asyncio.run(measure(parser.parse_args()))
    print(json.dumps(result, indent=2))
    verdict = result["ledger"]
    clean = isinstance(verdict, dict) and not any(
        verdict[name] for name in ("lost", "missing", "doubled", "out_of_order", "redis_and_topic_differ")
    )
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
