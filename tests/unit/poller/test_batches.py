"""What many ask of the store at once leaves together, and each gets its own reply, whatever the others got."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, OutOfMemoryError, ResponseError

from services.poller.edges.redis_batcher import RedisBatcher
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script
from tests.support.clock import FakeClock

Reply = Callable[[tuple[Any, ...]], Any]


class FakeServer:
    """A client whose pipelines answer each command with ``reply``; keeps what came in which round trip."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.trips: list[list[tuple[Any, ...]]] = []
        self.loaded: list[str] = []

    def pipeline(self, *, transaction: bool) -> FakePipeline:
        assert not transaction
        return FakePipeline(self)

    async def script_load(self, text: str) -> None:
        self.loaded.append(text)


class FakePipeline:
    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.queued: list[tuple[Any, ...]] = []

    async def __aenter__(self) -> FakePipeline:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def execute_command(self, *parts: Any) -> None:
        self.queued.append(parts)

    async def execute(self, *, raise_on_error: bool) -> list[Any]:
        assert not raise_on_error
        self.server.trips.append(self.queued)
        await asyncio.sleep(0)
        return [self.server.reply(parts) for parts in self.queued]


def batches(reply: Reply, *scripts: str) -> tuple[RedisBatcher, FakeServer]:
    server = FakeServer(reply)
    client = cast("redis.asyncio.Redis", server)
    return RedisBatcher(client, RedisCalls(FakeClock(), Waiting()), {name: Script.of(name) for name in scripts}), server


async def test_what_is_asked_at_once_leaves_together() -> None:
    store, server = batches(lambda parts: parts[1])
    assert list(await asyncio.gather(*(store.command("GET", n) for n in range(100)))) == list(range(100))
    assert len(server.trips) == 1
    await store.command("GET", 1)
    assert len(server.trips) == 2


async def test_what_is_asked_meanwhile_leaves_with_the_next_trip() -> None:
    store, server = batches(lambda parts: parts[1])
    first = asyncio.create_task(store.command("GET", 1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert list(await asyncio.gather(store.command("GET", 2), store.command("GET", 3), first)) == [2, 3, 1]
    assert [len(trip) for trip in server.trips] == [1, 2]


async def test_a_server_that_has_lost_the_scripts_gets_them_again() -> None:
    store, server = batches(lambda _: b"done" if server.loaded else NoScriptError("NOSCRIPT"), "one", "two")
    assert await store.script("two", ["key"], [1]) == b"done"
    assert server.loaded == ["one", "two"]
    assert server.trips[0][0][0] == "EVALSHA"
    assert server.trips[0][0][2:] == (1, "key", 1)


async def test_only_what_failed_is_made_again() -> None:
    full = [OutOfMemoryError("OOM"), OutOfMemoryError("OOM")]
    store, server = batches(lambda parts: full.pop() if parts[0] == "SET" and full else parts[0])
    assert list(await asyncio.gather(store.command("SET", 1), store.command("GET", 2))) == ["SET", "GET"]
    assert [[parts[0] for parts in trip] for trip in server.trips] == [["SET", "GET"], ["SET"], ["SET"]]


async def test_a_defect_of_one_command_is_its_own() -> None:
    answers: dict[str, list[Any]] = {"GOOD": [1], "BAD": [ResponseError("WRONGTYPE")], "LOST": [NoScriptError(""), 2]}
    store, _ = batches(lambda parts: answers[parts[0]].pop(0))
    replies = await asyncio.gather(*(store.command(name) for name in ("LOST", "BAD", "GOOD")), return_exceptions=True)
    assert (replies[0], type(replies[1]), replies[2]) == (2, ResponseError, 1)


async def test_a_broken_connection_is_waited_for() -> None:
    broken = [RedisConnectionError("gone")]

    def reply(_: tuple[Any, ...]) -> Any:
        if broken:
            raise broken.pop()
        return 1

    store, server = batches(reply)
    assert list(await asyncio.gather(store.command("GET", 1), store.command("GET", 2))) == [1, 1]
    assert [len(trip) for trip in server.trips] == [2, 2]


async def test_whoever_no_longer_waits_takes_nothing_from_the_others() -> None:
    store, _ = batches(lambda parts: parts[1])
    tasks = [asyncio.create_task(store.command("GET", n)) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert await tasks[0] == 0
    assert await tasks[2] == 2
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
