"""Writes a state change: a new revision of the alert, in the outbox, from where the alerter sends it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from redis.asyncio import Redis

from services.api.core.states import moved
from services.contracts import codec, redis_keys
from services.contracts.messages import Alert, AlertState
from services.runtime.errors import TransientError
from services.runtime.process.clock import Clock
from services.runtime.redis.connection import FAILURES

_DAY_MS = 86_400_000
_ATTEMPTS = 20

# KEYS: hash, outbox, stream, expiry. The alerter writes by the same token, so neither overwrites the other. The place
# in the outbox is dated 0: nobody is about to tick it off, so the next sweep sends it.
_WRITE = """
local stored = redis.call('HGET', KEYS[1], 'token') or ''
if stored == ARGV[2] then return 1 end
if stored ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'alert', ARGV[3], 'revision', ARGV[4])
redis.call('ZADD', KEYS[2], 0, ARGV[5])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'id', ARGV[5], 'revision', ARGV[4])
redis.call('ZADD', KEYS[4], ARGV[7], ARGV[5])
return 1
"""


class RedisAlertStates:
    """See :class:`services.api.ports.AlertStates`. Retention must be given as the alerter has it."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        *,
        retention_days: float,
        closed_retention_days: float,
        stream_revisions: int,
    ) -> None:
        self._redis = redis
        self._write_script = redis.register_script(_WRITE)  # it sends the digest, and the text where it is unknown
        self._now_ms: Callable[[], int] = lambda: int(clock.now().timestamp() * 1000)
        self._retention_ms = int(retention_days * _DAY_MS)
        self._closed_retention_ms = int(closed_retention_days * _DAY_MS)
        self._stream_revisions = stream_revisions

    async def move(self, alert_id: str, state: AlertState) -> Alert | None:
        try:
            for _ in range(_ATTEMPTS):
                stored = await self._stored(alert_id)
                if stored is None:
                    return None
                token, before = stored
                after = moved(before, state)
                if after is None:
                    return before
                if await self._write(token, after):
                    return after
        except FAILURES as error:
            raise TransientError(f"Redis cannot be written: {error}") from error
        raise TransientError(f"Alert {alert_id} is changing too fast: try again.")

    async def _stored(self, alert_id: str) -> tuple[str, Alert] | None:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(redis_keys.alert(alert_id), ["token", "alert"])
            ((token, body),) = await pipe.execute()
        return (token.decode(), codec.decode(body, Alert)) if token and body else None

    async def _write(self, token: str, alert: Alert) -> bool:
        body = codec.encode(alert)
        keys = [redis_keys.alert(alert.id), redis_keys.ALERTS_OUTBOX, redis_keys.ALERTS_STREAM]
        kept_ms = self._closed_retention_ms if alert.state == "closed" else self._retention_ms
        count = int(token.partition("-")[0] or 0) + 1
        reply = await self._write_script(
            keys=[*keys, redis_keys.ALERTS_EXPIRY],
            args=[
                token,
                f"{count}-{blake2b(body, digest_size=8).hexdigest()}",
                body,
                str(alert.revision),
                alert.id,
                str(self._stream_revisions),
                str(self._now_ms() + kept_ms),
            ],
        )
        return bool(reply == 1)
