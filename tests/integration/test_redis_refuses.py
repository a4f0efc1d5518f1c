"""A Redis that refuses us is said in a sentence: waiting would not help."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis.asyncio

from services.runtime.errors import UsageError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.outages import Waiting
from services.runtime.redis import connection as edge
from services.runtime.redis.connection import RedisCalls
from tests.support.clock import FakeClock

pytestmark = pytest.mark.stack

PASSWORD = "correct-horse"


@pytest.fixture
async def guarded(redis_client: redis.asyncio.Redis, redis_server: str) -> AsyncIterator[str]:
    """redis:// address of a server with a user who has a password and may only ping; put USER:PASSWORD before it."""
    server: Any = redis_client  # execute_command has no annotations
    await server.execute_command("ACL", "SETUSER", "guarded", "on", f">{PASSWORD}", "~*", "+ping")
    yield urlsplit(redis_server).netloc.rpartition("@")[2]
    await server.execute_command("ACL", "DELUSER", "guarded")


async def test_a_wrong_password_is_not_waited_out(guarded: str) -> None:
    clock = FakeClock()
    client = edge.connect(RedisAccess(f"redis://guarded:wrong-secret@{guarded}/0"))
    try:
        with pytest.raises(UsageError, match="WIREWATCH_REDIS refuses the user and password") as caught:
            await RedisCalls(clock, Waiting()).run(client.ping)
        with pytest.raises(UsageError, match="WIREWATCH_REDIS refuses the user and password"):
            await edge.require_access(client)
    finally:
        await client.aclose()
    assert "wrong-secret" not in str(caught.value)
    assert clock.slept == []


async def test_a_user_who_may_not_is_not_waited_out(guarded: str) -> None:
    client = edge.connect(RedisAccess(f"redis://guarded:{PASSWORD}@{guarded}/0"))
    try:
        await edge.require_access(client)
        with pytest.raises(UsageError, match="WIREWATCH_REDIS does not let its user do what is needed"):
            await RedisCalls(FakeClock(), Waiting()).run(lambda: client.get("key"))
    finally:
        await client.aclose()


async def test_a_server_that_is_away_is_not_refused() -> None:
    client = edge.connect(RedisAccess("redis://127.0.0.1:1/0"))
    try:
        await edge.require_access(client)
    finally:
        await client.aclose()


def test_a_service_ends_with_the_sentence_and_code_2(guarded: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    environ |= {"WIREWATCH_REDIS": f"redis://guarded:wrong-secret@{guarded}/0", "WIREWATCH_API_PORT": "0"}
    ended = subprocess.run(
        [sys.executable, "-m", "services.api"], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "wirewatch api: The Redis of WIREWATCH_REDIS refuses the user and password" in ended.stderr
    assert "wrong-secret" not in ended.stderr + ended.stdout
