"""Reads alerts and stories from Redis. No command here scans: every list is a walk along one sorted index."""

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLostError

from services.api.core.query import Cursor, Query
from services.api.ports import Event, Page
from services.contracts import redis_keys, stories
from services.contracts.messages import SEVERITIES
from services.contracts.redis_keys import Facet
from services.contracts.stories import StoryMember
from services.runtime.errors import TransientError
from services.runtime.redis.connection import FAILURES

T = TypeVar("T")

_CHUNK = 512  # index entries looked at in one round trip, where they are checked against other indexes
_MAX_LOOKED_AT = 2048  # per request: a handful of round trips, whatever the filters
_ATTEMPTS = 3  # several connections of the pool may have been closed
_BLOCK_MS = 5_000  # below the client's socket timeout of 10 s

_Entry = tuple[int, str]  # last update in ms, alert id


class RedisAlertReader:
    """Alerts as the alerter stores them. Raises ``TransientError`` while the store is away.

    Followers wait on the connections of ``following``.
    """

    def __init__(self, redis: Redis, following: Redis) -> None:
        self._redis = redis
        self._following = following

    async def page(self, query: Query) -> Page:
        """The alerts a query asks for.

        Walks the smallest index that the filters name, and checks each entry against the other filters.
        """
        return await _available(lambda: self._page(query))

    async def alert(self, alert_id: str) -> bytes | None:
        """One alert (JSON), None where there is none."""
        (found,) = await self._replies([("hget", redis_keys.alert(alert_id), "alert")])
        body: bytes | None = found
        return body

    async def members(self, story_id: str, language: str | None) -> Sequence[StoryMember]:
        """The members of a story, in order of first sight."""
        key = redis_keys.story(redis_keys.bucket(language), story_id)
        (values,) = await self._replies([("hvals", key)])
        found = [stories.decode_member(value) for value in values]
        return sorted(found, key=lambda member: (member.first_seen_at, member.article_id))

    async def last_event(self) -> str:
        """Where the followers' stream ends now."""
        (entries,) = await self._replies([("xrevrange", redis_keys.ALERTS_STREAM, "+", "-", 1)])
        return entries[0][0].decode() if entries else "0-0"

    async def follow(self, after: str) -> AsyncIterator[Event | None]:
        """Revisions from behind ``after``, for ever; None now and then while it is quiet."""
        last = after
        while True:
            entries = await self._read_stream(last)
            if not entries:
                yield None
            for entry_id, fields in entries:
                last = entry_id
                body = await self.alert(fields[b"id"].decode())
                if body is not None:
                    yield Event(entry_id, body)

    async def ping(self) -> None:
        """Raises while the store is away."""
        ping: Any = self._redis.ping  # a pipeline has none on a cluster
        await _available(ping)

    async def _page(self, query: Query) -> Page:
        walked, checks = await self._plan(query)
        size = _CHUNK if checks else query.limit + 2  # one tells that there is more, one is where the cursor stands
        found: list[_Entry] = []
        at, looked_at, ended = query.cursor, 0, False
        while len(found) <= query.limit and looked_at < _MAX_LOOKED_AT and not ended:
            chunk, ended = await self._chunk(walked, at, query.since_ms, size)
            looked_at += len(chunk)
            if chunk:
                at = Cursor(*chunk[-1])
                found += await self._passing(chunk, checks)
        more = len(found) > query.limit or not ended
        page = found[: query.limit]
        following = Cursor(*page[-1]) if len(found) > query.limit else at
        bodies = await self._bodies([id_ for _, id_ in page])
        return Page(alerts=bodies, next_cursor=following.text() if more and following else None)

    async def _plan(self, query: Query) -> tuple[list[str], list[list[str]]]:
        """(the indexes to walk, merged; for each other filter the indexes of which one must hold the alert)."""
        filters = [[redis_keys.alerts_by(facet, value)] for facet, value in _facets(query)]
        if query.severities != SEVERITIES:
            filters.append([redis_keys.alerts_by("severity", severity) for severity in query.severities])
        if not filters:
            return [redis_keys.ALERTS_BY_TIME], []
        sizes = iter(await self._replies(("zcard", key) for keys in filters for key in keys))
        costs = [sum(next(sizes) for _ in keys) for keys in filters]
        walked = filters[costs.index(min(costs))]
        return walked, [keys for keys in filters if keys is not walked]

    async def _chunk(self, keys: list[str], at: Cursor | None, since_ms: int, size: int) -> tuple[list[_Entry], bool]:
        """The next entries of the merged indexes behind ``at``, newest first, and whether they end there.

        A range begins at a whole millisecond; where more alerts share it than were asked for, more are asked for.
        """
        top: int | str = at.updated_ms if at else "+inf"
        behind = (at.updated_ms, at.alert_id) if at else None
        while True:
            lists = await self._ranges(keys, top, since_ms, size)
            # What lies below the end of a list that was cut off is not known yet: it belongs to the next chunk.
            floor = max((entries[-1] for entries in lists if len(entries) == size), default=None)
            merged = heapq.merge(*lists, reverse=True)
            chunk = [e for e in merged if (behind is None or e < behind) and (floor is None or e >= floor)]
            if chunk or floor is None:
                return chunk, floor is None
            size *= 4

    async def _ranges(self, keys: list[str], top: int | str, since_ms: int, size: int) -> list[list[_Entry]]:
        withscores = True
        rows = await self._replies(("zrevrangebyscore", key, top, since_ms, 0, size, withscores) for key in keys)
        return [[(int(score), member.decode()) for member, score in row] for row in rows]

    async def _passing(self, chunk: list[_Entry], checks: list[list[str]]) -> list[_Entry]:
        members = [id_ for _, id_ in chunk]
        if not checks:
            return chunk
        rows = iter(await self._replies(("zmscore", key, members) for keys in checks for key in keys))
        keep = [True] * len(chunk)
        for keys in checks:
            scores = [next(rows) for _ in keys]
            keep = [held and any(row[n] is not None for row in scores) for n, held in enumerate(keep)]
        return [entry for entry, held in zip(chunk, keep, strict=True) if held]

    async def _bodies(self, alert_ids: list[str]) -> list[bytes]:
        bodies = await self._replies(("hget", redis_keys.alert(id_), "alert") for id_ in alert_ids)
        return [body for body in bodies if body is not None]

    async def _read_stream(self, after: str) -> list[tuple[str, dict[bytes, bytes]]]:
        async def attempt() -> Any:
            return await self._following.xread({redis_keys.ALERTS_STREAM: after}, count=100, block=_BLOCK_MS)

        return _stream_entries(await _available(attempt))

    async def _replies(self, commands: Iterable[tuple[Any, ...]]) -> list[Any]:
        """The replies to commands, each a method of the client and its arguments, in one round trip."""
        asked = list(commands)

        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for name, *arguments in asked:
                    getattr(pipe, name)(*arguments)
                return await pipe.execute()

        return await _available(attempt)


def _facets(query: Query) -> list[tuple[Facet, str]]:
    facets: list[tuple[Facet, str | None]] = [("topic", query.topic), ("actor", query.actor), ("place", query.place)]
    facets.append(("feedback", "given" if query.judged else None))
    return [(facet, value) for facet, value in facets if value]


async def _available(call: Callable[[], Awaitable[T]]) -> T:
    """The reply of a read. One that met a connection which the server has closed since its last use is read again."""
    try:
        for _ in range(_ATTEMPTS - 1):
            with suppress(ConnectionLostError):
                return await call()
        return await call()
    except FAILURES as error:
        raise TransientError(f"Redis cannot be read: {error}") from error


def _stream_entries(reply: Any) -> list[tuple[str, dict[bytes, bytes]]]:
    """The entries of one stream, from the reply of either protocol version."""
    if not reply:
        return []
    entries = next(iter(reply.values()))[0] if isinstance(reply, dict) else reply[0][1]
    return [(entry_id.decode(), fields) for entry_id, fields in entries]
