"""The Redis edge: one way to connect, one way to name what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import redis.asyncio
from redis import exceptions

from services.runtime.access import RedisAccess
from services.runtime.clock import Clock
from services.runtime.errors import TransientError, UsageError
from services.runtime.retry import Waiting, until_available

T = TypeVar("T")

# Errors that pass by themselves or when an operator acts: memory full, disk full, replica promoted, loading.
_TRANSIENT = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.BusyLoadingError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.TryAgainError,
    OSError,
)
# Errors that pass when a person corrects the address or the server's users; the first is a ConnectionError to redis-py.
_REFUSED = (
    exceptions.AuthenticationError,
    exceptions.AuthenticationWrongNumberOfArgsError,
    exceptions.NoPermissionError,
)
_TRANSIENT_REPLIES = ("MISCONF", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "OOM", "READONLY", "NOREPLICAS")


def connect(access: RedisAccess) -> redis.asyncio.Redis:
    """A client for a ``redis://`` address; replies are bytes. Connects at the first command.

    Raises :class:`UsageError` where the address is not one.
    """
    if urlsplit(access.address).scheme not in ("redis", "rediss", "unix"):
        raise UsageError(f"WIREWATCH_REDIS is {str(access)!r}: give redis://host:port/0.")
    try:
        return redis.asyncio.Redis.from_url(
            access.address, socket_timeout=10, socket_connect_timeout=5, protocol=3, **access.client()
        )
    except ValueError as error:
        raise UsageError(f"WIREWATCH_REDIS is {str(access)!r}: {error}.") from None


async def require_access(client: redis.asyncio.Redis) -> None:
    """Raise :class:`UsageError` where the server answers and refuses us. One that is away is not our matter here."""
    try:
        await client.ping()
    except _REFUSED as error:
        raise _refused(error) from None
    except (exceptions.RedisError, OSError):
        return


def _refused(error: Exception) -> UsageError:
    """The sentence of the server has no password in it."""
    said = str(error).splitlines()[0].rstrip(". ")[:200] if str(error).strip() else type(error).__name__
    if isinstance(error, exceptions.NoPermissionError):
        return UsageError(f"The Redis of WIREWATCH_REDIS does not let its user do what is needed ({said}): permit it.")
    return UsageError(
        f"The Redis of WIREWATCH_REDIS refuses the user and password of that address ({said}): "
        "give redis://user:password@host:port/0 as the server knows them."
    )


class RedisCalls:
    """Runs Redis commands, waiting for as long as the server is away, read-only, full or loading.

    A server that refuses us will not change its mind: that is a :class:`UsageError`, and ends the process.
    """

    def __init__(self, clock: Clock, waiting: Waiting) -> None:
        self._clock = clock
        self._waiting = waiting

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """The reply of ``call``. It may run more than once, so it must be safe to repeat."""

        async def attempt() -> T:
            try:
                return await call()
            except _REFUSED as error:
                raise _refused(error) from error
            except _TRANSIENT as error:
                raise TransientError(f"{type(error).__name__}: {error}") from error
            except exceptions.ResponseError as error:
                if str(error).startswith(_TRANSIENT_REPLIES) or any(word in str(error) for word in ("MISCONF", "OOM")):
                    raise TransientError(str(error)) from error
                raise

        return await until_available(attempt, server="redis", clock=self._clock, waiting=self._waiting)
