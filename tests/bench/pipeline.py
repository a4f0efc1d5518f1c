"""Articles per second through the whole pipeline, beside a bare three-hop Faust pipeline on the same broker.

``python -m tests.bench.pipeline [--articles 20000] [--words 400]`` prints one JSON object. The clock runs from the
first message sent to ``articles`` until the alerter has acted on the last one that concerns it, Redis and ``alerts``
included. The sender runs on the same machine and its work is in the figure, for the line and for the bare hops alike.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.contracts import codec, topics
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.bench import corpus, ledger
from tests.bench.processes import cpu_seconds, resident_megabytes
from tests.bench.stack import Stack, running

PARTITIONS = 4
HOPS = ("bench.in", "bench.one", "bench.two", "bench.out")


async def measure(articles: int, words: int) -> dict[str, object]:
    """The whole run, as one JSON object."""
    items = list(corpus.items(articles * 4 // 5, copies=articles - articles * 4 // 5, words=words))
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        async with running(Path(folder) / "home", WIREWATCH_LOG_LEVEL="warning") as stack:
            line = await _line(stack, items)
            verdict = await ledger.check(KafkaAccess(stack.kafka), RedisAccess(stack.redis), items, [])
            bare = {way: await _bare(stack.kafka, items, way) for way in ("single", "batch")}
    return {
        "articles": articles,
        "words_per_article": words,
        "line": line,
        "bare_three_hops": bare,
        "ratio_line_to_bare_single": round(_rate(line) / _rate(bare["single"]), 2),
        "ratio_line_to_bare_batch": round(_rate(line) / _rate(bare["batch"]), 2),
        "ledger": verdict.as_json(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }


def _rate(figures: dict[str, object]) -> float:
    return float(str(figures["articles_per_second"]))


async def _line(stack: Stack, items: Sequence[corpus.Item]) -> dict[str, object]:
    messages = _encoded(topics.ARTICLES, items)
    before = cpu_seconds(stack.pids())
    began = time.perf_counter()
    await _send(stack.kafka, messages)
    sent = time.perf_counter()
    statuses: dict[str, dict[str, float]] = {}
    while not _done(statuses, len(items)):
        await asyncio.sleep(0.5)  # to tell all its metrics ten times a second took the alerter a fifth of its time
        statuses = {service: stack.statuses(service) for service in ("deduper", "tagger", "alerter")}
        if time.perf_counter() - began > 900:
            sys.exit(f"not done after 900 s: {statuses}")
    seconds = time.perf_counter() - began
    return {
        "articles_per_second": round(len(items) / seconds),
        "seconds": round(seconds, 2),
        "sending_seconds": round(sent - began, 2),
        "cpu_microseconds_per_article": {
            name: round((spent - before[name]) / len(items) * 1e6) for name, spent in cpu_seconds(stack.pids()).items()
        },
        "resident_megabytes": resident_megabytes(stack.pids()),
        "statuses": statuses,
    }


def _done(statuses: dict[str, dict[str, float]], sent: int) -> bool:
    """Whether every service has acted on all that concerns it: the statuses add up from service to service."""
    if not statuses or any(not counts for counts in statuses.values()):
        return False
    deduper, tagger, alerter = (statuses[service] for service in ("deduper", "tagger", "alerter"))
    unique = deduper["new"] + deduper["update"] + deduper["same_story"]
    return (
        sum(deduper.values()) >= sent
        and sum(tagger.values()) >= unique
        and sum(alerter.values()) >= tagger["tagged"] + deduper["duplicate"]
    )


async def _bare(kafka: str, items: Sequence[corpus.Item], way: str) -> dict[str, object]:
    names = [f"{name}.{way}" for name in HOPS]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    await admin.close()
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.passthrough",
            kafka,
            source,
            target,
            way,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for source, target in itertools.pairwise(names)
    ]
    pids = {str(number): worker.pid for number, worker in enumerate(workers)}
    try:
        await _send(kafka, [Outgoing(topic=names[0], key=b"%d" % n, value=b"warm") for n in range(100)])
        await _arrived(kafka, names[-1], 100)
        messages = _encoded(names[0], items)
        before = sum(cpu_seconds(pids).values())
        began = time.perf_counter()
        await _send(kafka, messages)
        await _arrived(kafka, names[-1], 100 + len(items))
        seconds = time.perf_counter() - began
        spent = sum(cpu_seconds(pids).values()) - before
    finally:
        for worker in workers:
            worker.terminate()
            await worker.wait()
    return {
        "articles_per_second": round(len(items) / seconds),
        "seconds": round(seconds, 2),
        "cpu_microseconds_per_article_and_hop": round(spent / len(items) / len(workers) * 1e6),
    }


def _encoded(topic: str, items: Sequence[corpus.Item]) -> list[Outgoing]:
    return [Outgoing(topic=topic, key=item.article.id.encode(), value=codec.encode(item.article)) for item in items]


async def _send(kafka: str, messages: Sequence[Outgoing]) -> None:
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="bench", clock=SystemClock())
    await publisher.start()
    for first in range(0, len(messages), 1000):
        await publisher.publish(messages[first : first + 1000])
    await publisher.stop()


async def _arrived(kafka: str, topic: str, count: int) -> None:
    """Wait until ``topic`` holds ``count`` messages."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    try:
        while sum((await consumer.end_offsets(parts)).values()) < count:
            await asyncio.sleep(0.05)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=400)
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(measure(chosen.articles, chosen.words)), indent=2))
