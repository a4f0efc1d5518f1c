"""Subscriptions and pushes in Redis. See :class:`services.poller.websub.subscriptions.PushStore`.

| key under ``ww:1:{po}:`` | type | holds |
|---|---|---|
| ``websub:<id>`` | string | :class:`Subscription` of a feed, JSON, expires; ``left:<token>`` for one that is ended |
| ``hook:<token>`` | string | id of the feed whose callback that is, expires |
| ``websub:due`` | zset | feed id by when somebody has to act on its subscription (ms since 1970) |
| ``push:<id>``, ``pushed``, ``pushed:bytes`` | | pushes that wait, see ``edges/redis.py`` |

A push is stored before its hub gets a 2xx, so a poller that is killed loses none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import redis.asyncio

from services.contracts.redis_keys import POLLER
from services.poller.edges.redis import DUE, LEASES, PUSHED, PUSHED_BYTES, milliseconds, push_key
from services.poller.ports import Push
from services.poller.websub.protocol import Subscription
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script, Scripts

KEPT_SECONDS: Final = 120 * 86_400
ACTING_SECONDS: Final = 60
MAX_QUEUED: Final = 16  # pushes of one feed
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024  # of all feeds

_SUBSCRIPTIONS: Final = f"{POLLER}:websub:due"

_REPLACE, _TAKE_DUE, _ENQUEUE = (
    Script.load(__package__, name) for name in ("replace.lua", "take_due.lua", "enqueue.lua")
)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Subscription)
_push_encoder = msgspec.msgpack.Encoder()


class RedisPushStore:
    """See :class:`services.poller.websub.subscriptions.PushStore`."""

    def __init__(self, client: redis.asyncio.Redis, calls: RedisCalls) -> None:
        self._redis = client
        self._calls = calls
        self._scripts = Scripts(client, calls)

    async def subscription(self, feed_id: str) -> Subscription | None:
        kept: Any = await self._calls.run(lambda: self._redis.get(_subscription(feed_id)))
        return _decoder.decode(kept) if kept else None

    async def replace(self, feed_id: str, before: Subscription | None, after: Subscription) -> bool:
        revision = before.revision if before is not None else -1
        reply = await self._scripts.run(
            _REPLACE,
            [_subscription(feed_id), _hook(after.token), _SUBSCRIPTIONS],
            [revision, _encoder.encode(after), feed_id, milliseconds(after.next_at), KEPT_SECONDS],
        )
        return bool(reply)

    async def forget(self, feed_id: str) -> None:
        kept = await self.subscription(feed_id)
        names = [_subscription(feed_id), *([_hook(kept.token)] if kept is not None else [])]
        await self._calls.run(lambda: self._redis.delete(*names))
        await self._calls.run(lambda: self._redis.zrem(_SUBSCRIPTIONS, feed_id))

    async def subscribed(self) -> Sequence[str]:
        members: list[Any] = await self._calls.run(lambda: self._redis.zrange(_SUBSCRIPTIONS, 0, -1))
        return [member.decode() for member in members]

    async def feed_of(self, token: str) -> str | None:
        kept: Any = await self._calls.run(lambda: self._redis.get(_hook(token)))
        return kept.decode() if kept else None

    async def due_subscriptions(self, now: datetime, limit: int) -> Sequence[str]:
        until = milliseconds(now + timedelta(seconds=ACTING_SECONDS))
        reply: list[bytes] = await self._scripts.run(_TAKE_DUE, [_SUBSCRIPTIONS], [milliseconds(now), until, limit])
        return [member.decode() for member in reply]

    async def later(self, feed_id: str, until: datetime) -> None:
        scores = {feed_id: milliseconds(until)}
        await self._calls.run(lambda: self._redis.zadd(_SUBSCRIPTIONS, scores, xx=True))

    async def enqueue(self, feed_id: str, push: Push) -> bool:
        reply = await self._scripts.run(
            _ENQUEUE,
            [DUE, LEASES, PUSHED, push_key(feed_id), PUSHED_BYTES],
            [feed_id, milliseconds(push.received_at), _push_encoder.encode(push), MAX_QUEUED, MAX_WAITING_BYTES],
        )
        return bool(reply)


def _subscription(feed_id: str) -> str:
    return f"{POLLER}:websub:{feed_id}"


def _hook(token: str) -> str:
    return f"{POLLER}:hook:{token}"
