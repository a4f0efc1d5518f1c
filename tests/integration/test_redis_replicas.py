"""Scripts count once a replica has what they wrote: on a real master and replica."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.runtime.redis_replicas import NotReplicatedError, Replicas, ReplicatedRedis
from tests.support.redis_nodes import Watched

pytestmark = pytest.mark.stack
COUNT = "return redis.call('INCR', KEYS[1])"


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
    client.replicas = Replicas(1)
    for number in range(1, 6):
        assert await client.execute_command("EVAL", COUNT, 1, "n") == number
        assert pair.servers[1].ask("GET", "n") == b"%d" % number
    async with client.pipeline(transaction=False) as pipe:
        pipe.eval(COUNT, 1, "n")
        pipe.get("n")
        assert await pipe.execute() == [6, b"6"]

    pair.servers[1].signal(signal.SIGSTOP)
    assert await client.get("n") == b"6"  # reading waits for nobody
    with pytest.raises(NotReplicatedError, match="0 of 1"):
        await client.execute_command("EVAL", COUNT, 1, "n")

    client.replicas = Replicas(None)
    assert await client.execute_command("EVAL", COUNT, 1, "n") == 8
    assert client.replicas.wanted() == 0  # and is not asked again for a while
    assert await client.execute_command("EVAL", COUNT, 1, "n") == 9
