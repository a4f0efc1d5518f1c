"""The ledger: what was sent, and whether it all arrived, once.

It reads Kafka and Redis as any client would: nothing here uses the services' own code paths for writing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer

from services.contracts import codec, redis_keys, topics
from services.contracts.messages import Alert, DeadLetter
from services.runtime.kafka.connection import KafkaAccess, RedisAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from services.runtime.redis.connection import connect
from tests.bench.corpus import Item


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checked ledger. ``lost``, ``doubled``, ``missing`` and ``out_of_order`` are what must be 0.

    ``joined`` groups are told by the alert of another group, which is a judgement and no fault of delivery.
    """

    sent: int
    poison_sent: int
    stored: int
    lost: int
    groups_to_alert: int
    alerts_in_redis: int
    alerts_on_topic: int
    missing: int
    joined: int
    doubled: int
    redis_and_topic_differ: int
    messages_on_alerts: int
    revisions: int
    repeated_messages: int
    out_of_order: int
    dead: int
    dead_expected: int
    problems: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """For printing."""
        return asdict(self)


async def send(
    kafka: KafkaAccess, items: Sequence[Item], poison: Sequence[bytes], *, per_second: float | None = None
) -> None:
    """Send all items in order, with the poison spread among them, at most ``per_second`` where given."""
    publisher = KafkaPublisher(kafka=kafka, client_id="ledger", clock=SystemClock())
    await publisher.start()
    every = max(1, len(items) // (len(poison) + 1))
    size = 200
    loop = asyncio.get_running_loop()
    began = loop.time()
    for first in range(0, len(items), size):
        batch = [
            Outgoing(topic=topics.ARTICLES, key=item.article.id.encode(), value=codec.encode(item.article))
            for item in items[first : first + size]
        ]
        batch += [
            Outgoing(topic=topics.ARTICLES, key=b"poison%d" % n, value=poison[n])
            for n in range(len(poison))
            if first <= n * every < first + size
        ]
        await publisher.publish(batch)
        if per_second:
            await asyncio.sleep(max(0.0, began + (first + size) / per_second - loop.time()))
    await publisher.stop()


async def read(kafka: KafkaAccess, topic: str) -> list[bytes]:
    """Every message that a topic holds now."""
    consumer = AIOKafkaConsumer(topic, **kafka.client(), auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        parts = sorted(consumer.assignment())
        ends = await consumer.end_offsets(parts)
        values: list[bytes] = []
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
                values += [record.value for record in batch]
        return values
    finally:
        await consumer.stop()


async def members(store: Any) -> dict[str, str]:
    """Article id to the id of the story that holds it, for every story in Redis."""
    found: dict[str, str] = {}
    pattern = f"{redis_keys.DEDUPE_PREFIX}:*:story:*"
    async for key in store.scan_iter(match=pattern, count=5000):
        story_id = key.decode().rsplit(":", 1)[1]
        for article_id in await store.hkeys(key):
            found[article_id.decode()] = story_id
    return found


async def alert_ids(store: Any) -> list[str]:
    """The ids of all alerts that the time index of Redis lists."""
    return [name.decode() for name in await store.zrange(redis_keys.ALERTS_BY_TIME, 0, -1)]


async def check(
    kafka: KafkaAccess,
    redis: RedisAccess,
    items: Sequence[Item],
    poison: Sequence[bytes],
    *,
    before: Collection[str] = (),
) -> Verdict:
    """Compare what was sent with what is there, but for alerts and dead letters whose ids are in ``before``."""
    store = connect(redis)
    try:
        stored = await members(store)
        in_redis = [one for one in await alert_ids(store) if one not in before]
    finally:
        await store.aclose()
    alerts = [codec.decode(value, Alert) for value in await read(kafka, topics.ALERTS)]
    dead = {codec.decode(value, DeadLetter).id for value in await read(kafka, topics.DEAD)}
    new = [alert for alert in alerts if alert.id not in before]
    return _judge(items, poison, stored, in_redis, new, dead.difference(before))


def _out_of_order(alerts: Sequence[Alert]) -> int:
    """Revisions that came for the first time after a later one of their alert."""
    latest: dict[str, int] = {}
    seen: set[tuple[str, int]] = set()
    late = 0
    for alert in alerts:
        late += (alert.id, alert.revision) not in seen and alert.revision < latest.get(alert.id, 0)
        latest[alert.id] = max(alert.revision, latest.get(alert.id, 0))
        seen.add((alert.id, alert.revision))
    return late


def _judge(
    items: Sequence[Item],
    poison: Sequence[bytes],
    stored: dict[str, str],
    in_redis: list[str],
    alerts: list[Alert],
    dead: set[str],
) -> Verdict:
    group_of = {item.article.id: item.group for item in items}
    wanted = {item.group for item in items if item.kind != "plain"}
    story_groups: dict[str, set[int]] = {}
    for article_id, story_id in stored.items():
        if article_id in group_of:
            story_groups.setdefault(story_id, set()).add(group_of[article_id])
    latest = {alert.id: alert for alert in sorted(alerts, key=lambda alert: alert.revision)}
    per_story = Counter(alert.story_id for alert in latest.values())
    per_group = Counter(group for story in per_story for group in story_groups.get(story, {-1}))
    for story, alerts_of_it in per_story.items():
        asked = wanted & story_groups.get(story, set())  # two events in one story are two alerts
        per_group.update({group: 1 for group in asked if alerts_of_it > len(asked)})
    messages = Counter((alert.id, alert.revision) for alert in alerts)
    lost = [article_id for article_id in group_of if article_id not in stored]
    told_by = {group: one for one in latest.values() for story in one.stories for group in story_groups.get(story, ())}
    joined = {group: told_by[group] for group in sorted(wanted - set(per_group)) if group in told_by}
    missing = sorted(wanted - set(per_group) - set(joined))
    doubled = sorted(group for group, count in per_group.items() if count > 1)
    problems = [f"article {article_id} of group {group_of[article_id]} is in no story" for article_id in lost[:5]]
    problems += [f"group {group} has no alert" for group in missing[:5]]
    problems += [f"group {group} is told by the alert {one.headline!r}" for group, one in list(joined.items())[:5]]
    problems += [f"group {group} has {per_group[group]} alerts" for group in doubled[:5]]
    problems += [f"alert {i} is for no group that asks for one" for i in sorted(set(per_group) - wanted)[:5]]
    return Verdict(
        sent=len(group_of),
        poison_sent=len(poison),
        stored=sum(1 for article_id in stored if article_id in group_of),
        lost=len(lost),
        groups_to_alert=len(wanted),
        alerts_in_redis=len(in_redis),
        alerts_on_topic=len(latest),
        missing=len(missing),
        joined=len(joined),
        doubled=len(doubled),
        redis_and_topic_differ=len(set(in_redis) ^ set(latest)),
        messages_on_alerts=len(alerts),
        revisions=len(messages),
        repeated_messages=sum(messages.values()) - len(messages),
        out_of_order=_out_of_order(alerts),
        dead=len(dead),
        dead_expected=len(poison),
        problems=tuple(problems),
    )
