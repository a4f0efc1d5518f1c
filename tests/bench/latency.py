"""From an article sent to its alert: on the topic, in Redis, at an open follower of the api, and on an open page.

``python -m tests.bench.latency [--articles 3000] [--per-second 100]`` prints one JSON object. Times are taken on one
machine, by its clock: when the article is handed to the producer, and when its alert is read back from each place. On
the page it is the frame after the row has come, in a Chromium; without one on this machine, that figure is missing.
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
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import redis.asyncio
from aiokafka import AIOKafkaConsumer
from playwright.async_api import expect

from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.bench import corpus
from tests.bench.stack import Stack, running
from tests.support.browser import a_tab, chromium

PLACES = ("topic", "redis", "follower", "page")
# Notes for every new row the first frame that can show it.
_WATCH = """
window.rows = {};
addEventListener('DOMContentLoaded', () => new MutationObserver((changes) => {
  for (const change of changes) for (const row of change.addedNodes) {
    const id = row.dataset && row.dataset.id;
    if (id && !(id in rows)) { rows[id] = 0; requestAnimationFrame(() => { rows[id] = Date.now() / 1000; }); }
  }
}).observe(document.querySelector('#alerts'), {childList: true}));
"""


class Times:
    """When each article was sent, and when its alert was seen at each place. Seconds since 1970."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.seen: dict[str, dict[str, float]] = {place: {} for place in PLACES}
        self.article_of: dict[str, str] = {}  # by alert

    def saw(self, place: str, alert: Alert) -> None:
        """Note the first sight of the alert that an article caused."""
        self.article_of.setdefault(alert.id, alert.stages.article_id)
        self.seen[place].setdefault(alert.stages.article_id, time.time())

    def saw_rows(self, rows: dict[str, float]) -> None:
        """Note the rows of the page, by alert."""
        self.seen["page"] = {self.article_of[id_]: at for id_, at in rows.items() if at and id_ in self.article_of}

    def percentiles(self, place: str) -> dict[str, float]:
        """Milliseconds."""
        waits = sorted(1000 * (at - self.sent[name]) for name, at in self.seen[place].items() if name in self.sent)
        if not waits:
            return {"alerts": 0}
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
            async with _page(stack) as rows:
                print("measuring", file=sys.stderr, flush=True)
                await asyncio.sleep(2)
                await _send(stack, items, per_second, times)
                for _ in range(600):
                    seen = [len(times.seen[place]) for place in PLACES[:3]]
                    if min(seen) >= wanted or any(reader.done() for reader in readers):
                        break
                    await asyncio.sleep(0.1)
                await asyncio.sleep(2)
                times.saw_rows(await rows())
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
        times.sent[item.article.id] = time.time()
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


@asynccontextmanager
async def _page(stack: Stack) -> AsyncIterator[Callable[[], Awaitable[dict[str, float]]]]:
    """An open page; what is yielded asks it when each row came."""

    async def none() -> dict[str, float]:
        return {}

    if chromium() is None:
        yield none
        return
    async with a_tab(width=1440, height=900) as tab:
        await tab.page.add_init_script(_WATCH)
        await tab.page.goto(json.loads((stack.home / "run.json").read_text())["api"])
        await expect(tab.page.locator("#status")).to_have_text("connected")

        async def rows() -> dict[str, float]:
            found: dict[str, float] = await tab.page.evaluate("rows")
            return found

        yield rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=3000)
    parser.add_argument("--per-second", type=float, default=100.0)
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(measure(chosen.articles, chosen.per_second)), indent=2))
