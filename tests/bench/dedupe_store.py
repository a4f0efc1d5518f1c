"""How fast the deduper is with Redis on this machine, and bytes an article, up to a million in the window.

``python -m tests.bench.dedupe_store redis://127.0.0.1:6379/9 --texts 20000`` empties that database and drives invented
articles of 480 words through the handler, as the stream does, with a publisher that only keeps count.

``--articles 1000000`` fills it with fingerprints drawn as hashes, without texts, so that the store and the judge are
what is measured (480 words in the mean, 40 terms, 30 % copies, about what news has); each carries a member as large as
a real one. ``--window 1000000 --articles 1250000`` goes on after the window is full: what is entered then takes the
room of what is no longer read. The server's own clock does not pass so fast, and keys that would have expired stay; so
of that run the rate is to be looked at, and the postings (``bytes_by_kind``). Both print JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry

from services.contracts import codec, ids
from services.contracts.stories import StoryMember
from services.deduper.core.discriminators import Discriminators
from services.deduper.core.facts import Facts
from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.sketch import Sketch, sample
from services.deduper.core.terms import Term, TermVector
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.handler import AT_ONCE, Deduper
from services.deduper.judge import Judge
from services.deduper.metrics import DeduperMetrics
from services.deduper.vocabularies import Vocabularies
from services.runtime.kafka.connection import RedisAccess
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.process.run import settle
from services.runtime.redis.connection import RedisCalls, connect
from tests.bench import corpus
from tests.support.publisher import FakePublisher, deliver
from tests.support.stories import mark_built

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW_S = 96 * 3600
TERMS, COPIES = 40, 0.3
WORDS, SPREAD = 400, 0.6  # median, and spread of the logarithm: one article in five is a long one
VOCABULARY = 200_000
OUTLETS = 20_000
DRAWN = 2048  # articles between two looks at the clock
BATCH = 256  # of the stream
STEPS = (10_000, 20_000, 50_000, *range(100_000, 700_000, 100_000), *range(800_000, 2_000_000, 100_000))
SLOW_MICROSECONDS = 5000
SAMPLED = 40  # of the keys, one in so many is looked at for its size


class EvenClock(SystemClock):
    """Lets the window pass while the articles come in, so that the epochs fill as they would in four days."""

    def __init__(self, window: int) -> None:
        self._step = timedelta(seconds=WINDOW_S / window)
        self.seen = 0

    def now(self) -> datetime:
        return START + self._step * self.seen


class Articles:
    """Fingerprints as the poller's articles would make them."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._count = 0
        self._recent: list[Sketch] = []

    def next(self, now: datetime) -> Fingerprint:
        draw = self._draw
        self._count += 1
        name = ids.digest("article", str(self._count))
        copied = bool(self._recent) and draw.random() < COPIES
        sketch = draw.choice(self._recent) if copied else self._sketch()
        if not copied:
            self._recent.append(sketch)
            self._recent = self._recent[-20_000:]
        host = f"news{draw.randrange(OUTLETS)}.example"
        return Fingerprint(
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
            discriminators=Discriminators(numbers=(draw.getrandbits(16),) if draw.random() < 0.3 else ()),
            terms=self._terms(),
            word_counts={},
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

    def _terms(self) -> TermVector:
        """Terms with a long tail: the n-th of the vocabulary is drawn with a likelihood of about 1/n."""
        draw = self._draw
        found: dict[int, Term] = {}
        while len(found) < TERMS:
            rank = int(VOCABULARY ** draw.random())
            key = rank * 2_654_435_761 % 2**48
            rarity = min(225, 30 + rank // 50)
            found.setdefault(key & 0xFFFFFF, Term(str(rank), key, draw.randrange(8, 40), rarity, draw.random() < 0.2))
        terms = sorted(found.values(), key=lambda term: -term.rarity)
        return TermVector(tuple(terms), 60)


async def through_the_handler(address: str, articles: int) -> dict[str, Any]:
    """Articles a second of one worker, without Kafka around it."""
    client = await _emptied(address)
    clock, vocabulary_of, publisher = SystemClock(), Vocabularies().of, FakePublisher()
    store = _store(client, clock)
    judge = Judge(store, clock, window_s=WINDOW_S, rebuild=partial(mark_built, store))
    handler = Deduper(judge, publisher, clock, DeduperMetrics(CollectorRegistry()), vocabulary_of)
    drawn = corpus.items(round(articles * (1 - COPIES)), copies=round(articles * COPIES), words=480)
    values = [codec.encode(item.article) for item in drawn]
    random.Random(1).shuffle(values)
    await client.config_resetstat()
    settle()
    steps: list[dict[str, Any]] = []
    for step in range(0, articles, max(BATCH, articles // 4)):
        some = values[step : step + max(BATCH, articles // 4)]
        busy, started, worked = await _processor_seconds(client), time.perf_counter(), time.process_time()
        for first in range(0, len(some), BATCH):
            batch = [Outgoing("articles", b"k", value) for value in some[first : first + BATCH]]
            await handler.handle(deliver(batch))
            publisher.sent.clear()
        steps.append(
            {
                "articles": step + len(some),
                "per_second": round(len(some) / (time.perf_counter() - started)),
                "worker_microseconds_an_article": round((time.process_time() - worked) * 1e6 / len(some)),
                "server_microseconds_an_article": round((await _processor_seconds(client) - busy) * 1e6 / len(some)),
            }
        )
    found = {"server": await _version(client), "steps": steps, "calls": await _slowest(client)}
    await client.aclose()
    return found


async def measure(address: str, articles: int, window: int) -> dict[str, Any]:
    """Fill the store and measure on the way. ``window`` articles come in a window."""
    client = await _emptied(address)
    clock, source = EvenClock(window), Articles(1)
    store = _store(client, clock)
    judge = Judge(store, clock, window_s=WINDOW_S, rebuild=partial(mark_built, store))
    empty = (await client.info("memory"))["used_memory"]
    steps: list[dict[str, Any]] = []
    for step in [size for size in STEPS if size < articles] + [articles]:
        spent, own, since, busy = 0.0, 0.0, 0, await _processor_seconds(client)
        while clock.seen < step:
            drawn = [source.next(clock.now()) for _ in range(min(DRAWN, step - clock.seen))]
            started, worked = time.perf_counter(), time.process_time()
            for first in range(0, len(drawn), AT_ONCE):
                await judge.decide(drawn[first : first + AT_ONCE])
                clock.seen += len(drawn[first : first + AT_ONCE])
            spent += time.perf_counter() - started
            own += time.process_time() - worked
            since += len(drawn)
        used = (await client.info("memory"))["used_memory"] - empty
        stories = await _story_bytes(client)
        steps.append(
            {
                "articles": clock.seen,
                "per_second_since": round(since / spent),
                "server_microseconds_an_article": round((await _processor_seconds(client) - busy) * 1e6 / since),
                "worker_microseconds_an_article": round(own * 1e6 / since),
                "bytes_an_article": round(used / clock.seen),
                "of_these_index": round(used / clock.seen - stories),
                "of_these_stories": round(stories),
            }
        )
        print(json.dumps(steps[-1]), flush=True)
    sizes = await _bytes_by_kind(client, min(articles, window))
    found = {
        "server": await _version(client),
        "steps": steps,
        "bytes_by_kind": sizes,
        "calls": await _slowest(client),
    }
    await client.aclose()
    return found


async def _emptied(address: str) -> Any:
    client: Any = connect(RedisAccess(address))
    await client.flushdb()
    await client.config_set("slowlog-log-slower-than", SLOW_MICROSECONDS)
    await client.slowlog_reset()
    return client


def _store(client: Any, clock: SystemClock) -> RedisIndexStore:
    return RedisIndexStore(client, RedisCalls(clock, Waiting()), window_s=WINDOW_S)


async def _version(client: Any) -> str:
    server = await client.info("server")
    return str(server.get("valkey_version") or server["redis_version"])


async def _slowest(client: Any) -> dict[str, float]:
    """How many calls took longer than 5 ms of the server, and how long the longest of the last 128 took."""
    slow = [entry["duration"] for entry in await client.slowlog_get(128) if b"EVALSHA" in entry["command"]]
    slow += [entry["duration"] for entry in await client.slowlog_get(128) if b"MGET" in entry["command"][:5]]
    return {"over_5_ms": len(slow), "longest_ms": max(slow, default=0) / 1000}


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
    parser.add_argument("--texts", type=int, default=0, help="drive so many articles through the handler")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--window", type=int, help="articles a window; as many as there are, if not given")
    given = parser.parse_args()
    if given.texts:
        found = asyncio.run(through_the_handler(given.address, given.texts))
    else:
        found = asyncio.run(measure(given.address, given.articles, given.window or given.articles))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
