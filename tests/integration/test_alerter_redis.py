"""The alert store on a real server: scripts, conflicts, indexes, outbox, retention."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
import redis.asyncio

from services.alerter.core.alert import Known
from services.alerter.core.dossier import of
from services.alerter.edges.redis import RedisAlertStore, RedisStories
from services.alerter.ports import NOTHING, Stored, StoryKey, Write
from services.contracts import ids, redis_keys, stories
from services.contracts.messages import Alert
from services.contracts.redis_keys import Facet
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.alerts import STORY, a_tagged, an_opened_alert, member_of
from tests.support.clock import FakeClock

pytestmark = pytest.mark.stack
ALERT = ids.alert_id(STORY)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(redis_client: redis.asyncio.Redis, clock: FakeClock) -> RedisAlertStore:
    return RedisAlertStore(
        redis_client,
        RedisCalls(clock, Waiting()),
        clock,
        retention_days=30,
        closed_retention_days=7,
        stream_revisions=100,
    )


def an_alert() -> tuple[Alert, Known]:
    return an_opened_alert(), Known(dossier=of(a_tagged(), stale_after=timedelta(hours=48)))


def a_write(before: Stored = NOTHING, *, publish: bool = True) -> Write:
    alert, known = an_alert()
    return Write(story_id=STORY, before=before, known=known, alert=alert, publish=publish)


async def test_what_is_put_is_loaded(store: RedisAlertStore) -> None:
    write = a_write()
    assert await store.put([write]) == [True]
    found, nothing = await store.load([STORY, "0" * 24])
    assert (found.alert, found.known, found.published) == (write.alert, write.known, 0)
    assert nothing == NOTHING


async def test_a_write_that_is_repeated_is_done_once(store: RedisAlertStore, redis_client: redis.asyncio.Redis) -> None:
    write = a_write()
    assert await store.put([write, write]) == [True, True]
    assert await redis_client.xlen(redis_keys.ALERTS_STREAM) == 1


async def test_a_write_over_another_state_is_refused(store: RedisAlertStore) -> None:
    await store.put([a_write()])
    (now,) = await store.load([STORY])
    other = Write(story_id=STORY, before=now, known=Known(), alert=now.alert, publish=False)
    late = Write(story_id=STORY, before=now, known=now.known, alert=now.alert, publish=True)
    assert await store.put([other]) == [True]
    assert await store.put([late]) == [False]


async def test_an_alert_leaves_the_index_it_no_longer_belongs_to(
    store: RedisAlertStore, redis_client: redis.asyncio.Redis
) -> None:
    await store.put([a_write()])
    (before,) = await store.load([STORY])
    assert before.alert is not None
    assert before.alert.severity == "medium"
    louder = msgspec.structs.replace(before.alert, severity="high", revision=2)
    await store.put([Write(story_id=STORY, before=before, known=before.known, alert=louder, publish=True)])
    assert await redis_client.zscore(redis_keys.alerts_by("severity", "medium"), ALERT) is None
    facets: list[tuple[Facet, str]] = [
        ("severity", "high"),
        ("topic", "naval_moves"),
        ("actor", "RUS"),
        ("place", "CUB"),
    ]
    for facet, value in facets:
        assert await redis_client.zscore(redis_keys.alerts_by(facet, value), ALERT) is not None


async def test_the_outbox_holds_the_latest_revision_until_it_is_ticked_off(
    store: RedisAlertStore, clock: FakeClock
) -> None:
    write = a_write()
    await store.put([write])
    assert await store.unpublished(older_than_seconds=10, limit=5) == []
    clock.advance(11)
    assert await store.unpublished(older_than_seconds=10, limit=5) == [write.alert]
    assert write.alert is not None
    await store.published([write.alert])
    assert await store.outbox_size() == 0
    (stored,) = await store.load([STORY])
    assert stored.published == 1


async def test_an_old_acknowledgement_leaves_a_newer_revision_in_the_outbox(store: RedisAlertStore) -> None:
    await store.put([a_write()])
    (before,) = await store.load([STORY])
    assert before.alert is not None
    newer = msgspec.structs.replace(before.alert, revision=2)
    await store.put([Write(story_id=STORY, before=before, known=before.known, alert=newer, publish=True)])
    await store.published([before.alert])
    assert await store.outbox_size() == 1
    await store.published([newer])
    await store.published([before.alert])
    (stored,) = await store.load([STORY])
    assert (await store.outbox_size(), stored.published) == (0, 2)


async def test_retention_removes_an_alert_from_everywhere(
    store: RedisAlertStore, redis_client: redis.asyncio.Redis, clock: FakeClock
) -> None:
    await store.put([a_write()])
    clock.advance(29 * 86_400)
    assert await store.tidy(10) == 0
    clock.advance(2 * 86_400)
    assert await store.tidy(10) == 1
    assert await store.load([STORY]) == [NOTHING]
    assert await redis_client.keys("*") == [redis_keys.ALERTS_STREAM.encode()]


async def test_a_dossier_without_an_alert_is_kept_and_tidied(store: RedisAlertStore, clock: FakeClock) -> None:
    _, known = an_alert()
    await store.put([Write(story_id=STORY, before=NOTHING, known=known, alert=None, publish=False)])
    (found,) = await store.load([STORY])
    assert (found.known, found.alert) == (known, None)
    assert await store.unpublished(older_than_seconds=0, limit=5) == []
    clock.advance(31 * 86_400)
    assert await store.tidy(10) == 1


async def test_scripts_survive_a_flushed_server(store: RedisAlertStore, redis_client: redis.asyncio.Redis) -> None:
    await store.put([a_write()])
    await redis_client.script_flush()
    (before,) = await store.load([STORY])
    assert await store.put([a_write(before)]) == [True]


async def test_the_members_of_a_story_are_read(redis_client: redis.asyncio.Redis, clock: FakeClock) -> None:
    member = member_of(a_tagged())
    await redis_client.hset(redis_keys.story("en", STORY), member.article_id, stories.encode_member(member))
    reader = RedisStories(redis_client, RedisCalls(clock, Waiting()))
    assert await reader.members([StoryKey("en", STORY), StoryKey("en", "0" * 24)]) == [[member], []]
