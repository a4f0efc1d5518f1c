"""A failover where everybody needs a name: the users, rights and passwords that Compose gives replica and sentinels.

Collected by ``tests.bench.on_redis``, not by ``make test``: a failover takes seconds.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls, connect
from services.runtime.redis.replicas import Replicas, ReplicatedRedis
from tests.support import redis_nodes
from tests.unit.deploy.compose import ROOT

KEY = "ww:5:{dd:en}:h"
KEEP = "redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]"


def secrets(folder: Path) -> Path:
    """The folder of all secrets, made as at the first start."""
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/docker/make_secrets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in module.SECRETS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    assert module.main([str(folder)], (ROOT / "deploy/redis/users.acl").read_text) == 0
    return folder


async def test_a_failover_with_users(tmp_path: Path) -> None:
    made = secrets(tmp_path / "secrets")
    with redis_nodes.watched(tmp_path / "redis", made / "redis") as redis:
        password = (made / "deduper/redis_password").read_text()
        client = connect(RedisAccess(redis.address.replace("//", "//deduper@"), password))
        assert isinstance(client, ReplicatedRedis)
        client.replicas = Replicas(1)
        calls = RedisCalls(SystemClock(), Waiting())

        async def keep(value: str) -> bytes:
            sha = await client.script_load(KEEP)
            reply: bytes = await client.execute_command("EVALSHA", sha, 1, KEY, value)
            return reply

        try:
            assert await calls.run(lambda: keep("before")) == b"before"
            master = redis.master()
            master.kill()
            redis_nodes.until(lambda: redis.master() is not master, "the replica is the master")
            assert await calls.run(lambda: client.get(KEY)) == b"before"
            master.start()
            assert await calls.run(lambda: keep("after")) == b"after"  # once the old master follows
        finally:
            await client.aclose()
