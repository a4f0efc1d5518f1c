"""The alert store on a real server: scripts, conflicts, indexes, outbox, retention."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
import redis.asyncio

from services.alert_store.records import ABSENT, Changed, Record, Write, replaced
from services.alert_store.redis import AlertRecords
from services.alerter.core.facts import AlertFacts, of
from services.alerter.edges.redis import RedisStories
from services.alerter.ports import StoryKey
from services.api.core.action_request import ActionRequest
from services.api.edges.actions import RedisAlertActions
from services.contracts import ids, redis_keys, stories
from services.contracts.redis_keys import Facet
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.alerts import RETENTION, STORY, a_tagged, a_write, an_opened_alert, member_of, shipped_rules
from tests.support.clock import FakeClock

pytestmark = pytest.mark.stack
ALERT = ids.alert_id(STORY)
KEY = redis_keys.alert(ALERT)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(redis_client: redis.asyncio.Redis, clock: FakeClock) -> AlertRecords:
    return AlertRecords(redis_client, RedisCalls(clock, Waiting()), clock, RETENTION)


FACTS = of(a_tagged(), shipped_rules(), stale_after=timedelta(hours=48))


def opened() -> Write:
    return a_write(an_opened_alert(), FACTS)


async def loaded(store: AlertRecords) -> Record:
    (record,) = await store.load([KEY])
    return record


async def test_what_is_written_is_loaded(store: AlertRecords) -> None:
    write = opened()
    assert await store.write([write]) == [True]
    found, nothing = await store.load([KEY, redis_keys.alert("0" * 24)])
    assert found == write.changed[KEY].after
    assert nothing == ABSENT


async def test_a_write_that_is_repeated_is_done_once(store: AlertRecords, redis_client: redis.asyncio.Redis) -> None:
    assert await store.write([opened(), opened()]) == [True, True]
    assert await redis_client.xlen(redis_keys.ALERTS_STREAM) == 1


async def test_a_write_over_another_state_is_refused(store: AlertRecords) -> None:
    await store.write([opened()])
    now = await loaded(store)
    assert await store.write([a_write(now.alert, before=now, publish=False)]) == [True]
    assert await store.write([a_write(now.alert, FACTS, before=now)]) == [False]


async def test_a_write_is_refused_where_what_it_read_has_changed(store: AlertRecords) -> None:
    index = redis_keys.alerts_of_events("act=seize+by=RUS", 7)
    seen = Changed(before=ABSENT, after=replaced(ABSENT, facts=b"[]"))
    stale = Write(read={index: ""}, changed=opened().changed)
    assert await store.write([Write(changed={index: seen}), stale]) == [True, False]
    assert await loaded(store) == ABSENT
    fresh = Write(read={index: seen.after.token}, changed=opened().changed)
    assert await store.write([fresh]) == [True]


async def test_later_writes_of_one_round_build_on_the_earlier_ones(store: AlertRecords) -> None:
    first = opened()
    second = a_write(first.changed[KEY].after.alert, before=first.changed[KEY].after, publish=False)
    assert await store.write([first, second]) == [True, True]
    assert (await loaded(store)).token == second.changed[KEY].after.token


async def test_an_alert_leaves_the_index_it_no_longer_belongs_to(
    store: AlertRecords, redis_client: redis.asyncio.Redis
) -> None:
    await store.write([opened()])
    before = await loaded(store)
    assert before.alert is not None
    assert before.alert.severity == "medium"
    louder = msgspec.structs.replace(before.alert, severity="high", revision=2)
    await store.write([a_write(louder, before=before)])
    assert await redis_client.zscore(redis_keys.alerts_by("severity", "medium"), ALERT) is None
    facets: list[tuple[Facet, str]] = [
        ("severity", "high"),
        ("topic", "naval_moves"),
        ("actor", "RUS"),
        ("place", "CUB"),
    ]
    for facet, value in facets:
        assert await redis_client.zscore(redis_keys.alerts_by(facet, value), ALERT) is not None


async def test_the_outbox_holds_the_latest_revision_until_it_is_acknowledged(
    store: AlertRecords, clock: FakeClock
) -> None:
    await store.write([opened()])
    alert = an_opened_alert()
    assert await store.unpublished(older_than_seconds=10, limit=5) == []
    clock.advance(11)
    assert await store.unpublished(older_than_seconds=10, limit=5) == [alert]
    await store.acknowledge([alert])
    assert await store.outbox_size() == 0
    assert (await loaded(store)).published == 1


async def test_an_old_acknowledgement_leaves_a_newer_revision_in_the_outbox(store: AlertRecords) -> None:
    await store.write([opened()])
    before = await loaded(store)
    assert before.alert is not None
    newer = msgspec.structs.replace(before.alert, revision=2)
    await store.write([a_write(newer, before=before)])
    await store.acknowledge([before.alert])
    assert await store.outbox_size() == 1
    await store.acknowledge([newer])
    await store.acknowledge([before.alert])
    assert (await store.outbox_size(), (await loaded(store)).published) == (0, 2)


async def test_retention_removes_an_alert_from_everywhere(
    store: AlertRecords, redis_client: redis.asyncio.Redis, clock: FakeClock
) -> None:
    await store.write([opened()])
    clock.advance(29 * 86_400)
    assert await store.purge_expired(10) == 0
    clock.advance(2 * 86_400)
    assert await store.purge_expired(10) == 1
    assert await loaded(store) == ABSENT
    assert await redis_client.keys("*") == [redis_keys.ALERTS_STREAM.encode()]


async def test_an_alert_that_the_api_closed_is_kept_for_as_long_as_a_closed_one(
    store: AlertRecords, redis_client: redis.asyncio.Redis, clock: FakeClock
) -> None:
    await store.write([opened()])
    actions = RedisAlertActions(redis_client, clock)
    closed = await actions.act(ALERT, ActionRequest(kind="state", state="closed"), "ann")
    assert closed is not None
    await store.acknowledge([closed])
    clock.advance(8 * 86_400)
    assert await store.purge_expired(10) == 1


async def test_facts_without_an_alert_are_kept_and_purged(store: AlertRecords, clock: FakeClock) -> None:
    await store.write([a_write(None, FACTS, publish=False, alert_id=ALERT)])
    found = await loaded(store)
    assert (msgspec.json.decode(found.facts, type=AlertFacts), found.alert) == (FACTS, None)
    assert await store.unpublished(older_than_seconds=0, limit=5) == []
    clock.advance(31 * 86_400)
    assert await store.purge_expired(10) == 1


async def test_scripts_survive_a_flushed_server(store: AlertRecords, redis_client: redis.asyncio.Redis) -> None:
    await store.write([opened()])
    await redis_client.script_flush()
    before = await loaded(store)
    assert await store.write([a_write(before.alert, FACTS, before=before)]) == [True]


async def test_the_members_of_a_story_are_read(redis_client: redis.asyncio.Redis, clock: FakeClock) -> None:
    member = member_of(a_tagged())
    await redis_client.hset(redis_keys.story("en", STORY), member.article_id, stories.encode_member(member))
    reader = RedisStories(redis_client, RedisCalls(clock, Waiting()))
    assert await reader.members([StoryKey("en", STORY), StoryKey("en", "0" * 24)]) == [[member], []]
