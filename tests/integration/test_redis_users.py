"""The users of Redis as deploy/redis/users.acl has them, on a real server: each his own keys, nobody the dangerous."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from redis.exceptions import NoPermissionError

from services.contracts import redis_keys
from services.local import store
from services.runtime.kafka.connection import RedisAccess
from services.runtime.redis import connection as edge
from services.runtime.services import declared
from tests.support.redis_nodes import free_port
from tests.support.stack import TEST_DATABASE
from tests.unit.deploy.compose import ROOT

pytestmark = pytest.mark.stack

PASSWORD = "correct-horse"
TEXT = (ROOT / "deploy/redis/users.acl").read_text()
LINES = [line.split() for line in TEXT.splitlines()]
NAMES = [line[1] for line in LINES if line[1] != "default"]
SERVICES = [service.name for service in declared().values() if service.redis]
OWN = {
    "poller": f"{redis_keys.POLLER}:due",
    "deduper": redis_keys.story("en", "s"),
    "alerter": redis_keys.ALERTS_OUTBOX,
    "notifier": redis_keys.NOTIFIER_RECENT,
    "api": redis_keys.ALERTS_OUTBOX,
}
DANGEROUS = (
    *("KEYS *", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "CONFIG GET *", "CONFIG SET dir /", "ACL LIST", "MODULE LIST"),
    *("EVAL return(1) 0", "MONITOR", "REPLICAOF a 1", "CLIENT KILL 1.2.3.4:5", "SAVE", "SHUTDOWN NOSAVE"),
)
READS_TOO = {("alerter", "deduper"), ("api", "poller"), ("api", "deduper"), ("api", "notifier")}


@pytest.fixture
async def users(redis_client: redis.asyncio.Redis, redis_server: str) -> AsyncIterator[str]:
    """host:port of a server that has them."""
    server: Any = redis_client
    hashed = hashlib.sha256(PASSWORD.encode()).hexdigest()
    for line in Template(TEXT).substitute(dict.fromkeys(NAMES, hashed)).splitlines():
        _, name, *rules = line.split()
        if name != "default":  # the tests of others are this user
            await server.execute_command("ACL", "SETUSER", name, *rules)
    yield urlsplit(redis_server).netloc
    await server.execute_command("ACL", "DELUSER", *NAMES)


def connected(server: str, user: str) -> Any:
    database = TEST_DATABASE if user in SERVICES else 0  # to choose another takes a right, too
    return edge.connect(RedisAccess(f"redis://{user}@{server}/{database}", PASSWORD))


async def ask(server: str, user: str, *command: str) -> Any:
    client = connected(server, user)
    try:
        return await client.execute_command(*command)
    finally:
        await client.aclose()


@pytest.mark.parametrize("user", SERVICES)
async def test_a_service_has_its_own_keys_and_no_other(users: str, user: str) -> None:
    for owner, key in OWN.items():
        if key == OWN[user]:
            await ask(users, user, "EXISTS", key)
            await ask(users, user, "DEL", key)
            continue
        with pytest.raises(NoPermissionError):
            await ask(users, user, "DEL", key)
        if (user, owner) in READS_TOO:
            await ask(users, user, "EXISTS", key)
            await ask(users, user, "TYPE", key)
        else:
            with pytest.raises(NoPermissionError):
                await ask(users, user, "TYPE", key)
    with pytest.raises(NoPermissionError):
        await ask(users, user, "SET", "something-else", "1")


@pytest.mark.parametrize("user", ["api", "operator"])
async def test_how_the_feeds_answer_is_there_to_read(users: str, user: str) -> None:
    assert await ask(users, user, "HGETALL", f"{redis_keys.POLLER}:status") == {}


@pytest.mark.parametrize("user", [*SERVICES, "operator", "exporter", "health"])
async def test_nobody_may_do_what_is_dangerous(users: str, user: str) -> None:
    client = connected(users, user)
    try:
        for command in DANGEROUS:
            with pytest.raises(NoPermissionError):
                await client.execute_command(*command.split())
    finally:
        await client.aclose()


@pytest.mark.parametrize("server", ["embedded", "redis-server"])
async def test_what_a_script_wrote_outlives_a_kill_of_a_server_with_users(server: str, tmp_path: Path) -> None:
    """Redis replays its file as the default user: where that one has no rights, it drops what scripts have written."""
    if server == "redis-server" and shutil.which(server) is None:
        pytest.skip("no redis-server on the PATH: only the embedded server is tried")
    binary = server if server == "redis-server" else str(store.prepare(tmp_path, logs=tmp_path).program.command[0])
    users = Template(TEXT).substitute(dict.fromkeys(NAMES, hashlib.sha256(PASSWORD.encode()).hexdigest()))
    (tmp_path / "users.acl").write_text(users.replace(" +client|setinfo", ""))  # which Redis 7.0 does not know
    port = free_port()
    options = {"port": port, "aclfile": tmp_path / "users.acl", "dir": tmp_path, "save": "", "bind": "127.0.0.1"}
    options |= {"appendonly": "yes", "appendfsync": "always"}
    command = [binary, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    keys = [redis_keys.story("en", name) for name in "ab"]
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        client: Any = edge.connect(RedisAccess(f"redis://deduper@127.0.0.1:{port}/0", PASSWORD))
        try:
            await answering(client)
            before = await client.mget(*keys)
            digest = await client.script_load("redis.call('SET', KEYS[1], '1') redis.call('SET', KEYS[2], '2')")
            await client.execute_command("EVALSHA", digest, "2", *keys)
        finally:
            await client.aclose()
            process.kill()
            await process.wait()
    assert before == [b"1", b"2"]


async def answering(client: Any) -> None:
    """Wait until the server does."""
    for _ in range(600):
        with suppress(redis.exceptions.RedisError, OSError):
            if await client.ping():
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the server does not answer")


@pytest.mark.parametrize("user", SERVICES)
async def test_a_service_runs_the_scripts_it_has_loaded(users: str, user: str) -> None:
    digest = await ask(users, user, "SCRIPT", "LOAD", "return redis.call('EXISTS', KEYS[1])")
    assert await ask(users, user, "EVALSHA", digest.decode(), "1", OWN[user]) == 0
    with pytest.raises(redis.exceptions.ResponseError, match=r"(?i)permission"):
        await ask(users, user, "EVALSHA", digest.decode(), "1", "something-else")


async def test_who_watches_reads_figures_and_no_keys(users: str) -> None:
    assert "used_memory" in await ask(users, "exporter", "INFO")
    assert await ask(users, "health", "PING")
    for user in ("exporter", "health"):
        with pytest.raises(NoPermissionError):
            await ask(users, user, "GET", redis_keys.ALERTS_BY_TIME)


def test_nobody_is_the_default_user() -> None:
    assert LINES[0] == "user default off resetpass ~* &* +@all".split()
    assert all("nopass" not in line for line in LINES)
