"""The store's commands of many polls in few round trips: what is asked while one is under way leaves with the next.

A round trip for each command costs the client more than the command costs the server, and the server writes to its
disk once for all that arrives together. A command that failed because the server is away or full is made again with
the next attempt, and only that one: what was done is not done twice, unless the connection broke before the reply.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import redis.asyncio
from redis.exceptions import NoScriptError, RedisError, ResponseError

from services.runtime.redis.connection import RedisCalls
from services.runtime.redis.scripts import Script

MOST: Final = 256  # commands in one round trip, so that no reply waits for thousands


_Asked = tuple[tuple[Any, ...], asyncio.Future[Any]]  # a command, and where its reply goes


@dataclass(slots=True)
class RedisBatcher:
    """Commands and scripts, each awaited alone and sent together. Waits while the server is away."""

    client: redis.asyncio.Redis
    calls: RedisCalls
    scripts: Mapping[str, Script]
    _waiting: list[_Asked] = field(default_factory=list)
    _sending: asyncio.Task[None] | None = None

    async def script(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """The reply of one of the scripts that this was made with, by its name."""
        return await self.command(*self.scripts[name].command(keys, args))

    async def command(self, *parts: Any) -> Any:
        """The server's reply, as it came. It may be made more than once, so it must be safe to repeat."""
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((parts, reply))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
        return await reply

    async def _send_all(self) -> None:
        batch: list[_Asked] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._send(batch)
        except BaseException as error:
            for asked in (*batch, *self._waiting):
                _answer(asked, error)
            self._waiting.clear()
            if not isinstance(error, Exception):  # an error is passed to the callers; a cancellation is raised
                raise
        finally:
            self._sending = None

    async def _send(self, batch: Sequence[_Asked]) -> None:
        left = list(batch)

        async def attempt() -> None:
            async with self.client.pipeline(transaction=False) as pipe:
                for asked in left:
                    pipe.execute_command(*asked[0])
                replies: list[Any] = await pipe.execute(raise_on_error=False)
            failed = [(asked, reply) for asked, reply in zip(left, replies, strict=True) if _failed(reply)]
            for asked, reply in zip(left, replies, strict=True):
                if not _failed(reply):
                    _answer(asked, reply)
            failed.sort(key=lambda each: isinstance(each[1], NoScriptError))  # what is raised is of the first
            left[:] = [asked for asked, _ in failed]
            if failed:
                raise failed[0][1]

        while left:
            try:
                await self.calls.run(attempt)
            except NoScriptError:  # the server is new or was flushed
                for script in self.scripts.values():
                    await self.calls.run(partial(self.client.script_load, script.text))
            except ResponseError as error:  # a defect of that command alone
                _answer(left.pop(0), error)


def _answer(asked: _Asked, reply: Any) -> None:
    future = asked[1]
    if future.done():  # whoever asked was cancelled
        return
    if isinstance(reply, BaseException):
        future.set_exception(reply)
    else:
        future.set_result(reply)


def _failed(reply: Any) -> bool:
    return isinstance(reply, RedisError)
