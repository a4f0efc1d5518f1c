"""The story store on Redis: one EVALSHA an article, a batch in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import redis.asyncio
from redis.exceptions import NoScriptError

from services.contracts import redis_keys
from services.deduper.core.candidate import Candidate
from services.deduper.core.verdict import Decision
from services.deduper.store import packing
from services.runtime.clock import Clock
from services.runtime.redis import RedisCalls


def script() -> str:
    """The Lua source with its constants filled in."""
    source = files(__package__).joinpath("check_and_insert.lua").read_text("utf-8")
    return source.replace("--C--", packing.constants(), 1)


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
        now_s = int(self._clock.now().timestamp())
        prepared = [
            (redis_keys.dedupe(item.bucket), packing.arguments(item, now_s=now_s, window_s=self._window_s))
            for item in batch
        ]
        replies = await self._calls.run(lambda: self._evaluate(prepared))
        return [packing.decision(reply) for reply in replies]

    async def _evaluate(self, prepared: Sequence[tuple[str, list[packing.Argument]]]) -> list[Any]:
        """All replies. A server that has lost the script gets it again; repeating a batch is harmless."""
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
