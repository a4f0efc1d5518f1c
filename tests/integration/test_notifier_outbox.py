"""The outbox: one suite for the fake that other tests use and for Redis, so that the fake cannot lie."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import redis.asyncio

from services.contracts import codec, redis_keys
from services.notifier.core.deliveries import Notification, TestRequest, digest_of, notification_of
from services.notifier.core.schedule import ReleaseTime
from services.notifier.edges.redis import RedisOutbox, ask_for_test
from services.notifier.ports import Batch, EnqueueRequest, Outbox
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.clock import START, FakeClock
from tests.support.notifier import MemoryOutbox, Notifier, a_watch, active, an_alert

MINUTE = timedelta(minutes=1)
BATCH = Batch("w", "c")
pytestmark = pytest.mark.stack


def on_redis(client: redis.asyncio.Redis) -> RedisOutbox:
    return RedisOutbox(client, RedisCalls(FakeClock(), Waiting()), remember=timedelta(days=8))


@pytest.fixture(params=["memory", "redis"])
async def outbox(request: pytest.FixtureRequest, redis_client: redis.asyncio.Redis) -> Outbox:
    return MemoryOutbox() if request.param == "memory" else on_redis(redis_client)


def a_notification(number: int, *, channel: str = "c", at: datetime = START) -> Notification:
    alert = an_alert(number)
    return notification_of(alert, codec.encode(alert), watch_id="w", watch_name="W", channel_id=channel, queued_at=at)


def an_offer(number: int, *, channel: str = "c", how: Any = "now", at: datetime = START, **more: Any) -> EnqueueRequest:
    release = ReleaseTime(at, how, unlimited=more.pop("unlimited", False))
    return EnqueueRequest(
        notification=a_notification(number, channel=channel), release=release, per_hour=more.get("per_hour")
    )


async def claimed(outbox: Outbox, now: datetime, channel: str = "c") -> list[str]:
    found = []
    while (each := await outbox.claim(channel, now=now, lease_seconds=60)) is not None:
        found.append(each.notification.id)
    return found


async def test_what_is_known_is_not_queued_again(outbox: Outbox) -> None:
    assert await outbox.enqueue([an_offer(1), an_offer(1, channel="d")], now=START) == ["queued", "queued"]
    assert await outbox.enqueue([an_offer(1), an_offer(2)], now=START) == ["known", "queued"]
    assert await outbox.channels() == ["c", "d"]
    assert await outbox.sizes() == (3, 0)
    first = await outbox.claim("d", now=START, lease_seconds=60)
    assert first is not None
    assert (first.notification, first.attempts) == (
        a_notification(1, channel="d"),
        0,
    ) or first.notification.id == a_notification(1, channel="d").id
    assert await outbox.sent(first.notification, now=START)
    assert not await outbox.sent(first.notification, now=START)
    assert await outbox.enqueue([an_offer(1, channel="d")], now=START + timedelta(days=7)) == ["known"]


async def test_a_lease_keeps_others_away_until_it_ends(outbox: Outbox) -> None:
    await outbox.enqueue([an_offer(1)], now=START)
    assert await claimed(outbox, START) == [a_notification(1).id]
    assert await claimed(outbox, START + timedelta(seconds=59)) == []
    assert await claimed(outbox, START + timedelta(seconds=61)) == [a_notification(1).id]


async def test_what_failed_comes_again_when_it_was_asked_for(outbox: Outbox) -> None:
    await outbox.enqueue([an_offer(1)], now=START)
    await outbox.retry(a_notification(1), at=START + MINUTE, error="down")
    assert await claimed(outbox, START) == []
    again = await outbox.claim("c", now=START + MINUTE, lease_seconds=60)
    assert again is not None
    assert again.attempts == 1
    assert await outbox.dead(again.notification, now=START, error="down")
    assert not await outbox.dead(again.notification, now=START, error="down")
    assert not await outbox.sent(again.notification, now=START)
    assert await claimed(outbox, START + timedelta(days=1)) == []
    assert await outbox.sizes() == (0, 0)


async def test_a_batch_is_due_at_the_earliest_of_its_times_and_sealed_whole(outbox: Outbox) -> None:
    await outbox.enqueue([an_offer(1, how="digest", at=START + 3 * MINUTE)], now=START)
    await outbox.enqueue([an_offer(2, how="held", at=START + 2 * MINUTE)], now=START + MINUTE)
    await outbox.enqueue([an_offer(3, how="held", at=START + 9 * MINUTE)], now=START + MINUTE)
    assert await outbox.due_batches(now=START + MINUTE) == []
    assert await outbox.due_batches(now=START + 2 * MINUTE) == [BATCH]
    notifications = await outbox.collected(BATCH, limit=2)
    assert notifications[0].id == a_notification(1).id
    digest = digest_of(notifications, queued_at=START + 2 * MINUTE)
    assert await outbox.close_batch(BATCH, digest, now=START + 2 * MINUTE)
    assert not await outbox.close_batch(BATCH, digest, now=START + 2 * MINUTE), "its members are gone"
    assert await outbox.sizes() == (1, 1)
    assert await outbox.due_batches(now=START + 2 * MINUTE) == [BATCH], "one is left"
    await outbox.postpone(BATCH, at=START + 5 * MINUTE)
    assert await outbox.due_batches(now=START + 4 * MINUTE) == []
    rest = await outbox.collected(BATCH, limit=9)
    assert await outbox.close_batch(BATCH, digest_of(rest, queued_at=START), now=START + 5 * MINUTE)
    assert await outbox.due_batches(now=START + timedelta(days=1)) == []
    found = await outbox.claim("c", now=START + 5 * MINUTE, lease_seconds=60)
    assert found is not None
    assert found.notification == digest
    assert await outbox.sent(found.notification, now=START + 5 * MINUTE)
    assert await outbox.enqueue([an_offer(1), an_offer(2), an_offer(3)], now=START) == ["known"] * 3


async def test_an_empty_batch_is_forgotten(outbox: Outbox) -> None:
    await outbox.enqueue([an_offer(1, how="held", at=START)], now=START)
    await outbox.close_batch(BATCH, digest_of(await outbox.collected(BATCH, limit=9), queued_at=START), now=START)
    assert await outbox.close_batch(BATCH, None, now=START)
    assert await outbox.due_batches(now=START + timedelta(days=1)) == []


async def test_a_limit_counts_alerts_and_not_channels(outbox: Outbox) -> None:
    def requests(number: int, **more: Any) -> list[EnqueueRequest]:
        return [an_offer(number, channel=channel, per_hour=2, **more) for channel in ("c", "d")]

    assert await outbox.enqueue(requests(1), now=START) == ["queued"] * 2
    assert await outbox.enqueue(requests(2), now=START + MINUTE) == ["queued"] * 2
    assert await outbox.enqueue(requests(3), now=START + 2 * MINUTE) == ["held"] * 2
    assert await outbox.enqueue(requests(4, unlimited=True), now=START + 2 * MINUTE) == ["queued"] * 2
    assert await outbox.due_batches(now=START + 59 * MINUTE) == []
    assert await outbox.due_batches(now=START + 60 * MINUTE) == [BATCH, Batch("w", "d")]
    assert await outbox.enqueue(requests(5), now=START + 61 * MINUTE) == ["queued"] * 2


# ---------------------------------------------------------------- Redis alone


async def test_what_has_left_is_kept_small_listed_and_forgotten_in_time(redis_client: redis.asyncio.Redis) -> None:
    outbox = on_redis(redis_client)
    await outbox.enqueue([an_offer(number) for number in (1, 2, 3)], now=START)
    await outbox.sent(a_notification(1), now=START + MINUTE)
    await outbox.dead(a_notification(2), now=START + MINUTE, error="HTTP 500")
    key = redis_keys.delivery(a_notification(1).id)
    assert await redis_client.hexists(key, "body") == 0
    assert 7.9 < await redis_client.pttl(key) / 86_400_000 <= 8
    assert await redis_client.pttl(redis_keys.delivery(a_notification(3).id)) == -1, "what waits does not expire"
    found = {each.delivery.id: each for each in await outbox.listed(limit=10)}
    assert [found[a_notification(n).id].state for n in (1, 2, 3)] == ["sent", "dead", "queued"]
    assert found[a_notification(1).id].finished_at == START + MINUTE
    (dead,) = await outbox.listed_dead(limit=10)
    assert (dead.delivery.headline, dead.error) == (an_alert().headline, "HTTP 500")
    assert await redis_client.xlen(redis_keys.NOTIFIER_DEAD) == 1


async def test_all_keys_are_of_one_slot_and_in_the_table(redis_client: redis.asyncio.Redis) -> None:
    outbox = on_redis(redis_client)
    await outbox.enqueue([an_offer(1, per_hour=1), an_offer(2, how="held")], now=START)
    await outbox.dead(a_notification(1), now=START, error="x")
    table = redis_keys.__doc__ or ""
    for key in [bytes(name).decode() async for name in redis_client.scan_iter()]:
        assert key.startswith("ww:1:{no}:")
        assert f"``ww:1:{{no}}:{key.split(':')[3]}" in table


async def test_a_server_that_forgot_its_scripts_is_told_them_again(redis_client: redis.asyncio.Redis) -> None:
    outbox = on_redis(redis_client)
    await outbox.enqueue([an_offer(1)], now=START)
    await redis_client.script_flush()
    assert await outbox.enqueue([an_offer(1)], now=START) == ["known"]


async def test_what_was_finished_after_its_lease_is_not_sent_again(redis_client: redis.asyncio.Redis) -> None:
    outbox = on_redis(redis_client)
    await outbox.enqueue([an_offer(1)], now=START)
    await outbox.sent(a_notification(1), now=START)
    await redis_client.zadd(redis_keys.deliveries_due("c"), {a_notification(1).id: 0})
    assert await claimed(outbox, START) == []
    assert await redis_client.zcard(redis_keys.deliveries_due("c")) == 0


@pytest.mark.parametrize("more", ["", "digest: {every_minutes: 5}", "limit: {per_hour: 1}"])
async def test_the_whole_way_on_redis(redis_client: redis.asyncio.Redis, more: str) -> None:
    outbox = on_redis(redis_client)
    service = Notifier(active(a_watch(more, channels="[c, d]")), outbox=outbox)
    for _ in range(2):
        await service.hear(*(an_alert(number) for number in range(4)))
        await service.pass_time(2 * 3600, step=900)
    assert sorted(service.sender.alerts()) == sorted(f"{an_alert(n).id}/1" for n in range(4) for _ in "cd")
    assert {each.state for each in await outbox.listed(limit=100)} == {"sent"}
    assert await outbox.sizes() == (0, 0)


async def test_a_test_that_was_asked_for_is_handed_out_once(redis_client: redis.asyncio.Redis) -> None:
    asked = TestRequest(id="1", watch_id="w", by="eve")
    await ask_for_test(redis_client, asked)
    outbox = on_redis(redis_client)
    assert await outbox.take_tests() == [asked]
    assert await outbox.take_tests() == []
