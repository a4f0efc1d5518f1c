"""Writes a state change: a new revision of the alert, in the outbox, from where the alerter sends it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis

from services.alert_store.records import Changed, Write, replaced
from services.alert_store.redis import AlertRecords
from services.contracts import redis_keys
from services.contracts.alert_states import change_state
from services.contracts.messages import Alert, AlertState
from services.runtime.errors import TransientError
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import FAILURES, RedisCalls

T = TypeVar("T")

_ATTEMPTS = 20


class RedisAlertStates:
    """See :class:`services.api.ports.AlertStates`."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._records = AlertRecords(redis, _CallsOnce(clock, Waiting()), clock)

    async def move(self, alert_id: str, state: AlertState) -> Alert | None:
        key = redis_keys.alert(alert_id)
        for _ in range(_ATTEMPTS):
            (record,) = await self._records.load([key])
            if record.alert is None:
                return None
            after = change_state(record.alert, state)
            if after is None:
                return record.alert
            changed = Changed(before=record, after=replaced(record, alert=after), publish=True)
            if all(await self._records.write([Write(changed={key: changed})])):
                return after
        raise TransientError(f"Alert {alert_id} is changing too fast: try again.")


class _CallsOnce(RedisCalls):
    """Calls that fail at once while the server is away: somebody waits for the answer."""

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except FAILURES as error:
            raise TransientError(f"Redis cannot be written: {error}") from error
