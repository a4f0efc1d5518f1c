"""F21, F22, F25, F26, F30: what comes in is poison, or of another version, or comes again."""

from __future__ import annotations

import asyncio
import json
import signal
import time

from services.contracts import codec, ids, topics
from services.runtime.messages.delivery import Outgoing
from tests.bench import corpus
from tests.faults import offsets
from tests.faults.bench import Bench
from tests.faults.report import Result
from tests.support import hostile_records, records

PARTITIONS = 4


def shapes(count: int, offset: int = 0) -> list[tuple[bytes | None, bytes | None]]:
    """Poison: bytes that are no JSON, JSON that is no article, no value, no key, a megabyte of nothing."""
    bad = corpus.poison(count + offset)[offset:]
    made: list[tuple[bytes | None, bytes | None]] = [(b"p%d" % n, value) for n, value in enumerate(bad)]
    for n in range(0, count, 8):
        made[n] = (None, made[n][1])
    for n in range(3, count, 16):
        made[n] = (b"empty%d" % n, None)
    if count > 20:
        made[9] = (b"large", b"x" * 900_000)
    return made


async def poison(bench: Bench) -> list[Result]:
    """F21: poison among good articles; each must be one dead letter with its own bytes, and stop nobody."""
    count = 200 if bench.full else 40
    worst = 0.0

    async def harm() -> list[float]:
        nonlocal worst
        made = shapes(count)
        async with bench.traffic():
            for at in range(0, count, 4):
                await bench.send_poison(made[at : at + 4])
                await asyncio.sleep(0.2)
                worst = max(worst, bench.lag())
            began = time.monotonic()
            await bench.until(lambda: len(bench.book.dead) >= len(bench.book.poison), "every poison is a dead letter")
            return [0.0] * (count - 1) + [await bench.recovered({}, began)]

    result = await bench.row("F21", "poison: no JSON, no article, no value, no key, 900 kB", harm)
    result.problems += bench.book.dead_letters()[:5]
    result.note = (
        f"{len(bench.book.dead)} dead letters, each with its bytes or (over 600 kB) their number; "
        f"at most {worst:.1f} s behind meanwhile"
    )
    return [result]


async def hostile(bench: Bench) -> list[Result]:
    """F30: records made byte by byte, of which a stranger chose every part; each one dead letter with its bytes."""
    made = hostile_records.drawn(5_000 if bench.full else 1_000)

    async def harm() -> list[float]:
        async with bench.traffic(), records.Sender(bench.pipeline.kafka, topics.ARTICLES) as sender:
            for number, each in enumerate(made):
                partition = number % PARTITIONS
                first = await sender.send(partition, each.batch)
                for at, value in enumerate(each.values or ()):
                    bench.book.poison[ids.dead_letter_id(topics.ARTICLES, partition, first + at)] = value
            began = time.monotonic()
            await bench.until(lambda: len(bench.book.dead) >= len(bench.book.poison), "every record is a dead letter")
            return [0.0] * (len(made) - 1) + [await bench.recovered({}, began)]

    result = await bench.row("F30", f"{len(made)} batches of records that no client sends", harm)
    result.problems += bench.book.dead_letters()[:5]
    result.note = f"{len(bench.book.dead)} dead letters, each with its bytes"
    return [result]


async def all_poison(bench: Bench) -> list[Result]:
    """F22: nothing but poison for a while."""
    seconds = 60 if bench.full else 8
    said: list[str] = []

    async def harm() -> list[float]:
        began, sent = time.monotonic(), 1000
        while time.monotonic() - began < seconds:
            await bench.send_poison(shapes(20, sent))
            sent += 20
            await asyncio.sleep(0.2)
        began = time.monotonic()
        await bench.until(lambda: len(bench.book.dead) >= len(bench.book.poison), "every poison is a dead letter")
        _, shown = await bench.pipeline.wirewatch("status", "--home", str(bench.pipeline.home), "--json")
        said.extend(service["note"] or "" for service in json.loads(shown)["services"] if service["name"] == "deduper")
        recovery = time.monotonic() - began
        async with bench.traffic():
            await asyncio.sleep(5)
        return [recovery]

    result = await bench.row("F22", f"nothing but poison for {seconds} s", harm)
    result.problems += bench.book.dead_letters()[:5]
    if not any("set aside" in sentence for sentence in said):
        result.problems.append(f"status says nothing of the poison: {said}")
    result.note = f"status of the deduper, which goes on: {'; '.join(said)}"
    return [result]


