"""What the notifier delivered, from its outbox in Redis."""

from __future__ import annotations

from datetime import timedelta

from services.cli import store
from services.notifier.edges.redis import Listed, RedisOutbox
from services.runtime.kafka.connection import RedisAccess


async def deliveries(address: RedisAccess, *, dead: bool, limit: int) -> list[Listed]:
    """The newest deliveries, oldest first. Raises :class:`UsageError` where Redis does not answer."""
    async with store.opened(address) as (client, calls):
        outbox = RedisOutbox(client, calls, remember=timedelta(days=8))
        found = await (outbox.listed_dead(limit=limit) if dead else outbox.listed(limit=limit))
    return list(reversed(found))
