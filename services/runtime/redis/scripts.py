"""Lua scripts: each a ``.lua`` file beside the adapter that runs it, called by its digest.

By digest, and loaded where the server does not know it (it is new, or was flushed): the users of our services may run
what they have loaded and nothing else, so there is no EVAL.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from services.runtime.redis.connection import RedisCalls

T = TypeVar("T")

ScriptCall = tuple[Sequence[str], Sequence[Any]]  # keys, arguments


@dataclass(frozen=True, slots=True)
class Script:
    """``text`` is Lua; ``sha`` is what the server knows it by."""

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> Script:
        """The script with this text."""
        return cls(text, sha1(text.encode(), usedforsecurity=False).hexdigest())

    @classmethod
    def load(cls, package: str, name: str) -> Script:
        """The script in the file ``name`` of ``package``: ``Script.load(__package__, "put.lua")``."""
        return cls.of(files(package).joinpath(name).read_text("utf-8"))

    def command(self, keys: Sequence[str], args: Sequence[Any]) -> tuple[Any, ...]:
        """The command that runs it. As a plain command, as redis-py bars ``evalsha()`` on a cluster's pipeline."""
        return ("EVALSHA", self.sha, len(keys), *keys, *args)


@dataclass(slots=True)
class Scripts:
    """Runs scripts, waiting for as long as the server is away. Each must be safe to repeat."""

    client: Redis
    calls: RedisCalls

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """The reply of one call."""
        untyped: Any = self.client
        return await self._loaded(script, lambda: untyped.execute_command(*script.command(keys, args)))

    async def run_each(self, script: Script, calls: Sequence[ScriptCall]) -> list[Any]:
        """The reply of each call, in order, from one round trip. Raises the first error of them."""
        return await self._loaded(script, lambda: self._each(script, calls)) if calls else []

    async def _loaded(self, script: Script, call: Callable[[], Awaitable[T]]) -> T:
        async def attempt() -> T:
            try:
                return await call()
            except NoScriptError:
                await self.client.script_load(script.text)
                return await call()

        return await self.calls.run(attempt)

    async def _each(self, script: Script, calls: Sequence[ScriptCall]) -> list[Any]:
        async with self.client.pipeline(transaction=False) as pipe:
            for keys, args in calls:
                pipe.execute_command(*script.command(keys, args))
            replies: list[Any] = await pipe.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply
        return replies
