"""Alerts, dossiers and stories in Redis. Every write is one script; the keys share the hash tag ``{al}``.

The hash of an alert has the fields ``token``, ``known`` (dossier), and once there is an alert ``alert`` (JSON as on
the topic), ``revision``, ``published`` and ``indexed`` (the index keys that list it, one a line). A story without an
alert has a hash too, for its dossier. Nothing expires by itself: :meth:`RedisAlertStore.tidy` removes an alert from
its hash and from every index together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b, sha1
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from services.alerter.core.alert import Known
from services.alerter.ports import NOTHING, Stored, StoryKey, Write
from services.contracts import codec, ids, redis_keys, stories
from services.contracts.messages import Alert
from services.contracts.stories import StoryMember
from services.runtime.process.clock import Clock
from services.runtime.redis.connection import RedisCalls

_DAY_MS = 86_400_000
_STORY_SECONDS = stories.WINDOW_HOURS * 3600

# KEYS: hash, by:time, outbox, stream, expiry, the index keys to list the alert in, those to drop it from.
# A token that is stored already is this very write, repeated after its answer was lost.
_PUT = """
local expected, token, id = ARGV[1], ARGV[2], ARGV[3]
local stored = redis.call('HGET', KEYS[1], 'token') or ''
if stored == token then return 1 end
if stored ~= expected then return 0 end
redis.call('HSET', KEYS[1], 'token', token, 'known', ARGV[4])
redis.call('ZADD', KEYS[5], ARGV[5], id)
if ARGV[6] == '' then return 1 end
redis.call('HSET', KEYS[1], 'alert', ARGV[6], 'revision', ARGV[7], 'indexed', ARGV[8])
redis.call('ZADD', KEYS[2], ARGV[9], id)
local last = 5 + tonumber(ARGV[10])
for i = 6, last do redis.call('ZADD', KEYS[i], ARGV[9], id) end
for i = last + 1, #KEYS do redis.call('ZREM', KEYS[i], id) end
if ARGV[11] == '1' then
  redis.call('ZADD', KEYS[3], ARGV[12], id)
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[13], '*', 'id', id, 'revision', ARGV[7])
end
return 1
"""

# KEYS: hash, outbox.
_PUBLISHED = """
local id, revision = ARGV[1], tonumber(ARGV[2])
local latest = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if latest > 0 and revision > tonumber(redis.call('HGET', KEYS[1], 'published') or '0') then
  redis.call('HSET', KEYS[1], 'published', revision)
