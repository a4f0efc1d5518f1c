"""A client whose scripts count once a replica has what they wrote.

Redis replicates after it has answered. A master that is killed in between takes with it what nobody else has: the
deduper would take a copy for news, and an alert would be raised twice. So every pipeline with a script in it ends with
WAIT on the same connection, which answers when a replica has all that was written there. Scripts are what decides
here; a plain write that is lost is made again.

Where no replica answers, waiting for one would make two servers less reliable than one: without ``replicas=N`` in the
address the write counts all the same, which is said, and WAIT is not asked again for a few seconds. With it, the write
is tried again until N replicas have it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis.asyncio
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError

from services.runtime.process.logging import get

log = get(__name__)

WAIT_MS = 2_000  # a replica that is well answers within a few
GRACE_SECONDS = 5.0
_SCRIPTS = ("EVALSHA", "EVAL")


class NotReplicatedError(RedisConnectionError):
    """Fewer replicas than asked for have the write. It may be made again."""


@dataclass(slots=True)
class Replicas:
    """How many replicas must have a write, and what to do while they do not. Its memory is one moment."""

    required: int | None
    wait_ms: int = WAIT_MS
    now: Callable[[], float] = time.monotonic
    _not_before: float = 0.0

    def wanted(self) -> int:
        """How many to wait for now; 0 for none."""
        if self.required is not None:
            return self.required
        return 1 if self.now() >= self._not_before else 0

    def judge(self, wanted: int, found: int) -> None:
        """Raise :class:`NotReplicatedError` where ``found`` are too few and that number was asked for."""
        if found >= wanted:
            return
        if self.required is not None:
            raise NotReplicatedError(f"{found} of {wanted} replicas have the write")
        self._not_before = self.now() + GRACE_SECONDS
        log.warning("redis_without_replica", seconds=GRACE_SECONDS)


class ReplicatedRedis(redis.asyncio.Redis):
    """A client of a master with replicas. Everything else is as in any client."""

    replicas: Replicas = Replicas(None)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> _ReplicatedPipeline:
        made = _ReplicatedPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.replicas = self.replicas
        return made

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        manager = getattr(self.connection_pool, "sentinel_manager", None)
        if manager is not None:
            await manager.aclose()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if args[0] not in _SCRIPTS:
            untyped: Any = super()
            return await untyped.execute_command(*args, **options)
        async with self.pipeline(transaction=False) as pipe:
            pipe.queue(*args, **options)
            return (await pipe.execute())[0]


class _ReplicatedPipeline(Pipeline):
    """Asks for replicas after the last command where one of them was a script."""

    replicas: Replicas

    def queue(self, *args: Any, **options: Any) -> None:
        """Add a command."""
        untyped: Any = self
        untyped.pipeline_execute_command(*args, **options)

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        wanted = self.replicas.wanted() if any(args[0] in _SCRIPTS for args, _ in self.command_stack) else 0
        if not wanted:
            return await super().execute(raise_on_error)
        self.queue("WAIT", wanted, self.replicas.wait_ms)
        *replies, found = await super().execute(raise_on_error)
        if isinstance(found, Exception):
            raise found
        self.replicas.judge(wanted, int(found))
        return replies
