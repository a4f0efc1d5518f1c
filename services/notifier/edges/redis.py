"""The outbox in Redis. All keys share the hash tag ``{no}``; ``services/contracts/redis_keys.py`` lists them.

The ``.lua`` files beside this one are its steps, each atomic; times are in milliseconds since 1970. A delivery's hash
has ``state`` (queued, held, digested, sent, dead), ``head`` (who, what, when: JSON), ``body`` (the notification, until
it was sent), ``attempts`` and ``error``. The hash is kept for as long as the delivery must be known as sent; it makes a
repetition harmless.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from services.contracts import redis_keys
from services.contracts.field_types import made_of
from services.contracts.messages import Severity, Time
from services.notifier.core.deliveries import Notification, TestRequest
from services.notifier.ports import Batch, Claimed, EnqueueRequest, EnqueueResult
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script, Scripts

MAX_DEAD = 1000
State = Literal["queued", "held", "digested", "sent", "dead"]

_ENQUEUE, _CLAIM, _FINISH, _RETRY, _CLOSE_BATCH = (
    Script.load(__package__, f"{name}.lua") for name in ("enqueue", "claim", "finish", "retry", "close_batch")
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TESTS_AT_ONCE = 20
_test = msgspec.json.Decoder(TestRequest)
_notification = msgspec.json.Decoder(Notification)


class Head(Struct, frozen=True, kw_only=True):
    """What stays of a delivery once it has left. A digest has no alert, but the number of its alerts; a test none."""

    id: str
    watch_id: str
    channel_id: str
    queued_at: Time
    severity: Severity
    headline: str
    alert_id: str | None = None
    revision: int | None = None
    alerts: int = 1
    test: bool = False


class Listed(Struct, frozen=True, kw_only=True):
    """A delivery as the command line shows it."""

    delivery: Head
    state: State
    attempts: int = 0
    error: str | None = None
    finished_at: Time | None = None
    digest: str | None = None


_head = msgspec.json.Decoder(Head)
_listed = msgspec.json.Decoder(Listed)


class RedisOutbox:
    """See :class:`services.notifier.ports.Outbox`. ``remember`` is how long a finished delivery is known."""

    def __init__(self, redis: Redis, calls: RedisCalls, *, remember: timedelta) -> None:
        self._redis: Any = redis  # its methods are typed for clients with and without asyncio at once
        self._calls = calls
        self._scripts = Scripts(redis, calls)
        self._remember_ms = int(remember.total_seconds() * 1000)

    async def enqueue(self, requests: Sequence[EnqueueRequest], *, now: datetime) -> Sequence[EnqueueResult]:
        keys = [redis_keys.NOTIFIER_BATCHES, redis_keys.NOTIFIER_RECENT, redis_keys.NOTIFIER_CHANNELS]
        args: list[Any] = [_ms(now), self._remember_ms, len(requests)]
        for request in requests:
            notification, release = request.notification, request.release
            batch = Batch(notification.watch_id, notification.channel_id)
            rate = redis_keys.notifier_rate(notification.watch_id)
            keys += [
                redis_keys.delivery(notification.id),
                redis_keys.deliveries_due(notification.channel_id),
                _batch(batch),
                rate,
            ]
            args += [notification.id, release.how, _ms(release.at), 0 if release.unlimited else request.per_hour or 0]
            args += [
                f"{notification.alert_id}/{notification.revision}",
                _name(batch),
                notification.channel_id,
                *_stored(notification),
            ]
        replies = await self._scripts.run(_ENQUEUE, keys, args)
        return [_RESULTS[reply] for reply in replies]

    async def take_tests(self) -> Sequence[TestRequest]:
        key = redis_keys.NOTIFIER_TESTS
        found = await self._calls.run(lambda: self._redis.spop(key, _TESTS_AT_ONCE))
        return [_test.decode(member) for member in found or ()]

    async def channels(self) -> Sequence[str]:
        found = await self._calls.run(lambda: self._redis.smembers(redis_keys.NOTIFIER_CHANNELS))
        return sorted(name.decode() for name in found)

    async def claim(self, channel_id: str, *, now: datetime, lease_seconds: float) -> Claimed | None:
        due = redis_keys.deliveries_due(channel_id)
        while True:
            lease = _ms(now + timedelta(seconds=lease_seconds))
            found = await self._scripts.run(_CLAIM, [due], [_ms(now), lease])
            if found is None:
                return None
            ((body, attempts),) = await self._hashes([found.decode()], ["body", "attempts"])
            if body is not None:
                return Claimed(notification=_notification.decode(body), attempts=int(attempts or 0))
            # It was finished by somebody whose lease had ended.
            await self._calls.run(partial(self._redis.zrem, due, found))

    async def sent(self, notification: Notification, *, now: datetime) -> bool:
        return await self._finish(notification, "sent", now=now, error="")

    async def retry(self, notification: Notification, *, at: datetime, error: str) -> None:
        keys = [redis_keys.deliveries_due(notification.channel_id), redis_keys.delivery(notification.id)]
        await self._scripts.run(_RETRY, keys, [notification.id, _ms(at), error])

    async def dead(self, notification: Notification, *, now: datetime, error: str) -> bool:
        return await self._finish(notification, "dead", now=now, error=error)

    async def due_batches(self, *, now: datetime) -> Sequence[Batch]:
        key = redis_keys.NOTIFIER_BATCHES
        found = await self._calls.run(lambda: self._redis.zrangebyscore(key, "-inf", _ms(now)))
        return [Batch(*name.decode().split("/", 1)) for name in found]

    async def collected(self, batch: Batch, *, limit: int) -> Sequence[Notification]:
        found = await self._calls.run(lambda: self._redis.zrange(_batch(batch), 0, limit - 1))
        rows = await self._hashes([id_.decode() for id_ in found], ["body"])
        return [_notification.decode(body) for (body,) in rows if body is not None]

    async def close_batch(self, batch: Batch, digest: Notification | None, *, now: datetime) -> bool:
        members = digest.members if digest else ()
        hash_ = redis_keys.delivery(digest.id if digest else "-")
        keys = [redis_keys.NOTIFIER_BATCHES, _batch(batch), redis_keys.deliveries_due(batch.channel_id)]
        keys += [redis_keys.NOTIFIER_RECENT, hash_, *(redis_keys.delivery(member) for member in members)]
        head, body = _stored(digest) if digest else (b"", b"")
        args = [_name(batch), _ms(now), digest.id if digest else "", head, body, *members]
        return bool(await self._scripts.run(_CLOSE_BATCH, keys, args))

    async def postpone(self, batch: Batch, *, at: datetime) -> None:
        key = redis_keys.NOTIFIER_BATCHES
        await self._calls.run(lambda: self._redis.zadd(key, {_name(batch): _ms(at)}, xx=True))

    async def sizes(self) -> tuple[int, int]:
        due = [redis_keys.deliveries_due(channel) for channel in await self.channels()]
        names = await self._calls.run(lambda: self._redis.zrange(redis_keys.NOTIFIER_BATCHES, 0, -1))
        held = [_batch(Batch(*name.decode().split("/", 1))) for name in names]
        counts = await self._replies([("zcard", key) for key in (*due, *held)])
        return sum(counts[: len(due)]), sum(counts[len(due) :])

    async def listed(self, *, limit: int) -> Sequence[Listed]:
        """The deliveries queued last, the newest first. Not part of the port: the command line asks."""
        found = await self._calls.run(lambda: self._redis.zrange(redis_keys.NOTIFIER_RECENT, 0, limit - 1, desc=True))
        fields = ["head", "state", "attempts", "error", "finished", "digest"]
        rows = await self._hashes([id_.decode() for id_ in found], fields)
        return [_row(row) for row in rows if row[0] is not None]

    async def listed_dead(self, *, limit: int) -> Sequence[Listed]:
        """The dead deliveries, the newest first."""
        key = redis_keys.NOTIFIER_DEAD
        found = await self._calls.run(lambda: self._redis.xrevrange(key, count=limit))
        return [_listed.decode(fields[b"letter"]) for _, fields in found]

    async def _finish(self, notification: Notification, state: State, *, now: datetime, error: str) -> bool:
        keys = [redis_keys.deliveries_due(notification.channel_id), redis_keys.NOTIFIER_DEAD]
        keys += [redis_keys.delivery(id_) for id_ in (notification.id, *notification.members)]
        letter = msgspec.json.encode(Listed(delivery=_head_of(notification), state=state, error=error, finished_at=now))
        args = [notification.id, state, _ms(now), self._remember_ms, error, MAX_DEAD, letter]
        return bool(await self._scripts.run(_FINISH, keys, args))

    async def _hashes(self, ids: Sequence[str], fields: list[str]) -> list[list[bytes | None]]:
        return await self._replies([("hmget", redis_keys.delivery(id_), fields) for id_ in ids])

    async def _replies(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The replies to commands, each a method of the client and its arguments, in one round trip."""

        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for name, *arguments in commands:
                    getattr(pipe, name)(*arguments)
                replies: list[Any] = await pipe.execute()
                return replies

        return await self._calls.run(attempt) if commands else []