async def newer_schema(bench: Bench) -> list[Result]:
    """F25: messages of a later version within v1, with fields that today's code does not know, and back again."""

    async def harm() -> list[float]:
        for newer in (True, False):
            for _ in range(200 if bench.full else 30):
                item = bench.pool.take()
                value = codec.encode(item.article)
                if newer:
                    document = json.loads(value) | {"mood": "calm", "scores": [{"of": "tomorrow", "is": 1}]}
                    document["feed"] |= {"weather": {"sun": True}}
                    value = json.dumps(document).encode()
                assert bench.publisher is not None
                await bench.publisher.publish([Outgoing(topics.ARTICLES, item.article.id.encode(), value)])
                bench.book.sent(item, feed=False)
        began = time.monotonic()
        await bench.send(bench.pool.take_late_copies())
        return [0.0, await bench.recovered({}, began)]

    result = await bench.row("F25", "articles with fields of a later version, then without them again", harm)
    result.problems += bench.book.dead_letters()[:5]
    return [result]


async def replay(bench: Bench) -> list[Result]:
    """F26: every service reads everything once more."""
    before: dict[str, int] = {}
    arriving: set[str] = set()
    read = 0

    async def harm() -> list[float]:
        nonlocal read, before
        await bench.drained([i for i, e in bench.book.pending.items() if not e.feed])
        arriving.update(bench.book.pending)
        before = {alert: max(revisions) for alert, revisions in bench.book.alerts.items()}
        services = ("deduper", "tagger", "alerter")
        for service in services:
            bench.pipeline.hold(service, signal.SIGTERM)
        await asyncio.sleep(3)
        read = await offsets.rewind(bench.pipeline.kafka, services)
        began = time.monotonic()
        for service in services:
            bench.pipeline.release(service)
        await bench.pipeline.until_replaced({})
        while sum([await offsets.behind(bench.pipeline.kafka, service) for service in services]):
            await asyncio.sleep(1)
            if time.monotonic() - began > 600:
                raise TimeoutError("the replay does not end")
        return [time.monotonic() - began]

    shown = set(bench.book.entries)
    result = await bench.row("F26", "all services set back to the earliest offset", harm)
    known = [i for i in shown if not bench.book.entries[i].feed or i not in bench.book.pending]
    verdict = await bench.book.judge(known)
    new = sorted(bench.book.alerts.keys() - before.keys())
    fresh = {bench.book.entries[i].item.group for i in (bench.book.entries.keys() - shown) | arriving}
    strange = [i for i in new if not _is_of(bench, i, fresh)]
    more = sum(1 for i, revision in before.items() if max(bench.book.alerts[i]) > revision)
    result.checked, result.lost, result.doubled = verdict.checked, len(verdict.lost), len(verdict.doubled)
    result.problems = [*verdict.lost[:3], *verdict.doubled[:3], *(f"alert {i} is new" for i in strange[:3])]
    result.note = f"{read:,} messages read again; {len(strange)} new alerts, {more} new revisions of old ones"
    return [result]


def _is_of(bench: Bench, alert_id: str, groups: set[int]) -> bool:
    """Whether an alert belongs to one of ``groups``: feeds go on meanwhile, and what they show is no repetition."""
    story = next(iter(bench.book.alerts[alert_id].values())).story_id
    return any(story in bench.book.stories.get(i, ()) for i, e in bench.book.entries.items() if e.item.group in groups)