end
if revision >= latest then redis.call('ZREM', KEYS[2], id) end
return 1
"""

# KEYS: hash, by:time, outbox, expiry, index keys. A retention that was prolonged meanwhile is respected.
_REMOVE = """
local id = ARGV[1]
local due = redis.call('ZSCORE', KEYS[4], id)
if not due or tonumber(due) > tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
for i = 2, #KEYS do redis.call('ZREM', KEYS[i], id) end
return 1
"""

_encode = msgspec.json.Encoder().encode
_known = msgspec.json.Decoder(Known)


class RedisAlertStore:
    """See :class:`services.alerter.ports.AlertStore`."""

    def __init__(
        self,
        redis: Redis,
        calls: RedisCalls,
        clock: Clock,
        *,
        retention_days: float,
        closed_retention_days: float,
        stream_revisions: int,
    ) -> None:
        self._redis = redis
        self._calls = calls
        self._clock = clock
        self._retention_ms = int(retention_days * _DAY_MS)
        self._closed_retention_ms = int(closed_retention_days * _DAY_MS)
        self._stream_revisions = stream_revisions

    async def load(self, story_ids: Sequence[str]) -> Sequence[Stored]:
        fields = ["token", "known", "alert", "published", "indexed"]

        def fill(pipe: Any) -> None:
            for story_id in story_ids:
                pipe.hmget(redis_keys.alert(ids.alert_id(story_id)), fields)

        return [_stored(row) for row in await self._pipeline(fill)] if story_ids else []

    async def put(self, writes: Sequence[Write]) -> Sequence[bool]:
        if not writes:
            return []
        now_ms = self._now_ms()
        calls = [self._put(write, now_ms) for write in writes]
        return [reply == 1 for reply in await self._scripts(_PUT, calls)]

    async def published(self, alerts: Sequence[Alert]) -> None:
        calls: list[_Call] = [
            ([redis_keys.alert(alert.id), redis_keys.ALERTS_OUTBOX], [alert.id, alert.revision]) for alert in alerts
        ]
        await self._scripts(_PUBLISHED, calls)

    async def unpublished(self, *, older_than_seconds: float, limit: int) -> Sequence[Alert]:
        latest = self._now_ms() - int(older_than_seconds * 1000)
        waiting = await self._ids(redis_keys.ALERTS_OUTBOX, latest, limit)
        if not waiting:
            return []

        def fill(pipe: Any) -> None:
            for id_ in waiting:
                pipe.hget(redis_keys.alert(id_), "alert")

        return [codec.decode(row, Alert) for row in await self._pipeline(fill) if row is not None]

    async def outbox_size(self) -> int:
        return await self._calls.run(lambda: self._redis.zcard(redis_keys.ALERTS_OUTBOX))

    async def tidy(self, limit: int) -> int:
        now_ms = self._now_ms()
        due = await self._ids(redis_keys.ALERTS_EXPIRY, now_ms, limit)
        if not due:
            return 0

        def fill(pipe: Any) -> None:
            for id_ in due:
                pipe.hget(redis_keys.alert(id_), "indexed")

        indexed = await self._pipeline(fill)
        calls: list[_Call] = []
        for id_, lines in zip(due, indexed, strict=True):
            keys = [redis_keys.alert(id_), redis_keys.ALERTS_BY_TIME, redis_keys.ALERTS_OUTBOX]
            calls.append(([*keys, redis_keys.ALERTS_EXPIRY, *_lines(lines)], [id_, now_ms]))
        await self._scripts(_REMOVE, calls)
        return len(due)

    def _put(self, write: Write, now_ms: int) -> _Call:
        id_, alert = ids.alert_id(write.story_id), write.alert
        known = _encode(write.known)
        body = codec.encode(alert) if alert is not None else b""
        listed = index_keys(alert) if alert is not None else ()
        dropped = [key for key in write.before.indexed if key not in listed]
        closed = alert is not None and alert.state == "closed"
        keys = [redis_keys.alert(id_), redis_keys.ALERTS_BY_TIME, redis_keys.ALERTS_OUTBOX, redis_keys.ALERTS_STREAM]
        args = [
            write.before.token,
            _token(write.before.token, known, body),
            id_,
            known,
            now_ms + (self._closed_retention_ms if closed else self._retention_ms),
            body,
            alert.revision if alert is not None else 0,
            "\n".join(listed),
            int(alert.last_updated.timestamp() * 1000) if alert is not None else 0,
            len(listed),
            int(write.publish),
            now_ms,
            self._stream_revisions,
        ]
        return [*keys, redis_keys.ALERTS_EXPIRY, *listed, *dropped], args

    async def _ids(self, key: str, latest_ms: int, limit: int) -> list[str]:
        rows = await self._pipeline(lambda pipe: pipe.zrangebyscore(key, "-inf", latest_ms, start=0, num=limit))
        return [row.decode() for row in rows[0]]

    async def _pipeline(self, fill: Callable[[Any], None]) -> list[Any]:
        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                fill(pipe)
                return await pipe.execute()

        return await self._calls.run(attempt)

    async def _scripts(self, script: str, calls: Sequence[_Call]) -> list[Any]:
        """Run one script once per call, in one round trip. Each script is safe to repeat."""
        if not calls:
            return []

        sha = _sha1(script)

        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for keys, args in calls:
                    pipe.execute_command("EVALSHA", sha, len(keys), *keys, *args)
                replies: list[Any] = await pipe.execute(raise_on_error=False)
            failed = [reply for reply in replies if isinstance(reply, RedisError)]
            if failed:
                raise failed[0]
            return replies

        try:
            return await self._calls.run(attempt)
        except NoScriptError:
            # The server is new or was flushed. Loaded, not EVAL: the alerter's user may run what it has loaded only.
            await self._calls.run(lambda: self._redis.script_load(script))
            return await self._calls.run(attempt)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


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


def index_keys(alert: Alert) -> tuple[str, ...]:
    """The indexes that list an alert, besides the one by time."""
    values = [redis_keys.alerts_by("severity", alert.severity)]
    values += [redis_keys.alerts_by("topic", topic.topic) for topic in alert.topics]
    values += [redis_keys.alerts_by("actor", actor.id) for actor in alert.actors]
    values += [redis_keys.alerts_by("place", place.country) for place in alert.places if place.country]
    values += [redis_keys.alerts_by("place", place.id) for place in alert.places]
    return tuple(dict.fromkeys(values))


_Call = tuple[list[str], list[Any]]


def _stored(row: Sequence[bytes | None]) -> Stored:
    token, known, alert, published, indexed = row
    if token is None or known is None:
        return NOTHING
    return Stored(
        token=token.decode(),
        known=_known.decode(known),
        alert=codec.decode(alert, Alert) if alert is not None else None,
        published=int(published or 0),
        indexed=_lines(indexed),
    )


def _lines(value: bytes | None) -> tuple[str, ...]:
    return tuple(value.decode().split("\n")) if value else ()


def _token(before: str, known: bytes, alert: bytes) -> str:
    """Names a write by what it writes over what; the counter keeps two states with one content apart."""
    count = int(before.partition("-")[0] or 0) + 1
    return f"{count}-{blake2b(known + alert, digest_size=8).hexdigest()}"


def _sha1(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
