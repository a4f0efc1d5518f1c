"""Redis for the length of a command, and the notifier's outbox in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from services.notifier.edges.redis import Listed, RedisOutbox
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


def outbox(client: Any, calls: RedisCalls) -> RedisOutbox:
    """What the notifier delivers and delivered, to be read."""
    return RedisOutbox(client, calls, remember=timedelta(days=8))


async def deliveries(address: RedisAccess, *, dead: bool, limit: int) -> list[Listed]:
    """The newest deliveries, oldest first. Raises :class:`UsageError` where Redis does not answer."""
    async with opened(address) as (client, calls):
        kept = outbox(client, calls)
        found = await (kept.listed_dead(limit=limit) if dead else kept.listed(limit=limit))
    return list(reversed(found))
