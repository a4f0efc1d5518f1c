"""Scripts count once a replica has what they wrote: on a real master and replica."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.replicas import NotReplicatedError, Replicas, ReplicatedRedis
from tests.support.redis_nodes import Watched

pytestmark = pytest.mark.stack
KEEP = "redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    try:
        made.start_servers()
        yield made
    finally:
        made.servers[1].signal(signal.SIGCONT)
        made.stop()


@pytest.fixture
async def client(pair: Watched) -> AsyncIterator[ReplicatedRedis]:
    made = ReplicatedRedis(port=pair.servers[0].port, protocol=3)
    yield made
    await made.aclose()


async def test_a_script_counts_once_the_replica_has_it(pair: Watched, client: ReplicatedRedis) -> None:
    calls = RedisCalls(SystemClock(), Waiting())
    replica = pair.servers[1]
    client.replicas = Replicas(1)
    for number in (b"1", b"2", b"3"):
        said = await calls.run(partial(client.execute_command, "EVAL", KEEP, 1, "n", number))
        assert (said, replica.ask("GET", "n")) == (number, number)

    async def attempt() -> list[Any]:
        async with client.pipeline(transaction=False) as pipe:
            pipe.eval(KEEP, 1, "n", "4")
            pipe.get("n")
            return await pipe.execute()

    assert await calls.run(attempt) == [b"4", b"4"]
    assert replica.ask("GET", "n") == b"4"

    replica.signal(signal.SIGSTOP)
    assert await client.get("n") == b"4"  # reading waits for nobody
    client.replicas = Replicas(1, wait_ms=200)
    with pytest.raises(NotReplicatedError, match="0 of 1"):
        await client.execute_command("EVAL", KEEP, 1, "n", "5")
    client.replicas = Replicas(None, wait_ms=200)
    assert await client.execute_command("EVAL", KEEP, 1, "n", "6") == b"6"
    assert client.replicas.wanted() == 0  # and is not asked again for a while
