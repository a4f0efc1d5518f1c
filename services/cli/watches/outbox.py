"""What the notifier delivered, from its outbox in Redis."""

from __future__ import annotations

from datetime import timedelta

from services.notifier.edges.redis import Listed, RedisOutbox
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import FAILURES, RedisCalls, connect


async def deliveries(address: RedisAccess, *, dead: bool, limit: int) -> list[Listed]:
    """The newest deliveries, oldest first. Raises :class:`UsageError` where Redis does not answer."""
    client = connect(address)
    try:
        await client.ping()
        outbox = RedisOutbox(client, RedisCalls(SystemClock(), Waiting()), remember=timedelta(days=8))
        found = await (outbox.listed_dead(limit=limit) if dead else outbox.listed(limit=limit))
    except FAILURES as error:
        raise UsageError(f"Redis does not answer ({error}): is `wirewatch up` running?") from None
    finally:
        await client.aclose()
    return list(reversed(found))
