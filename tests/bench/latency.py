"""From an article sent to its alert: on the topic, in Redis, and at an open follower of the api.

``python -m tests.bench.latency [--articles 3000] [--per-second 100]`` prints one JSON object. Times are taken by this
process, on the same machine: when the article is handed to the producer, and when its alert is read back from each
place. What the page adds (drawing a row) is not in the figure; how the event reaches an open page is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import redis.asyncio
from aiokafka import AIOKafkaConsumer

from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert
from services.runtime.access import KafkaAccess
from services.runtime.clock import SystemClock
from services.runtime.delivery import Outgoing
from services.runtime.kafka import KafkaPublisher
from tests.bench import corpus
from tests.bench.stack import Stack, running

PLACES = ("topic", "redis", "follower")


class Times:
    """When each article was sent, and when its alert was seen at each place. Seconds of one monotonic clock."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.seen: dict[str, dict[str, float]] = {place: {} for place in PLACES}

    def saw(self, place: str, alert: Alert) -> None:
        """Note the first sight of the alert that an article caused."""
        self.seen[place].setdefault(alert.stages.article_id, time.perf_counter())

    def percentiles(self, place: str) -> dict[str, float]:
        """Milliseconds."""
        waits = sorted(1000 * (at - self.sent[name]) for name, at in self.seen[place].items() if name in self.sent)
        return {
            "alerts": len(waits),
            "p50_ms": round(waits[len(waits) // 2], 1),
            "p99_ms": round(waits[int(len(waits) * 0.99)], 1),
            "max_ms": round(waits[-1], 1),
        }


async def measure(articles: int, per_second: float) -> dict[str, object]:
    """The whole run, as one JSON object."""
    items = list(corpus.items(articles, seed=11))
    wanted = sum(1 for item in items if item.kind != "plain")
    times = Times()
    with tempfile.TemporaryDirectory(prefix="wirewatch-latency-") as folder:
        async with running(Path(folder) / "home", WIREWATCH_LOG_LEVEL="warning") as stack:
            readers = [asyncio.ensure_future(read(stack, times)) for read in (_topic, _redis, _follower)]
            await asyncio.sleep(2)
            await _send(stack, items, per_second, times)
            for _ in range(600):
                if all(len(seen) >= wanted for seen in times.seen.values()) or any(r.done() for r in readers):
                    break
                await asyncio.sleep(0.1)
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
    return {
        "articles": articles,
        "articles_per_second": per_second,
        "alerts_expected": wanted,
        "sent_to": {place: times.percentiles(place) for place in PLACES},
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }


async def _send(stack: Stack, items: Sequence[corpus.Item], per_second: float, times: Times) -> None:
    publisher = KafkaPublisher(kafka=KafkaAccess(stack.kafka), client_id="latency", clock=SystemClock())
    await publisher.start()
    sending: set[asyncio.Task[Any]] = set()
    began = time.perf_counter()
    for number, item in enumerate(items):
        await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
        message = Outgoing(topic=topics.ARTICLES, key=item.article.id.encode(), value=codec.encode(item.article))
        times.sent[item.article.id] = time.perf_counter()
        task = asyncio.create_task(publisher.publish([message]))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    await publisher.stop()


async def _topic(stack: Stack, times: Times) -> None:
    consumer = AIOKafkaConsumer(topics.ALERTS, bootstrap_servers=stack.kafka, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        async for record in consumer:
            times.saw("topic", codec.decode(record.value, Alert))
    finally:
        await consumer.stop()


async def _redis(stack: Stack, times: Times) -> None:
    store: Any = redis.asyncio.Redis.from_url(stack.redis, protocol=2)
    last = b"$"
    try:
        while True:
            for _, entries in await store.xread({redis_keys.ALERTS_STREAM: last}, block=1000) or ():
                for entry, fields in entries:
                    last = entry
                    body = await store.hget(redis_keys.alert(fields[b"id"].decode()), "alert")
                    times.saw("redis", codec.decode(body, Alert))
    finally:
        await store.aclose()


async def _follower(stack: Stack, times: Times) -> None:
    address = json.loads((stack.home / "run.json").read_text())["api"]
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"{address}/api/v1/stream") as answer:
        async for line in answer.content:
            if line.startswith(b"data: "):
                times.saw("follower", codec.decode(line[6:], Alert))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=3000)
    parser.add_argument("--per-second", type=float, default=100.0)
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(measure(chosen.articles, chosen.per_second)), indent=2))
