"""What each service costs by itself: rate, processor time and memory with one and two workers, and what is stored.

``python -m tests.bench.services [--articles 8000] [--workers 1 2]`` prints one JSON object. Every service is given all
its messages beforehand and runs alone, so its rate is its own; on two cores two workers share what broker and store
leave.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import redis

from services.contracts import codec
from services.contracts import topics as names
from services.local import broker, ports, store
from services.local.process import Child
from services.runtime.kafka import topics
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.bench import corpus
from tests.bench.cluster import worker
from tests.bench.processes import cpu_seconds, resident_megabytes
from tests.bench.stack import statuses_of
from tests.support.stack import started

SERVICES = ("deduper", "tagger", "alerter")
FORWARDED = ("new", "update", "same_story")
LIMIT_SECONDS = 600


async def measure(articles: int, workers: int, words: int) -> dict[str, object]:
    """All services, one after the other, each with ``workers`` processes."""
    with tempfile.TemporaryDirectory(prefix="wirewatch-services-") as folder:
        home = Path(folder)
        kafka = broker.prepare(home / "broker", logs=home / "logs", progress=lambda _what, _done, _total: None)
        redis_ = store.prepare(home / "store", logs=home / "logs")
        running = [started(kafka), started(redis_)]
        try:
            await _fill(kafka.address, articles, words)
            servers = {"broker": running[0].pid, "store": running[1].pid}
            services: dict[str, dict[str, object]] = {}
            expected = float(articles)
            for service in SERVICES:
                services[service] = await _service(
                    home, service, workers, expected, kafka.address, redis_.address, servers
                )
                counts = services[service]["statuses"]
                assert isinstance(counts, dict)
                if service == "deduper":
                    copies = counts["duplicate"]
                    expected = sum(counts[status] for status in FORWARDED)
                else:
                    expected = counts.get("tagged", 0.0) + copies
            with redis.Redis.from_url(redis_.address) as client:
                used = int(client.info("memory")["used_memory"])
            disk = {name: _bytes(home / "broker" / "data", name) for name in topics.read()}
        finally:
            for child in running:
                child.stop(grace_seconds=10)
    return {
        "workers": workers,
        "services": services,
        "redis_bytes_per_article": round(used / articles),
        "kafka_bytes_per_article": {name: round(size / articles) for name, size in disk.items()},
    }


async def _fill(kafka: str, articles: int, words: int) -> None:
    items = list(corpus.items(articles * 4 // 5, copies=articles - articles * 4 // 5, words=words))
    async with topics.admin(KafkaAccess(kafka), timeout_seconds=30) as admin:
        await topics.create(admin, list(topics.read().values()))
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="bench", clock=SystemClock())
    await publisher.start()
    for first in range(0, len(items), 1000):
        batch = [
            Outgoing(topic=names.ARTICLES, key=item.article.id.encode(), value=codec.encode(item.article))
            for item in items[first : first + 1000]
        ]
        await publisher.publish(batch)
    await publisher.stop()


async def _service(
    home: Path, service: str, workers: int, expected: float, kafka: str, redis_: str, servers: dict[str, int]
) -> dict[str, object]:
    """Start the workers and let them work through what lies there: from the first article that any has counted."""
    taken: list[int] = []
    started: list[Child] = []
    urls: list[str] = []
    try:
        for number in range(workers):
            taken.append(ports.free(taken))
            server = worker(home, f"{service}-{number}", taken[-1], kafka, redis_)
            urls.append(server.address)
            started.append(Child(server.program))
        pids = {str(number): child.pid for number, child in enumerate(started)}
        began = await _until(urls, service, 1)
        first, cpu, before = sum(_totals(urls, service).values()), cpu_seconds(pids), cpu_seconds(servers)
        ended = await _until(urls, service, expected)
        spent = sum(cpu_seconds(pids).values()) - sum(cpu.values())
        there = cpu_seconds(servers)
        counts = _totals(urls, service)
        done = sum(counts.values()) - first
        return {
            "per_second": round(done / (ended - began)),
            "cpu_microseconds": round(spent / done * 1e6),
            "store_cpu_microseconds": round((there["store"] - before["store"]) / done * 1e6),
            "broker_cpu_microseconds": round((there["broker"] - before["broker"]) / done * 1e6),
            "per_second_of_one_core": round(done / spent),
            "resident_megabytes_each": max(resident_megabytes(pids).values()),
            "statuses": counts,
        }
    finally:
        for child in started:
            child.stop(grace_seconds=35)


async def _until(urls: list[str], service: str, count: float) -> float:
    """The moment at which the workers have counted ``count`` articles."""
    for _ in range(LIMIT_SECONDS * 20):
        if sum(_totals(urls, service).values()) >= count:
            return time.perf_counter()
        await asyncio.sleep(0.05)
    sys.exit(f"{service} has not done its {count:.0f} within {LIMIT_SECONDS} s: {_totals(urls, service)}")


def _totals(urls: list[str], service: str) -> dict[str, float]:
    totals: dict[str, float] = {}
    for url in urls:
        for status, count in statuses_of(url, service).items():
            totals[status] = totals.get(status, 0.0) + count
    return totals


def _bytes(data: Path, topic: str) -> int:
    """The size of a topic's segments on the broker's disk."""
    return sum(
        file.stat().st_size
        for partition in data.glob(f"{topic}-*")
        if partition.name.rpartition("-")[0] == topic
        for file in partition.glob("*.log")
    )


async def main(articles: int, workers: list[int], words: int) -> dict[str, object]:
    return {
        "articles": articles,
        "words_per_article": words,
        "runs": [await measure(articles, number, words) for number in workers],
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=8_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--words", type=int, default=400)
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(main(chosen.articles, chosen.workers, chosen.words)), indent=2))
