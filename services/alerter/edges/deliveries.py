"""Deliveries in Redis: ``watch:due`` (zset, id by when to try), ``watch:pending`` (hash, id to delivery),
``watch:sent:<id>`` (string, expires) and ``watch:given_up`` (list, newest first, bounded)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from services.alerter.core.deliveries import PendingDelivery
from services.contracts.redis_keys import ALERTS_WATCH
from services.runtime.clock import Clock
from services.runtime.redis import RedisCalls

_DUE = f"{ALERTS_WATCH}:due"
_PENDING = f"{ALERTS_WATCH}:pending"
_GIVEN_UP = f"{ALERTS_WATCH}:given_up"
_KEPT_SECONDS = 9 * 86_400  # longer than the topics keep articles: reading them again delivers nothing again
_GIVEN_UP_KEPT = 1_000
_LEASE_MS = 60_000  # longer than an attempt may take

# KEYS: due, pending, sent. ARGV: id, delivery, now.
_ADD = """
if redis.call('EXISTS', KEYS[3]) == 1 or redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
"""
# KEYS: due, pending. ARGV: now, limit, end of the lease.
_TAKE = """
local taken = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  local delivery = redis.call('HGET', KEYS[2], id)
  if delivery then
    redis.call('ZADD', KEYS[1], ARGV[3], id)
    taken[#taken + 1] = delivery
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return taken
"""

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(PendingDelivery)


class RedisDeliveries:
    """See :class:`services.alerter.ports.DeliveryStore`."""

    def __init__(self, redis: Redis, calls: RedisCalls, clock: Clock) -> None:
        self._redis = redis
        self._calls = calls
        self._clock = clock

    async def add(self, deliveries: Sequence[PendingDelivery]) -> None:
        now = str(self._now_ms())
        await self._run(
            [("EVAL", _ADD, 3, _DUE, _PENDING, _sent(item.id), item.id, _encode(item), now) for item in deliveries]
        )

    async def due(self, limit: int) -> Sequence[PendingDelivery]:
        now = self._now_ms()
        ((*taken,),) = await self._run([("EVAL", _TAKE, 2, _DUE, _PENDING, now, limit, now + _LEASE_MS)])
        return [_decoder.decode(value) for value in taken]

    async def done(self, delivery: PendingDelivery) -> None:
        await self._run([("SET", _sent(delivery.id), "1", "EX", _KEPT_SECONDS), *_removal(delivery)])

    async def retry(self, delivery: PendingDelivery, *, after_seconds: float) -> None:
        due = self._now_ms() + int(after_seconds * 1000)
        await self._run([("HSET", _PENDING, delivery.id, _encode(delivery)), ("ZADD", _DUE, due, delivery.id)])

    async def give_up(self, delivery: PendingDelivery, *, reason: str) -> None:
        kept = _encode({"reason": reason, "given_up_at": self._clock.now(), "delivery": delivery})
        await self._run(
            [
                ("LPUSH", _GIVEN_UP, kept),
                ("LTRIM", _GIVEN_UP, 0, _GIVEN_UP_KEPT - 1),
                ("SET", _sent(delivery.id), "0", "EX", _KEPT_SECONDS),
                *_removal(delivery),
            ]
        )

    async def size(self) -> int:
        (size,) = await self._run([("ZCARD", _DUE)])
        return int(size)

    async def _run(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """In this order, in one transaction."""

        async def attempt() -> list[Any]:
            async with self._redis.pipeline(transaction=True) as pipe:
                for command in commands:
                    pipe.execute_command(*command)
                return await pipe.execute()

        return await self._calls.run(attempt)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _sent(id_: str) -> str:
    return f"{ALERTS_WATCH}:sent:{id_}"


def _removal(delivery: PendingDelivery) -> list[tuple[Any, ...]]:
    return [("HDEL", _PENDING, delivery.id), ("ZREM", _DUE, delivery.id)]
