"""Redis for the length of a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.runtime.errors import UsageError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import FAILURES, RedisCalls, connect


@asynccontextmanager
async def opened(address: RedisAccess) -> AsyncIterator[tuple[Any, RedisCalls]]:
    """A client that has been answered. Raises :class:`UsageError` where Redis does not answer, then or later."""
    client = connect(address)
    try:
        await client.ping()
        yield client, RedisCalls(SystemClock(), Waiting())
    except FAILURES as error:
        raise UsageError(f"Redis does not answer ({error}): is `wirewatch up` running?") from None
    finally:
        await client.aclose()