async def ask_for_test(client: Redis, request: TestRequest) -> None:
    """Have the notifier send a test of a watch within seconds."""
    await cast("Any", client).sadd(redis_keys.NOTIFIER_TESTS, msgspec.json.encode(request))


_RESULTS: dict[bytes, EnqueueResult] = {b"known": "known", b"queued": "queued", b"held": "held"}


def _stored(notification: Notification) -> tuple[bytes, bytes]:
    return msgspec.json.encode(_head_of(notification)), msgspec.json.encode(notification)


def _head_of(notification: Notification) -> Head:
    return made_of(notification, Head, alerts=0 if notification.test else len(notification.members) or 1)


def _row(row: Sequence[bytes | None]) -> Listed:
    head, state, attempts, error, finished, digest = row
    value = {
        "delivery": _head.decode(head or b""),
        "state": (state or b"queued").decode(),
        "attempts": int(attempts or 0),
        "error": error.decode("utf-8", "replace") if error else None,
        "finished_at": _EPOCH + timedelta(milliseconds=int(finished)) if finished else None,
        "digest": digest.decode() if digest else None,
    }
    return msgspec.convert(value, Listed)


def _batch(batch: Batch) -> str:
    return redis_keys.deliveries_batch(batch.watch_id, batch.channel_id)


def _name(batch: Batch) -> str:
    return f"{batch.watch_id}/{batch.channel_id}"


def _ms(time: datetime) -> int:
    return int((time - _EPOCH) / timedelta(milliseconds=1))
