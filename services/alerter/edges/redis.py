"""The deduper's stories in Redis: read by the alerter, and put back by a rebuild."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from services.alerter.ports import StoryKey
from services.contracts import redis_keys, stories
from services.contracts.stories import StoryMember
from services.runtime.redis.connection import RedisCalls

_STORY_SECONDS = stories.WINDOW_HOURS * 3600


class RedisStories:
    """See :class:`services.alerter.ports.StoryReader`."""

    def __init__(self, redis: Redis, calls: RedisCalls) -> None:
        self._redis = redis
        self._calls = calls

    async def members(self, keys: Sequence[StoryKey]) -> Sequence[Sequence[StoryMember]]:
        if not keys:
            return []

        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.hvals(redis_keys.story(key.bucket, key.story_id))
                return await pipe.execute()

        rows = await self._calls.run(attempt)
        return [[stories.decode_member(value) for value in values] for values in rows]


class RedisStoryWriter:
    """See :class:`services.alerter.rebuild.StoryWriter`. A story made anew lives as the deduper lets it live."""

    def __init__(self, redis: Redis, calls: RedisCalls) -> None:
        self._redis = redis
        self._calls = calls

    async def add(self, members: Sequence[tuple[StoryKey, StoryMember]]) -> int:
        keys = list(dict.fromkeys(redis_keys.story(key.bucket, key.story_id) for key, _ in members))

        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key, member in members:
                    name = redis_keys.story(key.bucket, key.story_id)
                    pipe.hsetnx(name, member.article_id, stories.encode_member(member).decode())
                for name in keys:
                    pipe.expire(name, _STORY_SECONDS, nx=True)
                return await pipe.execute()

        replies = await self._calls.run(attempt)
        return sum(bool(reply) for reply in replies[: len(members)])
