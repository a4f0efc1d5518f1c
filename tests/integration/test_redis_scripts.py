"""Scripts are run by digest, and given to a server that does not know them, on the real store."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script, Scripts
from tests.support.clock import FakeClock

pytestmark = pytest.mark.stack

ADD = Script.of("return redis.call('INCRBY', KEYS[1], ARGV[1])")


def scripts(client: Redis) -> Scripts:
    return Scripts(client, RedisCalls(FakeClock(), Waiting()))


async def test_a_server_that_was_flushed_gets_the_script_again(redis_client: Redis) -> None:
    runs = scripts(redis_client)
    for expected in (2, 4):
        await redis_client.script_flush()
        assert await runs.run(ADD, ["n"], [2]) == expected


async def test_many_calls_leave_together_and_are_answered_in_order(redis_client: Redis) -> None:
    assert await scripts(redis_client).run_each(ADD, [(["a"], [1]), (["b"], [5]), (["a"], [1])]) == [1, 5, 2]
    assert await scripts(redis_client).run_each(ADD, []) == []


async def test_the_error_of_one_call_is_raised(redis_client: Redis) -> None:
    await redis_client.set("text", "no number")
    with pytest.raises(ResponseError, match="not an integer"):
        await scripts(redis_client).run_each(ADD, [(["a"], [1]), (["text"], [1])])
