"""What the first landed version kept in Redis is read, and gone on with, by every service of this one."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis.asyncio

from services.alert_store.redis import AlertRecords
from services.api.edges.redis import RedisAlertReader
from services.contracts import codec, ids, redis_keys, topics
from services.contracts.messages import Alert
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.errors import IndexLostError
from services.notifier.edges.redis import RedisOutbox
from services.poller.edges.redis import read_states
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support import first_version
from tests.support.alerts import RETENTION
from tests.support.clock import FakeClock

pytestmark = pytest.mark.stack

CLOCK = FakeClock()
CALLS = RedisCalls(CLOCK, Waiting())


@pytest.fixture
async def kept(redis_client: redis.asyncio.Redis) -> redis.asyncio.Redis:
    await first_version.restore(redis_client)
    return redis_client


def latest() -> dict[str, Alert]:
    """The alerts, in the order of their revisions."""
    found = [codec.decode(m.value, Alert) for m in first_version.messages() if m.topic == topics.ALERTS]
    return {alert.id: alert for alert in sorted(found, key=lambda alert: alert.revision)}


async def test_the_api_shows_its_alerts(kept: redis.asyncio.Redis) -> None:
    reader = RedisAlertReader(kept, kept)
    for alert in latest().values():
        body = await reader.alert(alert.id)
        assert body is not None
        shown = codec.decode(body, Alert)
        assert shown.revision >= alert.revision
        assert shown.headline == alert.headline


async def test_the_alerter_goes_on_with_its_alerts(kept: redis.asyncio.Redis) -> None:
    store = AlertRecords(kept, CALLS, CLOCK, RETENTION)
    alerts = latest()
    records = await store.load([redis_keys.alert(ids.alert_id(alert.story_id)) for alert in alerts.values()])
    for stored, alert in zip(records, alerts.values(), strict=True):
        assert stored.alert is not None
        assert stored.alert.id == alert.id == ids.alert_id(alert.story_id)


async def test_the_deduper_sees_that_its_index_has_to_be_made_again(kept: redis.asyncio.Redis) -> None:
    """Its layout is ``ww:5`` now: what lies under ``ww:1`` is not read."""
    store = RedisIndexStore(kept, CALLS, window_s=96 * 3600)
    assert not await store.built()
    with pytest.raises(IndexLostError):
        await store.open("en", 0)


async def test_the_poller_has_its_states_and_the_notifier_its_deliveries(kept: redis.asyncio.Redis) -> None:
    feeds = [key.rpartition(":")[2] for e in first_version.entries() if (key := e["key"]).startswith("ww:1:{po}:feed:")]
    states = await read_states(kept, feeds)
    assert feeds
    assert all(state is not None and state.next_poll_at is not None for state in states)
    listed = await RedisOutbox(kept, CALLS, remember=timedelta(days=8)).listed(limit=10)
    assert len(listed) == 5
    assert {each.state for each in listed} == {"sent"}
