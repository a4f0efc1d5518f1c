"""How many messages a second the alerter's handler takes, with a Redis of its own: tagged articles, and copies.

``python -m tests.bench.alerter_speed [--stream autumn_2025] [--times 4]`` prints one JSON object. The tagged articles
of a month, each time as other articles of other stories a week later, in batches of 100; then as many copies of them.
The publisher only counts. ``cpu_ms`` is what a busy machine cannot spoil; that of Redis comes to it. ``reads`` are the
records that a tagged article asks for, the mean over all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry

from services.alert_store.records import Record
from services.alert_store.redis import AlertRecords
from services.alerter.edges.redis import RedisStories
from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES
from services.contracts.messages import Duplicate, TaggedArticle
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.bench.alert_page import a_store
from tests.bench.eval_alerts import STREAMS, read, tagged
from tests.support.alerts import RETENTION, a_copy, a_delivery, shipped_rules
from tests.support.publisher import FakePublisher

BATCH = 100


def repeated(messages: Sequence[TaggedArticle], times: int) -> Iterator[TaggedArticle]:
    """The articles over and over, each time a week later and with other ids."""
    for number in range(times):
        later = timedelta(days=7 * number)
        for message in messages:
            article = msgspec.structs.replace(
                message.article,
                id=f"{number:04x}{message.article.id}",
                first_seen_at=message.article.first_seen_at + later,
                fetched_at=message.article.fetched_at + later,
            )
            yield msgspec.structs.replace(message, article=article, story_id=f"{number:04x}{message.story_id}")


async def measure(messages: Sequence[TaggedArticle]) -> dict[str, object]:
    """The whole run, as one JSON object."""
    copies = [
        a_copy(m, url=f"https://copy.example/{n}", outlet="copy.example", seen=m.article.first_seen_at)
        for n, m in enumerate(messages)
    ]
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="wirewatch-alerter-") as folder:
        async with a_store(Path(folder)) as client:
            calls = RedisCalls(clock, Waiting())
            store = _Counting(client, calls, clock, RETENTION)
            handler = AlerterHandler(
                store=store,
                stories=RedisStories(client, calls),
                publisher=FakePublisher(),
                rules=shipped_rules(),
                stale_after=timedelta(hours=48),
                clock=clock,
                metrics=AlerterMetrics(STATUSES, CollectorRegistry()),
            )
            articles = await _time(handler, messages)
            reads = store.asked / len(messages)
            return {
                "messages of each kind": len(messages),
                "a tagged article": articles,
                "reads": round(reads, 1),
                "a copy": await _time(handler, copies),
                "records": await client.dbsize(),
            }


class _Counting(AlertRecords):
    """Counts the records that are asked for."""

    asked = 0

    async def load(self, keys: Sequence[str]) -> Sequence[Record]:
        self.asked += len(keys)
        return await super().load(keys)


async def _time(handler: AlerterHandler, messages: Sequence[TaggedArticle | Duplicate]) -> dict[str, float]:
    began, busy = time.perf_counter(), time.process_time()
    for start in range(0, len(messages), BATCH):
        await handler.handle([a_delivery(m, offset=n) for n, m in enumerate(messages[start : start + BATCH], start)])
    spent = {"ms": time.perf_counter() - began, "cpu_ms": time.process_time() - busy}
    return {name: round(1000 * seconds / len(messages), 2) for name, seconds in spent.items()}


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stream", default="autumn_2025")
    parser.add_argument("--times", type=int, default=4)
    chosen = parser.parse_args()
    if not STREAMS.is_dir():
        print(f"The months of news are not beside the repository ({STREAMS}): nothing to measure.")
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found = [message for message in tagged(read(chosen.stream)) if isinstance(message, TaggedArticle)]
    print(json.dumps(asyncio.run(measure(list(repeated(found, chosen.times))))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
