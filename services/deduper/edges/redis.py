"""The index on Redis: bytes, packed, expiring by themselves. What they mean is decided in ``core``.

All keys of a language share the hash tag ``{dd:<bucket>}``, so the script works on Redis Cluster; it runs on Redis
7 and 8 and on Valkey 8 and 9. Under ``ww:5:{dd:<bucket>}``:

| key | type | holds |
|---|---|---|
| ``:h`` | string | the head: the last numbers of an owner of a text and of a copy, and the last commit |
| ``:s:<18 bits>`` | string | postings of blocking hashes: entries of 16 more bits, owner, outlet, slice of time |
| ``:x:<16 bits>`` | string | the same of addresses, exact texts and titles, with 32 more bits |
| ``:t:<16 bits>`` | string | the same of terms, with 24 more bits: the stories they stand in |
| ``:r:<number / 64>`` | hash | records: field the number's last 6 bits |
| ``:u:...`` | hash | the further versions of articles that have been updated |
| ``:f:...`` | hash | facts of the latest version that was no copy |
| ``:b:...`` | hash | by version: what an update replaced, the words an event link rests on |
| ``:p:...`` | hash | by a story's first member: the numbers of its other representatives |
| ``:v:<number / 34>`` | string | vectors of terms and sketches, in slots of one size |
| ``:w:...`` | hash | the rest of a long text's sketch; all of it for an update of what was a copy |
| ``:story:<id>`` | hash | members, packed (``services.contracts.stories``) |

``ww:5:{dd:}:built`` is there once the index holds all that the topics say; whoever has ``...:building`` makes it so.

Records, facts and parts of sketches stay under ``hash-max-listpack-value`` (64 bytes) and their hashes under
``hash-max-listpack-entries`` (128), so the server keeps them as listpacks: half of the memory otherwise needed. A
posting string is written anew with each entry: it is then as long as what is in it, and lives on from then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from redis.asyncio import Redis

from services.contracts import redis_keys
from services.deduper.core.records import Head, Key, NotLoadedError, slice_of
from services.deduper.edges import commands, packing
from services.deduper.edges.commands import Command
from services.deduper.edges.packing import LAYOUTS
from services.deduper.errors import IndexLostError
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script, Scripts

_SLACK_SECONDS = 60  # the server's clock decides when a key goes, the caller's what is read
_CLAIM_SECONDS = 30
_RUN = Script.load(__package__, "commit.lua")


class RedisIndexStore:
    """See :class:`services.deduper.ports.IndexStore`."""

    def __init__(self, client: Redis, calls: RedisCalls, *, window_s: int) -> None:
        self._client = client
        self._calls = calls
        self._scripts = Scripts(client, calls)
        self._window_s = window_s

    async def open(self, bucket: str, now_s: int, *, incomplete: bool = False) -> RedisSnapshot:
        prefix = redis_keys.dedupe(bucket).encode()

        async def read() -> list[Any]:
            async with self._client.pipeline(transaction=False) as pipe:
                pipe.get(prefix + b":h")
                pipe.exists(redis_keys.DEDUPE_BUILT)
                return list(await pipe.execute())

        raw, built = await self._calls.run(read)
        if not built and not incomplete:
            raise IndexLostError
        return RedisSnapshot(self._client, self._calls, self._scripts, prefix, raw or b"", now_s, self._window_s)

    async def built(self) -> bool:
        return bool(await self._calls.run(lambda: self._client.exists(redis_keys.DEDUPE_BUILT)))

    async def claim(self, worker: str, *, again: bool = False) -> bool:
        async def take() -> Any:
            if not again:
                await self._client.set(redis_keys.DEDUPE_BUILDING, worker, nx=True, ex=_CLAIM_SECONDS)
            held = await self._client.get(redis_keys.DEDUPE_BUILDING)
            if held == worker.encode():
                await self._client.expire(redis_keys.DEDUPE_BUILDING, _CLAIM_SECONDS)
            return held

        return bool(await self._calls.run(take) == worker.encode())

    async def set_built(self, worker: str) -> bool:
        noted = _packed([[b"SET", redis_keys.DEDUPE_BUILT.encode(), b"1"]])
        words = [worker.encode(), worker.encode() + b" built", _CLAIM_SECONDS, *noted]
        return await self._scripts.run(_RUN, [redis_keys.DEDUPE_BUILDING], words) is not None

    async def set_lost(self) -> None:
        await self._calls.run(lambda: self._client.delete(redis_keys.DEDUPE_BUILT))


class RedisSnapshot:
    """See :class:`services.deduper.ports.Snapshot`."""

    def __init__(
        self, client: Redis, calls: RedisCalls, scripts: Scripts, prefix: bytes, raw: bytes, now_s: int, window_s: int
    ) -> None:
        self.head = _head(raw)
        self._owners_before = self.head.owners
        self._raw_head = raw
        self._client = client
        self._calls = calls
        self._scripts = scripts
        self._prefix = prefix
        self._slice = slice_of(now_s, window_s)
        self._window_s = window_s
        self._values: dict[Key, Any] = {}
        self._strings: dict[bytes, bytes] = {}
        self._places: dict[Key, tuple[bytes, bytes]] = {}  # of postings: the string, and what marks their entries in it

    def get(self, key: Key) -> Any:
        try:
            return self._values[key]
        except KeyError:
            if key[0] == "representatives" and key[1] > self._owners_before:
                return None  # of a number given since the head was read nothing else is stored
            raise NotLoadedError(key) from None

    async def load(self, keys: Collection[Key]) -> None:
        wanted = [key for key in keys if key not in self._values]
        postings = {key: commands.posting(self._prefix, key) for key in wanted if key[0] in LAYOUTS}
        self._places.update(postings)
        names = list({name for name, _ in postings.values()} - self._strings.keys())
        reads = commands.reads(self._prefix, [key for key in wanted if key[0] not in LAYOUTS], self._values)
        if not names and not reads and not postings:
            return
        asked = [*([[b"MGET", *names]] if names else ()), *(command for command, _ in reads)]
        replies = await self._run(b"*", b"", asked) if asked else []
        if names:
            self._strings.update((name, raw or b"") for name, raw in zip(names, replies.pop(0), strict=True))
        for (_, reader), reply in zip(reads, replies, strict=True):
            self._values.update(reader(reply))
        for key, (name, field) in postings.items():
            raw = self._strings[name]
            self._values[key] = packing.owners_in(LAYOUTS[key[0]], raw, field, self._slice) if field in raw else ()

    async def commit(self, head: Head, changes: Mapping[Key, Any]) -> bool:
        life = self._window_s + _SLACK_SECONDS
        writes = commands.writes(self._prefix, self.head.owners, head.owners, changes, life)
        strings = dict(self._strings)
        for key, owners in changes.items():
            layout = LAYOUTS.get(key[0])
            if layout is not None:
                name, field = self._places[key]
                before = self._values[key]
                strings[name] = packing.with_owners(layout, strings[name], field, before, owners, self._slice)
        changed = [name for name, raw in strings.items() if raw is not self._strings[name]]
        writes += [[b"SET", name, strings[name], b"EX", b"%d" % life] for name in changed]
        raw_head = _packed_head(head)
        if await self._run(self._raw_head, raw_head, writes) is None:
            return False
        self.head, self._raw_head, self._strings = head, raw_head, strings
        self._values.update(changes)
        return True

    async def _run(self, expected: bytes, new: bytes, asked: list[Command]) -> Any:
        words = [expected, new, self._window_s * 2, *_packed(asked)]
        return await self._scripts.run(_RUN, [f"{self._prefix.decode()}:h"], words)


def _packed(asked: list[Command]) -> tuple[bytes, bytes]:
    """The lengths of commands and of their words, and the words."""
    lengths: list[int] = []
    words: list[bytes] = []
    for command in asked:
        lengths.append(len(command))
        lengths += map(len, command)
        words += command
    return packing.pack_all("I", lengths), b"".join(words)


def _head(raw: bytes) -> Head:
    if not raw:
        return Head()
    owners, copies, commit = raw.decode().split(" ", 2)
    return Head(int(owners), int(copies), commit)


def _packed_head(head: Head) -> bytes:
    return f"{head.owners} {head.copies} {head.commit}".encode()
