"""The story store on Redis: one EVALSHA for some articles of one language; the next are packed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import redis.asyncio
from redis.exceptions import NoScriptError

from services.contracts import redis_keys
from services.deduper.core.candidate import Candidate
from services.deduper.core.verdict import Decision
from services.deduper.store import packing
from services.runtime.process.clock import Clock
from services.runtime.redis.connection import RedisCalls

ARTICLES_A_CALL = 32  # of the script: what a call costs beside its articles is shared, and others wait 10 ms at most

_Call = tuple[str, Sequence[int]]  # the prefix of a bucket, and places in the batch


def script() -> str:
    """The Lua source with its constants filled in."""
    return packing.with_constants(files(__package__).joinpath("check_and_insert.lua").read_text("utf-8"))


class RedisStories:
    """See :class:`services.deduper.handler.StoryStore`. Waits for as long as the server is away."""

    def __init__(
        self,
        client: redis.asyncio.Redis | redis.asyncio.RedisCluster,
        calls: RedisCalls,
        clock: Clock,
        *,
        window_s: int,
    ) -> None:
        self._client = client
        self._calls = calls
        self._clock = clock
        self._window_s = window_s
        self._script = script()
        self._sha: str | None = None

    async def check_and_insert(self, batch: Sequence[Candidate]) -> Sequence[Decision]:
        moment = packing.moment(int(self._clock.now().timestamp()), self._window_s)
        decisions: dict[int, Decision] = {}
        asked: Sequence[_Call] = ()
        waiting: asyncio.Future[list[Any]] | None = None
        try:
            for calls in _rounds(batch):
                prepared = [(prefix, _arguments(moment, batch, some)) for prefix, some in calls]
                answered, before = asked, await waiting if waiting else []
                # The next round is on its way before the last one's replies are read, but never before they are there.
                asked, waiting = calls, asyncio.ensure_future(self._ask(prepared))
                await asyncio.sleep(0)
                decisions.update(_decided(answered, before))
            decisions.update(_decided(asked, await waiting if waiting else []))
        finally:
            if waiting:
                waiting.cancel()
        return [decisions[at] for at in range(len(batch))]

    async def _ask(self, prepared: Sequence[tuple[str, list[packing.Argument]]]) -> list[Any]:
        return await self._calls.run(lambda: self._evaluate(prepared))

    async def _evaluate(self, prepared: Sequence[tuple[str, list[packing.Argument]]]) -> list[Any]:
        """All replies. A server that has lost the script gets it again; repeating a round is harmless."""
        for _ in range(2):
            sha = self._sha or await self._load()
            async with self._client.pipeline(transaction=False) as pipeline:
                for prefix, arguments in prepared:
                    pipeline.execute_command("EVALSHA", sha, 1, prefix, *arguments)  # evalsha() is barred on clusters
                try:
                    return await pipeline.execute()
                except NoScriptError:
                    self._sha = None
        return await self._evaluate(prepared)

    async def _load(self) -> str:
        self._sha = await self._client.script_load(self._script)
        return self._sha


def _arguments(
    moment: tuple[int, int, int], batch: Sequence[Candidate], places: Sequence[int]
) -> list[packing.Argument]:
    return [*moment, *(packing.article(batch[at]) for at in places)]


def _rounds(batch: Sequence[Candidate]) -> Iterator[list[_Call]]:
    """The batch in calls of the script, each of one bucket, in rounds of calls that leave together. The order within a
    bucket stays. The first round is small, so that the server has soon something to do; each is three times as large as
    the one before, so that it seldom waits for the next."""
    buckets: dict[str, list[int]] = {}
    for at, item in enumerate(batch):
        buckets.setdefault(item.bucket, []).append(at)
    calls: list[_Call] = []
    count, most = 0, ARTICLES_A_CALL
    for bucket, places in buckets.items():
        for first in range(0, len(places), ARTICLES_A_CALL):
            some = places[first : first + ARTICLES_A_CALL]
            if calls and count + len(some) > most:
                yield calls
                calls, count, most = [], 0, 3 * most
            calls.append((redis_keys.dedupe(bucket), some))
            count += len(some)
    if calls:
        yield calls


def _decided(calls: Sequence[_Call], replies: Sequence[Any]) -> Iterator[tuple[int, Decision]]:
    for (_, places), found in zip(calls, replies, strict=True):
        for at, reply in zip(places, found, strict=True):
            yield at, packing.decision(reply)
