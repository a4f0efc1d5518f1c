"""The index on Redis: the verdicts of the index in process, whoever works beside it, and no more room than a window."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest
import redis.asyncio

from services.contracts import redis_keys
from services.contracts.messages import Article
from services.contracts.stories import StoryMember, decode_member
from services.deduper.core.fingerprint import Fingerprint, fingerprint
from services.deduper.core.records import Head, Key, slice_of
from services.deduper.core.verdict import Copy, Decision, New, Verdict
from services.deduper.core.vocabulary import Vocabulary
from services.deduper.edges import packing
from services.deduper.edges.memory import MemoryIndex
from services.deduper.edges.redis import RedisIndexStore, RedisSnapshot
from services.deduper.judge import Judge
from services.deduper.vocabularies import english, state_names
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.articles import an_article
from tests.support.clock import FakeClock
from tests.support.stories import WINDOW_S, MemoryStories, mark_built, prose


class RedisStories:
    """The judge on Redis, as the service has it, with the members of a story read as the alerter reads them."""

    def __init__(self, client: redis.asyncio.Redis, clock: FakeClock) -> None:
        self.client = client
        self.store = RedisIndexStore(client, RedisCalls(clock, Waiting()), window_s=WINDOW_S)
        self.judge = Judge(self.store, clock, window_s=WINDOW_S, rebuild=partial(mark_built, self.store))

    async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
        return await self.judge.decide(batch)

    async def members(self, bucket: str, story_id: str) -> Sequence[StoryMember]:
        values = await self.client.hvals(redis_keys.story(bucket, story_id))
        return [decode_member(value) for value in values if isinstance(value, bytes)]


def at(number: int, **values: Any) -> Article:
    """An article of its own address and outlet."""
    site = f"site{number}.example"
    return an_article(**{"url": f"https://{site}/{number}", "outlet": site, "title": prose(900 + number, 4), **values})


def made(*articles: Article) -> list[Fingerprint]:
    """Fingerprints by a vocabulary that has read nothing yet."""
    vocabulary = Vocabulary(english(), state_names())
    return [fingerprint(article, vocabulary) for article in articles]


def in_few_strings(monkeypatch: pytest.MonkeyPatch, *, bits: int) -> None:
    """Let all postings of each kind lie in ``2 ** bits`` strings."""
    few = {kind: dataclasses.replace(layout, key_bits=bits) for kind, layout in packing.LAYOUTS.items()}
    monkeypatch.setattr(packing, "LAYOUTS", few)
    for module in ("commands", "redis"):
        monkeypatch.setattr(f"services.deduper.edges.{module}.LAYOUTS", few)


async def test_it_agrees_with_the_index_in_process_where_many_hashes_lie_in_one_string(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_few_strings(monkeypatch, bits=3)
    await test_it_agrees_with_the_index_in_process(redis_client, 5)


@pytest.mark.parametrize("seed", [0, 1, 1008])  # the last: an owner that leaves the window and comes again
async def test_it_agrees_with_the_index_in_process(redis_client: redis.asyncio.Redis, seed: int) -> None:
    clock = FakeClock()
    memory, real = MemoryStories(clock), RedisStories(redis_client, clock)
    draw = random.Random(seed)
    vocabulary = Vocabulary(english(), state_names())
    for _ in range(25):
        batch = [fingerprint(_random_article(draw), vocabulary) for _ in range(draw.choice((1, 2, 5, 10, 40)))]
        expected, got = await memory.decide(batch), await real.decide(batch)
        assert list(got) == list(expected)
        for item, decision in zip(batch, expected, strict=True):
            story = decision.verdict.story_id
            mine, theirs = await memory.members(item.bucket, story), await real.members(item.bucket, story)
            assert {m.article_id: m for m in theirs} == {m.article_id: m for m in mine}
        clock.advance(draw.choice((60, 3600, 20 * 3600)))


async def test_three_workers_equal_a_serial_order(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[tuple[Head, asyncio.Task[Any] | None]] = []
    commit = RedisSnapshot.commit

    async def noted(self: RedisSnapshot, head: Head, changes: Mapping[Key, Any]) -> bool:
        await asyncio.sleep(0.002 * random.random())
        done = await commit(self, head, changes)
        if done:
            commits.append((head, asyncio.current_task()))
        return done

    monkeypatch.setattr(RedisSnapshot, "commit", noted)
    clock, draw = FakeClock(), random.Random(3)
    workers = [RedisStories(redis_client, clock) for _ in range(3)]
    batches = [made(*(_random_article(draw, languages=("en",)) for _ in range(6))) for _ in range(30)]
    decided: list[tuple[Fingerprint, Decision]] = []
    order: dict[asyncio.Task[Any] | None, list[Fingerprint]] = {}
    for first in range(0, 30, 3):
        some = batches[first : first + 3]
        tasks = [asyncio.create_task(worker.judge.decide(batch)) for worker, batch in zip(workers, some, strict=True)]
        order |= dict(zip(tasks, some, strict=True))
        for batch, decisions in zip(some, await asyncio.gather(*tasks), strict=True):
            decided += zip(batch, decisions, strict=True)
    serial = MemoryIndex(WINDOW_S)
    verdicts: dict[tuple[str, int], Verdict] = {}
    for _, task in sorted(commits, key=lambda pair: pair[0].owners + pair[0].copies):
        for item in order[task]:
            decision = serial.check_and_insert(item, int(clock.now().timestamp()))
            verdicts.setdefault((item.article_id, item.version), decision.verdict)
    assert all(decision.verdict == verdicts[item.article_id, item.version] for item, decision in decided)
    again = await workers[0].judge.decide([item for item, _ in decided])
    assert [decision.verdict for decision in again] == [decision.verdict for _, decision in decided]
    assert all(decision.known for decision in again)


async def test_a_commit_on_what_has_changed_is_refused_and_the_same_one_again_is_not(
    redis_client: redis.asyncio.Redis,
) -> None:
    store = RedisStories(redis_client, FakeClock()).store
    await mark_built(store)
    first, second = await store.open("en", 1000), await store.open("en", 1000)
    assert await first.commit(Head(1, 0, "one"), {("facts", 1): "a"})
    assert await first.commit(Head(1, 0, "one"), {("facts", 1): "a"})
    assert not await second.commit(Head(1, 0, "two"), {("facts", 1): "b"})
    third = await store.open("en", 1000)
    await third.load([("facts", 1)])
    assert (third.head, third.get(("facts", 1))) == (Head(1, 0, "one"), "a")


async def test_a_flushed_store_is_noticed_before_the_next_verdict(redis_client: redis.asyncio.Redis) -> None:
    stories = RedisStories(redis_client, FakeClock())
    (first,) = made(at(1, text=prose(1, 200)))
    await stories.decide([first])
    await redis_client.flushdb()
    rebuilt = []

    async def rebuild() -> None:
        rebuilt.append(await redis_client.dbsize())
        await mark_built(stories.store)

    judge = Judge(stories.store, FakeClock(), window_s=WINDOW_S, rebuild=rebuild)
    assert await judge.decide([first]) == [Decision(New(first.article_id), known=False)]
    assert rebuilt == [0]


async def test_long_texts_and_what_was_a_copy_keep_their_whole_sketch(redis_client: redis.asyncio.Redis) -> None:
    stories = RedisStories(redis_client, FakeClock())
    long, copy = at(1, text=prose(1, 900)), at(2, text=prose(1, 900))
    updated, part = at(2, text=prose(2, 900)), at(3, text=prose(2, 900)[-3000:])
    verdicts = [d.verdict for d in await stories.decide(made(long, copy, updated, part))]
    found = await RedisStories(redis_client, FakeClock()).decide(made(at(4, text=prose(2, 900)[:3000])))
    assert [type(verdict).__name__ for verdict in verdicts] == ["New", "Copy", "Update", "Copy"]
    assert isinstance(found[0].verdict, Copy)
    assert found[0].verdict.link.article_id == copy.id


async def test_postings_are_no_more_than_a_window_holds(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_few_strings(monkeypatch, bits=3)
    clock = FakeClock()
    stories = RedisStories(redis_client, clock)
    sizes: dict[str, list[int]] = {"s": [], "t": []}
    oldest = 0
    for window in range(4):
        for number in range(30):
            await stories.decide(made(at(number + 100 * window, text=prose(number + 100 * window, 60))))
            clock.advance(WINDOW_S // 30)
        for kind, of_kind in sizes.items():
            keys = [key async for key in redis_client.scan_iter(match=f"*:{kind}:*".encode())]
            of_kind.append(sum([await redis_client.strlen(key) for key in keys]))
        oldest = slice_of(int(clock.now().timestamp()), WINDOW_S)
    assert oldest > 0
    assert sizes["s"][0] <= sizes["s"][3] < 1.3 * sizes["s"][0]
    assert sizes["t"][0] <= sizes["t"][3] < 1.3 * sizes["t"][0]


async def test_every_key_expires_but_the_mark_that_the_index_is_whole(redis_client: redis.asyncio.Redis) -> None:
    clock = FakeClock()
    stories = RedisStories(redis_client, clock)
    for number in range(3):
        text = prose(1, 200) if number else prose(1, 300)
        await stories.decide(made(at(number, text=text), at(9, text=prose(number, 90))))
        clock.advance((60, WINDOW_S // 4, 0)[number])
    lasting = {
        key: ttl async for key in redis_client.scan_iter() if (ttl := await redis_client.ttl(key)) < WINDOW_S - 5
    }
    assert lasting.keys() == {redis_keys.DEDUPE_BUILT.encode(), redis_keys.DEDUPE_BUILDING.encode()}
    assert 0 < lasting[redis_keys.DEDUPE_BUILDING.encode()] <= 30


async def test_who_builds_the_index_notices_that_it_was_flushed(redis_client: redis.asyncio.Redis) -> None:
    store = RedisStories(redis_client, FakeClock()).store
    assert await store.claim("one")
    assert not await store.claim("another")
    assert await store.claim("one", again=True)
    await redis_client.flushdb()
    assert not await store.claim("one", again=True)
    assert not await store.set_built("one")
    assert not await store.built()
    assert await store.claim("one")
    assert await store.set_built("one")
    assert await store.built()
    await store.set_lost()
    assert not await store.built()


def _random_article(draw: random.Random, languages: Sequence[str | None] = ("en", "en", "en", None)) -> Article:
    """One of 40 addresses, with text cut from few sources, so that every rule gets to speak."""
    number = draw.randrange(40)
    parts = [prose(draw.randrange(12), 300) for _ in range(draw.choice((1, 1, 2)))]
    text = " ".join(
        " ".join(part.split()[draw.randrange(0, 200) :][: draw.choice((10, 60, 150, 300))]) for part in parts
    )
    return at(
        number,
        outlet=f"site{number % 5}.example",
        title=draw.choice(
            (f"Convoy {number} leaves the harbour", "Six words make a good title", prose(number, 6), _treaty(draw))
        ),
        text=draw.choice(
            (
                text,
                text,
                f'"{text}" {prose(number, 60)}',
                "",
                f"It counted {draw.randrange(3)} ships. {text}",
                f"{_treaty(draw)}.",
            )
        ),
        language=draw.choice(languages),
    )


def _treaty(draw: random.Random) -> str:
    """A headline of few words and states, so that reports meet by event and part by name."""
    one, two = draw.sample(("Russia", "Moscow", "Norwegian minister", "Norway", "Chile"), 2)
    return f"{one} and {two} {draw.choice(('sign', 'ratify'))} treaty on harbours, tugs and mutual pilotage"
