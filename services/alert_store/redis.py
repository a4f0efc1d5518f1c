"""The records in Redis. Every write is one script; all keys share the hash tag ``{al}``, so one slot of a cluster.

The hash of a record has ``token`` and ``facts``; that of an alert also ``alert`` (JSON as on the topic), ``revision``,
``published`` and ``indexed`` (index keys, one a line). An alert does not expire by itself:
:meth:`AlertRecords.purge_expired` removes it from its hash and from every index together. Other records do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from services.alert_store.records import ABSENT, DAY_MS, Changed, Record, Retention, Write
from services.contracts import codec, redis_keys
from services.contracts.messages import Alert
from services.runtime.process.clock import Clock
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script, ScriptCall, Scripts

_WRITE = Script.load(__package__, "write.lua")
_ACKNOWLEDGE = Script.load(__package__, "acknowledge.lua")
_REMOVE = Script.load(__package__, "remove.lua")
_FIELDS = ("token", "facts", "alert", "published", "indexed")
_ALERT = redis_keys.alert("")


class AlertRecords:
    """Reads and writes records. Without ``retention`` (in the api) nothing is expired or trimmed: the alerter does."""

    def __init__(self, client: Redis, calls: RedisCalls, clock: Clock, retention: Retention | None = None) -> None:
        self._client = client
        self._calls = calls
        self._scripts = Scripts(client, calls)
        self._clock = clock
        self._retention = retention

    async def load(self, keys: Sequence[str]) -> Sequence[Record]:
        """Each record, :data:`ABSENT` where there is none."""

        def fill(pipe: Any) -> None:
            for key in keys:
                pipe.hmget(key, _FIELDS)

        return [_record(row) for row in await self._pipeline(fill)] if keys else []

    async def write(self, writes: Sequence[Write]) -> Sequence[bool]:
        """Each write, in order, atomically by itself. False where a record was no longer as it was read."""
        now_ms = self._now_ms()
        calls = [self._call(write, now_ms) for write in writes]
        return [reply == 1 for reply in await self._scripts.run_each(_WRITE, calls)]

    async def acknowledge(self, alerts: Sequence[Alert]) -> None:
        """Kafka has these revisions: note it, and leave the outbox what has a later one."""
        retention, now_ms = self._kept(), self._now_ms()
        calls: list[ScriptCall] = []
        for alert in alerts:
            keys = [redis_keys.alert(alert.id), redis_keys.ALERTS_OUTBOX, redis_keys.ALERTS_EXPIRY]
            calls.append((keys, [alert.id, alert.revision, retention.ends_ms(alert, now_ms)]))
        await self._scripts.run_each(_ACKNOWLEDGE, calls)

    async def unpublished(self, *, older_than_seconds: float, limit: int) -> Sequence[Alert]:
        """Latest revisions that have waited in the outbox for that long, the longest waiting first."""
        waiting = await self._ids(redis_keys.ALERTS_OUTBOX, self._now_ms() - int(older_than_seconds * 1000), limit)
        records = await self.load([redis_keys.alert(id_) for id_ in waiting])
        return [record.alert for record in records if record.alert is not None]

    async def outbox_size(self) -> int:
        """How many alerts wait in the outbox."""
        return await self._calls.run(lambda: self._client.zcard(redis_keys.ALERTS_OUTBOX))

    async def purge_expired(self, limit: int) -> int:
        """Remove up to ``limit`` alerts whose retention is over, from everywhere; how many there were."""
        now_ms = self._now_ms()
        due = await self._ids(redis_keys.ALERTS_EXPIRY, now_ms, limit)
        records = await self.load([redis_keys.alert(id_) for id_ in due])
        calls: list[ScriptCall] = []
        for id_, record in zip(due, records, strict=True):
            keys = [redis_keys.alert(id_), redis_keys.ALERTS_EXPIRY, redis_keys.ALERTS_BY_TIME]
            calls.append(([*keys, redis_keys.ALERTS_OUTBOX, *record.indexed], [id_, now_ms]))
        await self._scripts.run_each(_REMOVE, calls)
        return len(due)

    def _call(self, write: Write, now_ms: int) -> ScriptCall:
        tokens = [(key, token, token) for key, token in write.read.items() if key not in write.changed]
        tokens += [(key, change.before.token, change.after.token) for key, change in write.changed.items()]
        commands = _Commands()
        for key, change in write.changed.items():
            self._add(commands, key, change, now_ms)
        keys = [key for key, _, _ in tokens]
        args = [len(tokens), *(token for _, before, after in tokens for token in (before, after)), *commands.words]
        return [*keys, *commands.keys], args

    def _add(self, commands: _Commands, key: str, change: Changed, now_ms: int) -> None:
        record = change.after
        commands.add("HSET", key, "token", record.token, "facts", record.facts)
        id_ = key.removeprefix(_ALERT)
        if id_ == key:
            commands.add("PEXPIRE", key, int(self._kept().days * DAY_MS))
            return
        if self._retention is not None:
            commands.add("ZADD", redis_keys.ALERTS_EXPIRY, self._retention.ends_ms(record.alert, now_ms), id_)
        if record.alert is None:
            return
        alert, indexed = record.alert, "\n".join(record.indexed)
        commands.add("HSET", key, "alert", record.body, "revision", alert.revision, "indexed", indexed)
        for index in (redis_keys.ALERTS_BY_TIME, *record.indexed):
            commands.add("ZADD", index, int(alert.last_updated.timestamp() * 1000), id_)
        for index in change.before.indexed:
            if index not in record.indexed:
                commands.add("ZREM", index, id_)
        if change.publish:
            # Without retention this is the api, which does not send: dated 0, the alerter's next sweep takes it.
            commands.add("ZADD", redis_keys.ALERTS_OUTBOX, now_ms if self._retention is not None else 0, id_)
            trim = ("MAXLEN", "~", self._retention.stream_revisions) if self._retention is not None else ()
            commands.add("XADD", redis_keys.ALERTS_STREAM, *trim, "*", "id", id_, "revision", alert.revision)

    def _kept(self) -> Retention:
        if self._retention is None:
            raise RuntimeError("Only the alerter, which has the retention, may do this.")
        return self._retention

    async def _ids(self, key: str, latest_ms: int, limit: int) -> list[str]:
        rows = await self._pipeline(lambda pipe: pipe.zrangebyscore(key, "-inf", latest_ms, start=0, num=limit))
        return [row.decode() for row in rows[0]]

    async def _pipeline(self, fill: Callable[[Any], None]) -> list[Any]:
        async def attempt() -> list[Any]:
            async with self._client.pipeline(transaction=False) as pipe:
                fill(pipe)
                return await pipe.execute()

        return await self._calls.run(attempt)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


class _Commands:
    """Commands as ``write.lua`` takes them, and the keys they touch."""

    def __init__(self) -> None:
        self.words: list[Any] = []
        self.keys: list[str] = []

    def add(self, command: str, key: str, *words: Any) -> None:
        self.words += [len(words) + 2, command, key, *words]
        self.keys.append(key)


def _record(row: Sequence[bytes | None]) -> Record:
    token, facts, alert, published, indexed = row
    if token is None:
        return ABSENT
    return Record(
        token=token.decode(),
        facts=facts or b"",
        alert=codec.decode(alert, Alert) if alert is not None else None,
        body=alert or b"",
        published=int(published or 0),
        indexed=tuple(indexed.decode().split("\n")) if indexed else (),
    )
