"""The schedule in Redis, shared by all pollers.

| key under ``ww:1:{po}:`` | type | holds |
|---|---|---|
| ``due`` | zset | feed id by next poll (ms since 1970); while leased: by the end of the lease |
| ``leases`` | hash | feed id -> token of who polls it |
| ``feed:<id>`` | string | :class:`FeedState`, JSON |
| ``seen:<id>`` | string | what was sent, packed (``core/seen.py``), expires |
| ``para:<outlet>:<epoch>`` | hash | paragraph digest -> articles that had it, and the last of them; expires |
| ``address:<digest>`` | string | id of the feed that asks an address others have moved to, too |
| ``pushed`` | hash | feed id -> when the first push that waits for it came (ms); see ``websub/store.py`` |
| ``push:<id>`` | list | pushes that wait for the feed, the oldest first |
| ``pushed:bytes`` | string | the size of all pushes that wait |
| ``wishes`` | set | ids of feeds that a person wants asked now |
| ``status`` | hash | ``feeds``, ``answering``, ``failing``, ``offline_since`` (ISO 8601 or empty), ``at`` |
| ``host:<host>`` | hash | ``next`` allowed start, ``busy`` until, ``tail`` of who waits, ``at`` when it was set (ms) |

A poller that is killed keeps nothing: its leases end, and the feeds are due again with their state of before.
Times are wall time. A clock that was ahead and is set back would leave everything due in the future: ``at`` and
:meth:`RedisFeedStore.advance_due` bring it back to what the time between two polls was meant to be.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
import redis.asyncio

from services.contracts.ids import digest
from services.contracts.redis_keys import POLLER
from services.contracts.redis_keys import POLLER_STATUS as STATUS
from services.poller.core.boilerplate import REPEATS
from services.poller.core.model import FeedConfig
from services.poller.core.seen import Seen
from services.poller.core.state import FeedState
from services.poller.edges.redis_batcher import RedisBatcher
from services.poller.ports import Claim, Push
from services.runtime.process.clock import Clock
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script

LEASE_SECONDS: Final = 120
BUSY_SECONDS: Final = 60
SEEN_SECONDS: Final = 60 * 86_400
STATE_SECONDS: Final = 120 * 86_400
EPOCH_SECONDS: Final = 3 * 86_400

DUE: Final = f"{POLLER}:due"
LEASES: Final = f"{POLLER}:leases"
PUSHED: Final = f"{POLLER}:pushed"
PUSHED_BYTES: Final = f"{POLLER}:pushed:bytes"
WISHES: Final = f"{POLLER}:wishes"
WISHES_AT_ONCE: Final = 1000
SCRIPTS: Final = (
    "advance_due", "claim", "count_repeated", "finish", "move", "pause_host", "shorten_leases", "take_host",
)  # fmt: skip

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FeedState)
_push_decoder = msgspec.msgpack.Decoder(Push)


@dataclass(slots=True)
class RedisFeedStore:
    """See :class:`services.poller.ports.FeedStore`."""

    client: redis.asyncio.Redis
    calls: RedisCalls
    clock: Clock
    _token: str = field(default_factory=lambda: secrets.token_hex(8))
    _claims: int = 0
    _batches: RedisBatcher = field(init=False)

    def __post_init__(self) -> None:
        self._batches = RedisBatcher(
            self.client, self.calls, {name: Script.load(__package__, f"{name}.lua") for name in SCRIPTS}
        )

    async def sync(self, feeds: Mapping[str, FeedConfig], first_polls: Mapping[str, datetime]) -> int:
        members: list[Any] = await self.calls.run(lambda: self.client.zrange(DUE, 0, -1))
        scheduled = {member.decode() for member in members}
        gone = [feed_id for feed_id in scheduled if feed_id not in feeds]
        new = {feed_id: milliseconds(first_polls[feed_id]) for feed_id in feeds if feed_id not in scheduled}
        for batch in _batches(gone):
            await self.calls.run(partial(self.client.zrem, DUE, *batch))
            await self.calls.run(partial(self.client.hdel, PUSHED, *batch))
            await self.calls.run(partial(self.client.delete, *map(push_key, batch)))
        for batch in _batches(list(new)):
            kept = await self.states(batch)
            scores = {
                feed_id: milliseconds(state.next_poll_at) if state and state.next_poll_at else new[feed_id]
                for feed_id, state in zip(batch, kept, strict=True)
            }
            await self.calls.run(partial(self.client.zadd, DUE, scores, nx=True))
        return len(new)

    async def advance_due(self, due: Mapping[str, datetime]) -> None:
        pairs = [part for feed_id, moment in due.items() for part in (feed_id, milliseconds(moment))]
        for at in range(0, len(pairs), 1000):
            await self._batches.script("advance_due", [DUE, LEASES], pairs[at : at + 1000])

    async def take_wishes(self) -> Sequence[str]:
        """The feeds that a person wants asked now; each is handed out once."""
        reply: Any = await self.calls.run(lambda: self.client.spop(WISHES, WISHES_AT_ONCE))
        return [member.decode() for member in reply or ()]

    async def write_status(self, status: Mapping[str, str | int]) -> None:
        """What the api and the command line read of the poller as a whole."""
        await self.calls.run(lambda: self.client.hset(STATUS, mapping=dict[Any, Any](status)))

    async def shorten_leases(self, now: datetime) -> None:
        longest = timedelta(seconds=2 * LEASE_SECONDS)  # the clocks of two pollers may differ
        await self._batches.script(
            "shorten_leases", [DUE, LEASES], [milliseconds(now + longest), milliseconds(now + longest / 2)]
        )

    async def states(self, feed_ids: Sequence[str]) -> list[FeedState | None]:
        """The stored states, None where a feed was never polled."""
        return await self.calls.run(lambda: read_states(self.client, feed_ids))

    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]:
        self._claims += 1
        token = f"{self._token}:{self._claims}"
        lease_end = milliseconds(now + timedelta(seconds=LEASE_SECONDS))
        reply: list[Any] = await self._batches.script(
            "claim", [DUE, LEASES, PUSHED], [milliseconds(now), lease_end, limit, token]
        )
        feed_ids = [member.decode() for member in reply[::3]]
        states = await self.states(feed_ids)
        return [
            Claim(feed_id, token, datetime.fromtimestamp(float(score) / 1000, UTC), state or FeedState(), bool(pushed))
            for feed_id, score, pushed, state in zip(feed_ids, reply[1::3], reply[2::3], states, strict=True)
        ]

    async def extend(self, claim: Claim, now: datetime) -> None:
        end = milliseconds(now + timedelta(seconds=LEASE_SECONDS))
        await self._batches.script("move", [DUE, LEASES], [claim.feed_id, claim.token, end, "0"])

    async def postpone(self, claim: Claim, until: datetime) -> None:
        await self._batches.script("move", [DUE, LEASES], [claim.feed_id, claim.token, milliseconds(until), "1"])

    async def finish(self, claim: Claim, state: FeedState, seen: bytes | None, *, host: str | None = None) -> bool:
        next_poll = state.next_poll_at
        if next_poll is None:
            raise ValueError("a polled feed has a next poll")
        reply = await self._batches.script(
            "finish",
            [
                DUE,
                LEASES,
                _feed(claim.feed_id),
                _seen(claim.feed_id),
                PUSHED,
                push_key(claim.feed_id),
                PUSHED_BYTES,
                _host(host or ""),
            ],
            [
                claim.feed_id,
                claim.token,
                milliseconds(next_poll),
                _encoder.encode(state),
                STATE_SECONDS,
                seen or b"",
                SEEN_SECONDS,
                int(claim.pushed),
                int(host is not None),
            ],
        )
        return bool(reply)

    async def queued(self, feed_id: str) -> Push | None:
        kept: Any = await self._batches.command("LINDEX", push_key(feed_id), 0)
        return _push_decoder.decode(kept) if kept else None

    async def seen(self, feed_id: str) -> Seen:
        packed: Any = await self._batches.command("GET", _seen(feed_id))
        return Seen(packed)

    async def repeated(self, outlet: str, paragraphs: Sequence[str], *, article_id: str | None) -> set[str]:
        if not paragraphs:
            return set()
        epoch = int(self.clock.now().timestamp() // EPOCH_SECONDS)
        keys = [f"{POLLER}:para:{outlet}:{number}" for number in (epoch, epoch - 1)]
        reply: list[bytes] = await self._batches.script(
            "count_repeated", keys, [article_id or "", REPEATS, 2 * EPOCH_SECONDS, *paragraphs]
        )
        return {name.decode() for name in reply}

    async def owner_of(self, url: str, feed_id: str) -> str:
        key = f"{POLLER}:address:{digest('address', url)}"
        await self._batches.command("SET", key, feed_id, "NX", "EX", STATE_SECONDS)
        owner: Any = await self._batches.command("GET", key)
        return owner.decode() if owner else feed_id

    async def take_host(self, host: str, now: datetime, gap_seconds: float) -> float:
        args = [milliseconds(now), int(gap_seconds * 1000), BUSY_SECONDS * 1000]
        return float(await self._batches.script("take_host", [_host(host)], args)) / 1000

    async def release_host(self, host: str) -> None:
        await self._batches.command("HDEL", _host(host), "busy")

    async def pause_host(self, host: str, until: datetime) -> None:
        left = max(1, int((until - self.clock.now()).total_seconds() * 1000)) + 60_000
        await self._batches.script("pause_host", [_host(host)], [milliseconds(until), left])


async def read_states(client: redis.asyncio.Redis, feed_ids: Sequence[str]) -> list[FeedState | None]:
    """The stored states as any reader of the store sees them, None where a feed was never polled."""
    if not feed_ids:
        return []
    values = await client.mget([_feed(feed_id) for feed_id in feed_ids])
    return [_decoder.decode(value) if value else None for value in values]


async def read_offline_since(client: redis.asyncio.Redis) -> datetime | None:
    """Since when no feed at all has answered, as the poller noted it; None while any does."""
    noted: Any = await client.hget(STATUS, "offline_since")
    return datetime.fromisoformat(noted.decode()) if noted else None


async def wish(client: redis.asyncio.Redis, feed_ids: Sequence[str]) -> None:
    """Have feeds asked within seconds, whatever their schedule says; the Retry-After of their host still holds."""
    if feed_ids:
        await client.sadd(WISHES, *feed_ids)


def milliseconds(moment: datetime) -> int:
    """Since 1970, as the store counts."""
    return int(moment.timestamp() * 1000)


def _feed(feed_id: str) -> str:
    return f"{POLLER}:feed:{feed_id}"


def push_key(feed_id: str) -> str:
    """The queue of a feed's pushes."""
    return f"{POLLER}:push:{feed_id}"


def _seen(feed_id: str) -> str:
    return f"{POLLER}:seen:{feed_id}"


def _host(host: str) -> str:
    return f"{POLLER}:host:{host}"


def _batches(values: Sequence[str], size: int = 1000) -> list[Sequence[str]]:
    return [values[at : at + size] for at in range(0, len(values), size)]
