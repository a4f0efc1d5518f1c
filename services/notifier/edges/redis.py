"""The outbox in Redis. All keys share the hash tag ``{no}``; ``services/contracts/redis_keys.py`` lists them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha1
from typing import Any, Literal

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from services.contracts import redis_keys
from services.contracts.messages import Severity, Time
from services.notifier.core.deliveries import Parcel
from services.notifier.edges.outbox_scripts import CLAIM, ENQUEUE, FINISH, RETRY, SEAL
from services.notifier.ports import Batch, Claimed, Offer, Placed
from services.runtime.redis.connection import RedisCalls

MAX_DEAD = 1000
State = Literal["queued", "held", "digested", "sent", "dead"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_parcel = msgspec.json.Decoder(Parcel)


class Head(Struct, frozen=True, kw_only=True):
    """What stays of a delivery once it has left. A digest has no alert, but the number of its alerts."""

    id: str
    watch_id: str
    channel_id: str
    queued_at: Time
    severity: Severity
    headline: str
    alert_id: str | None = None
    revision: int | None = None
    alerts: int = 1


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
        self._remember_ms = int(remember.total_seconds() * 1000)

    async def enqueue(self, offers: Sequence[Offer], *, now: datetime) -> Sequence[Placed]:
        keys = [redis_keys.NOTIFIER_BATCHES, redis_keys.NOTIFIER_RECENT, redis_keys.NOTIFIER_CHANNELS]
        args: list[Any] = [_ms(now), self._remember_ms, len(offers)]
        for offer in offers:
            parcel, slot = offer.parcel, offer.slot
            batch = Batch(parcel.watch_id, parcel.channel_id)
            rate = redis_keys.notifier_rate(parcel.watch_id)
            keys += [redis_keys.delivery(parcel.id), redis_keys.deliveries_due(parcel.channel_id), _batch(batch), rate]
            args += [parcel.id, slot.how, _ms(slot.at), 0 if slot.unlimited else offer.per_hour or 0]
            args += [f"{parcel.alert_id}/{parcel.revision}", _name(batch), parcel.channel_id, *_stored(parcel)]
        replies = await self._script(ENQUEUE, keys, args)
        return [_PLACED[reply] for reply in replies]

    async def channels(self) -> Sequence[str]:
        found = await self._calls.run(lambda: self._redis.smembers(redis_keys.NOTIFIER_CHANNELS))
        return sorted(name.decode() for name in found)

    async def claim(self, channel_id: str, *, now: datetime, lease_seconds: float) -> Claimed | None:
        due = redis_keys.deliveries_due(channel_id)
        while True:
            lease = _ms(now + timedelta(seconds=lease_seconds))
            found = await self._script(CLAIM, [due], [_ms(now), lease])
            if found is None:
                return None
            ((body, attempts),) = await self._hashes([found.decode()], ["body", "attempts"])
            if body is not None:
                return Claimed(parcel=_parcel.decode(body), attempts=int(attempts or 0))
            # It was finished by somebody whose lease had ended.
            await self._calls.run(partial(self._redis.zrem, due, found))

    async def sent(self, parcel: Parcel, *, now: datetime) -> bool:
        return await self._finish(parcel, "sent", now=now, error="")

    async def retry(self, parcel: Parcel, *, at: datetime, error: str) -> None:
        keys = [redis_keys.deliveries_due(parcel.channel_id), redis_keys.delivery(parcel.id)]
        await self._script(RETRY, keys, [parcel.id, _ms(at), error])

    async def dead(self, parcel: Parcel, *, now: datetime, error: str) -> bool:
        return await self._finish(parcel, "dead", now=now, error=error)

    async def due_batches(self, *, now: datetime) -> Sequence[Batch]:
        key = redis_keys.NOTIFIER_BATCHES
        found = await self._calls.run(lambda: self._redis.zrangebyscore(key, "-inf", _ms(now)))
        return [Batch(*name.decode().split("/", 1)) for name in found]

    async def collected(self, batch: Batch, *, limit: int) -> Sequence[Parcel]:
        found = await self._calls.run(lambda: self._redis.zrange(_batch(batch), 0, limit - 1))
        if not found:
            return []
        rows = await self._hashes([id_.decode() for id_ in found], ["body"])
        return [_parcel.decode(body) for (body,) in rows if body is not None]

    async def seal(self, batch: Batch, digest: Parcel | None, *, now: datetime) -> bool:
        members = digest.members if digest else ()
        hash_ = redis_keys.delivery(digest.id if digest else "-")
        keys = [redis_keys.NOTIFIER_BATCHES, _batch(batch), redis_keys.deliveries_due(batch.channel_id)]
        keys += [redis_keys.NOTIFIER_RECENT, hash_, *(redis_keys.delivery(member) for member in members)]
        head, body = _stored(digest) if digest else (b"", b"")
        args = [_name(batch), _ms(now), digest.id if digest else "", head, body, *members]
        return bool(await self._script(SEAL, keys, args))

    async def postpone(self, batch: Batch, *, at: datetime) -> None:
        key = redis_keys.NOTIFIER_BATCHES
        await self._calls.run(lambda: self._redis.zadd(key, {_name(batch): _ms(at)}, xx=True))

    async def sizes(self) -> tuple[int, int]:
        due = [redis_keys.deliveries_due(channel) for channel in await self.channels()]
        names = await self._calls.run(lambda: self._redis.zrange(redis_keys.NOTIFIER_BATCHES, 0, -1))
        held = [_batch(Batch(*name.decode().split("/", 1))) for name in names]

        async def attempt() -> list[int]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in (*due, *held):
                    pipe.zcard(key)
                counts: list[int] = await pipe.execute()
                return counts

        counts = await self._calls.run(attempt) if due or held else []
        return sum(counts[: len(due)]), sum(counts[len(due) :])

    async def listed(self, *, limit: int) -> Sequence[Listed]:
        """The deliveries queued last, the newest first. Not part of the port: the command line asks."""
        found = await self._calls.run(lambda: self._redis.zrange(redis_keys.NOTIFIER_RECENT, 0, limit - 1, desc=True))
        fields = ["head", "state", "attempts", "error", "finished", "digest"]
        rows = await self._hashes([id_.decode() for id_ in found], fields) if found else []
        return [_row(row) for row in rows if row[0] is not None]

    async def listed_dead(self, *, limit: int) -> Sequence[Listed]:
        """The dead deliveries, the newest first."""
        key = redis_keys.NOTIFIER_DEAD
        found = await self._calls.run(lambda: self._redis.xrevrange(key, count=limit))
        return [_listed.decode(fields[b"letter"]) for _, fields in found]

    async def _finish(self, parcel: Parcel, state: State, *, now: datetime, error: str) -> bool:
        keys = [redis_keys.deliveries_due(parcel.channel_id), redis_keys.NOTIFIER_DEAD]
        keys += [redis_keys.delivery(id_) for id_ in (parcel.id, *parcel.members)]
        letter = msgspec.json.encode(Listed(delivery=_head_of(parcel), state=state, error=error, finished_at=now))
        args = [parcel.id, state, _ms(now), self._remember_ms, error, MAX_DEAD, letter]
        return bool(await self._script(FINISH, keys, args))

    async def _hashes(self, ids: Sequence[str], fields: list[str]) -> list[list[bytes | None]]:
        async def attempt() -> list[list[bytes | None]]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for id_ in ids:
                    pipe.hmget(redis_keys.delivery(id_), fields)
                rows: list[list[bytes | None]] = await pipe.execute()
                return rows

        return await self._calls.run(attempt)

    async def _script(self, script: str, keys: list[str], args: Sequence[Any]) -> Any:
        """Run a script, by its digest where the server knows it. Every one is safe to repeat."""
        sha = sha1(script.encode(), usedforsecurity=False).hexdigest()

        async def attempt() -> Any:
            return await self._redis.execute_command("EVALSHA", sha, len(keys), *keys, *args)

        try:
            return await self._calls.run(attempt)
        except NoScriptError:
            # The server is new or was flushed. Loaded, not EVAL: the notifier's user may run what it has loaded only.
            await self._calls.run(lambda: self._redis.script_load(script))
            return await self._calls.run(attempt)


_PLACED: dict[bytes, Placed] = {b"known": "known", b"queued": "queued", b"held": "held"}


def _stored(parcel: Parcel) -> tuple[bytes, bytes]:
    return msgspec.json.encode(_head_of(parcel)), msgspec.json.encode(parcel)


def _head_of(parcel: Parcel) -> Head:
    return Head(
        id=parcel.id,
        watch_id=parcel.watch_id,
        channel_id=parcel.channel_id,
        queued_at=parcel.queued_at,
        severity=parcel.severity,
        headline=parcel.headline,
        alert_id=parcel.alert_id,
        revision=parcel.revision,
        alerts=len(parcel.members) or 1,
    )


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
