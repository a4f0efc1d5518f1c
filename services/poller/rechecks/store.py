"""Pages to look at again, in Redis. See :class:`services.poller.rechecks.rechecker.WatchedPages`.

| key under ``ww:1:{po}:`` | type | holds |
|---|---|---|
| ``recheck:due`` | zset | article id by its page's next look (ms since 1970); while leased: by the end of the lease |
| ``recheck:leases`` | hash | article id -> token of who looks |
| ``recheck:<id>`` | string | :class:`WatchedPage`, MessagePack, deflated; empty once its looks are done; expires |
| ``recheck:day:<date>`` | string | how many looks there were on that day (UTC); expires |
"""

import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
import redis.asyncio

from services.contracts.redis_keys import POLLER
from services.poller.core.rechecks import WatchedPage
from services.poller.edges.redis import PUSHED, milliseconds
from services.poller.rechecks.rechecker import PageClaim
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script, Scripts

LEASE_SECONDS: Final = 900
MOST_PAGES: Final = 20_000  # 5 kB each at worst: 100 MB
_DAY_SECONDS: Final = 2 * 86_400

DUE: Final = f"{POLLER}:recheck:due"
LEASES: Final = f"{POLLER}:recheck:leases"
_NO_PUSHES: Final = f"{PUSHED}:none"
_CLAIM = Script.load("services.poller.edges", "claim.lua")
_ADD, _FINISH = (Script.load(__package__, name) for name in ("add.lua", "finish.lua"))
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(WatchedPage)


class RedisWatchedPages:
    """``kept_for`` is how long a page is kept after its last look, at least."""

    def __init__(self, client: redis.asyncio.Redis, calls: RedisCalls, *, kept_for: timedelta) -> None:
        self._redis = client
        self._calls = calls
        self._scripts = Scripts(client, calls)
        self._kept_seconds = int(kept_for.total_seconds())
        self._token = secrets.token_hex(8)
        self._claims = 0

    async def add(self, page: WatchedPage) -> bool:
        args = [page.article_id, milliseconds(page.added_at), _packed(page), self._kept_seconds, MOST_PAGES]
        return bool(await self._scripts.run(_ADD, [DUE, _key(page.article_id)], args))

    async def claim(self, now: datetime, limit: int) -> Sequence[PageClaim]:
        self._claims += 1
        token = f"{self._token}:{self._claims}"
        lease_end = milliseconds(now + timedelta(seconds=LEASE_SECONDS))
        args = [milliseconds(now), lease_end, limit, token]
        reply: list[Any] = await self._scripts.run(_CLAIM, [DUE, LEASES, _NO_PUSHES], args)
        claims: list[PageClaim] = []
        for article_id in (member.decode() for member in reply[::3]):
            kept: Any = await self._calls.run(partial(self._redis.get, _key(article_id)))
            if kept:
                claims.append(PageClaim(token, _decoder.decode(zlib.decompress(kept))))
            else:  # it has expired
                await self._calls.run(partial(self._redis.zrem, DUE, article_id))
        return claims

    async def take_turn(self, now: datetime, a_day: int) -> bool:
        key = f"{POLLER}:recheck:day:{now:%Y-%m-%d}"
        taken: int = await self._calls.run(lambda: self._redis.incr(key))
        await self._calls.run(lambda: self._redis.expire(key, _DAY_SECONDS))
        return taken <= a_day

    async def finish(self, claim: PageClaim, page: WatchedPage | None, due: datetime | None) -> None:
        article_id = claim.page.article_id
        body = _packed(page) if page is not None else b""
        args = [article_id, claim.token, milliseconds(due) if due is not None else "", body, self._kept_seconds]
        await self._scripts.run(_FINISH, [DUE, LEASES, _key(article_id)], args)


def _packed(page: WatchedPage) -> bytes:
    return zlib.compress(_encoder.encode(page))


def _key(article_id: str) -> str:
    return f"{POLLER}:recheck:{article_id}"
