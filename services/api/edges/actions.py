"""Writes what an analyst did: new revisions of alerts, in the outbox, from where the alerter sends them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from redis.asyncio import Redis

from services.alert_store.records import Changed, Record, Write, article_ids, replaced
from services.alert_store.redis import AlertRecords
from services.api.core import acting
from services.api.core.action_request import ActionRequest
from services.api.errors import ActionError
from services.contracts import redis_keys
from services.contracts.analyst_actions import AnalystAction
from services.contracts.messages import Alert
from services.runtime.errors import TransientError
from services.runtime.process.clock import Clock
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import FAILURES, RedisCalls

T = TypeVar("T")

_ATTEMPTS = 20
_Read = Mapping[str, Record]  # by alert id


class RedisAlertActions:
    """What analysts do with alerts."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._records = AlertRecords(redis, _CallsOnce(clock, Waiting()), clock)
        self._clock = clock

    async def act(self, alert_id: str, request: ActionRequest, by: str) -> Alert | None:
        """The alert as it stands then, None where there is no such alert.

        Raises ``QueryError``, ``ActionError`` or ``TransientError``.
        """
        read: dict[str, Record] = {}
        for _ in range(_ATTEMPTS):
            read.update(await self._load([alert_id]))
            alert = read[alert_id].alert
            if alert is None:
                return None
            action, others = self._needed(alert, request, by)
            read.update(await self._load(others))
            after = _after(alert, action, read)
            changed = {
                redis_keys.alert(one.id): Changed(
                    before=read[one.id], after=replaced(read[one.id], alert=one), publish=True
                )
                for one in after
            }
            if not changed:
                return alert
            if all(await self._records.write([Write(changed=changed)])):
                return next(one for one in after if one.id == alert_id)
        raise TransientError(f"Alert {alert_id} is changing too fast: try again.")

    def _needed(self, alert: Alert, request: ActionRequest, by: str) -> tuple[AnalystAction, Sequence[str]]:
        """The action, and the ids of the other alerts that it concerns."""
        now = self._clock.now()
        if alert.actions and alert.actions[-1].at >= now:  # a time names an action within its alert
            now = alert.actions[-1].at + timedelta(microseconds=1)
        action = request.action(by=by, at=now)
        if action is None:
            done = acting.last_action(alert, by)
            action = acting.inverse(alert, done, by=by, at=now)
        if action.kind == "split" and action.article_id is not None:
            return action, [acting.split_id(alert, action.article_id)]
        return action, [action.other] if action.other else []

    async def _load(self, alert_ids: Sequence[str]) -> _Read:
        records = await self._records.load([redis_keys.alert(id_) for id_ in alert_ids])
        return dict(zip(alert_ids, records, strict=True))


def _after(alert: Alert, action: AnalystAction, read: _Read) -> Sequence[Alert]:
    """The alerts that an action changes, as they are then."""
    if action.kind == "split" and action.article_id is not None:
        held = read[acting.split_id(alert, action.article_id)].alert
        return acting.split(alert, action.article_id, article_ids(read[alert.id]), held, action)
    if action.kind not in ("merge", "split"):
        after = acting.act(alert, action)
        return () if after is None else (after,)
    other = read[action.other or ""].alert
    if other is None:
        raise ActionError(f"No alert {action.other} is stored.")
    if action.kind == "merge":
        closing, going_on = (other, alert) if action.article_id else (alert, other)
        return acting.merge(closing, going_on, action) or ()
    closed, survivor = (alert, other) if alert.merged_into else (other, alert)
    return acting.unmerge(closed, survivor, action)


class _CallsOnce(RedisCalls):
    """Calls that fail at once while the server is away: somebody waits for the answer."""

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except FAILURES as error:
            raise TransientError(f"Redis cannot be written: {error}") from error
