"""Checks and inserts a second with Redis on this machine, and bytes an article, up to a million in the window.

``python -m tests.bench.dedupe_store redis://127.0.0.1:6379/9 --articles 1000000`` empties that database, fills it with
made-up articles (480 words in the mean, 40 terms, 30 % copies, about what news has) and prints JSON. Candidates are
drawn as hashes, without texts, so that the store is what is measured; each carries a member as large as a real one. One
process has two batches in flight, so that the server never waits for the next.

``--window 1000000 --articles 1250000`` goes on after the window is full: what is entered then takes the room of what is
no longer read. The server's own clock does not pass so fast, and keys that would have expired stay; so of that run the
rate is to be looked at, and the postings (``bytes_by_kind``). ``--onto 1250000`` goes on after so many that the
database holds already, as after a restart of the server from its dump.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.contracts import ids
from services.contracts.stories import StoryMember
from services.deduper.core.candidate import Candidate
from services.deduper.core.event import Event, Term
from services.deduper.core.facts import Facts
from services.deduper.core.marks import Marks
from services.deduper.core.sketch import Sketch, sample
from services.deduper.store.redis import RedisStories
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls, connect

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW_S = 96 * 3600
TERMS, COPIES = 40, 0.3
WORDS, SPREAD = 400, 0.6  # median, and spread of the logarithm: one article in five is a long one
VOCABULARY = 200_000
OUTLETS = 20_000
BATCH = 256
IN_FLIGHT, BATCHES = 2, 4  # so many batches at a time, and so many after each other between two draws of articles
STEPS = (10_000, 20_000, 50_000, *range(100_000, 700_000, 100_000), *range(800_000, 2_000_000, 100_000))
SAMPLED = 40  # of the keys, one in so many is looked at for its size


class EvenClock(SystemClock):
    """Lets the window pass while the articles come in, so that the epochs fill as they would in four days."""

    def __init__(self, window: int) -> None:
        self._step = timedelta(seconds=WINDOW_S / window)
        self.seen = 0

    def now(self) -> datetime:
        return START + self._step * self.seen


class Articles:
    """Candidates as the poller's articles would make them."""

    def __init__(self, seed: int, after: int) -> None:
        self._draw = random.Random(seed + after)
        self._count = after
        self._recent: list[Sketch] = []

    def next(self, now: datetime) -> Candidate:
        draw = self._draw
        self._count += 1
        name = ids.digest("article", str(self._count))
        copied = bool(self._recent) and draw.random() < COPIES
        sketch = draw.choice(self._recent) if copied else self._sketch()
        if not copied:
            self._recent.append(sketch)
            self._recent = self._recent[-20_000:]
        host = f"news{draw.randrange(OUTLETS)}.example"
        return Candidate(
            article_id=name,
            bucket="en",
            version=draw.getrandbits(48),
            identity=int(name[:12], 16),
            exact=draw.getrandbits(48),
            title=draw.getrandbits(48),
            short=False,
            empty=False,
            outlet=draw.getrandbits(16),
            sketch=sketch,
            facts=Facts(title="", numbers=("12", "2026", "300"), names=("Ann Lee", "Port Selwyn", "Ruthenia")),
            marks=Marks(numbers=(draw.getrandbits(16),) if draw.random() < 0.3 else ()),
            event=self._event(),
            published_s=int(now.timestamp()),
            member=StoryMember(
                article_id=name,
                outlet=host,
                family=host,
                title="A title of about seventy characters, as long as titles mostly are now",
                first_seen_at=now,
                url=f"https://{host}/2026/01/01/a-title-of-about-seventy-characters",
                published_at=now,
            ),
        )

    def _sketch(self) -> Sketch:
        words = min(10_000, max(30, round(self._draw.lognormvariate(math.log(WORDS), SPREAD))))
        return sample([self._draw.getrandbits(64) for _ in range(words)])

    def _event(self) -> Event:
        """Terms with a long tail: the n-th of the vocabulary is drawn with a likelihood of about 1/n."""
        draw = self._draw
        found: dict[int, Term] = {}
        while len(found) < TERMS:
            rank = int(VOCABULARY ** draw.random())
            key = rank * 2_654_435_761 % 2**48
            rarity = min(225, 30 + rank // 50)
            found.setdefault(key & 0xFFFFFF, Term(str(rank), key, draw.randrange(8, 40), rarity, draw.random() < 0.2))
        terms = sorted(found.values(), key=lambda term: -term.rarity)
        return Event(tuple(terms), 60)


async def measure(address: str, articles: int, window: int, onto: int) -> dict[str, Any]:
    """Fill the store and measure on the way. ``window`` articles come in a window; ``onto`` are there already."""
    client = connect(RedisAccess(address))
    if not onto:
        await client.flushdb()
    clock = EvenClock(window)
    clock.seen = onto
    store = RedisStories(client, RedisCalls(clock, Waiting()), clock, window_s=WINDOW_S)
    source = Articles(1, onto)
    empty = (await client.info("memory"))["used_memory"]
    steps: list[dict[str, Any]] = []
    spent, own, since, busy = 0.0, 0.0, 0, await _processor_seconds(client)
    for step in [size for size in STEPS if onto < size < onto + articles] + [onto + articles]:
        while clock.seen < step:
            batches = [
                [source.next(clock.now()) for _ in range(min(BATCH, step - first))]
                for first in range(clock.seen, min(clock.seen + IN_FLIGHT * BATCHES * BATCH, step), BATCH)
            ]
            started, worked = time.perf_counter(), time.process_time()
            await asyncio.gather(*(_judge(store, batches[number::IN_FLIGHT]) for number in range(IN_FLIGHT)))
            spent += time.perf_counter() - started
            own += time.process_time() - worked
            judged = sum(map(len, batches))
            clock.seen += judged
            since += judged
            if since >= 10_000 and clock.seen < step - 10_000:  # only the last ones before a step are reported
                spent, own, since, busy = 0.0, 0.0, 0, await _processor_seconds(client)
        used = (await client.info("memory"))["used_memory"] - empty
        stories = await _story_bytes(client)
        steps.append(
            {
                "articles": clock.seen,
                "per_second_of_the_last_articles": round(since / spent),
                "server_microseconds_an_article": round((await _processor_seconds(client) - busy) * 1e6 / since),
                "client_microseconds_an_article": round(own * 1e6 / since),
                "bytes_an_article": round(used / clock.seen),
                "of_these_index": round(used / clock.seen - stories),
                "of_these_stories": round(stories),
            }
        )
        print(json.dumps(steps[-1]), flush=True)
        spent, own, since, busy = 0.0, 0.0, 0, await _processor_seconds(client)
    server = await client.info("server")
    sizes = await _bytes_by_kind(client, min(articles, window))
    await client.aclose()
    return {"server": server.get("valkey_version") or server["redis_version"], "steps": steps, "bytes_by_kind": sizes}


async def _judge(store: RedisStories, batches: Sequence[Sequence[Candidate]]) -> None:
    for batch in batches:
        await store.check_and_insert(batch)


async def _processor_seconds(client: Any) -> float:
    """What the server has used of a processor since it started."""
    used = await client.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


async def _story_bytes(client: Any) -> float:
    """Mean bytes of stories an article: by their keys, from a sample."""
    keys = await client.dbsize()
    slots = 2 ** math.ceil(math.log2(max(keys, 1))) / keys if keys else 0.0
    total, members = 0.0, 0
    async for key in client.scan_iter(match="*:story:*", count=1000):
        # Of its entries among the keys and the expiries, 32 each as allocated, 24 are counted; of its slots in the two
        # tables none.
        total += await client.memory_usage(key) + 40 + 16 * slots
        members += await client.hlen(key)
        if members > 3000:
            break
    return total / members if members else 0.0


async def _bytes_by_kind(client: Any, articles: int) -> dict[str, float]:
    """Bytes an article by kind of key, without what a key costs in the server's tables."""
    sizes: Counter[str] = Counter()
    seen = 0
    async for key in client.scan_iter(count=5000):
        seen += 1
        if seen % SAMPLED == 0:
            kind = key.split(b"}:")[1].split(b":")[0].decode()
            sizes[kind] += SAMPLED * await client.memory_usage(key, samples=0)
    return {kind: round(size / articles, 1) for kind, size in sizes.most_common()}


def main() -> None:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--onto", type=int, default=0, help="articles that the database holds already")
    parser.add_argument("--window", type=int, help="articles a window; as many as there are, if not given")
    given = parser.parse_args()
    found = asyncio.run(measure(given.address, given.articles, given.window or given.articles, given.onto))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
