"""The alerter as a process, on real Kafka and a real store."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import redis.asyncio

from services.cli.alerts.log import AlertLog
from services.contracts import codec, redis_keys, stories, topics
from services.contracts.messages import Alert, Duplicate, TaggedArticle
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.support.alerts import STORY, a_copy, a_tagged, member_of
from tests.support.clock import START
from tests.support.stack import MakeTopics

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]
HOUR = timedelta(hours=1)


@asynccontextmanager
async def an_alerter(kafka: str, redis_url: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    ambient = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.alerter"],
        env=ambient | {"WIREWATCH_KAFKA": kafka, "WIREWATCH_REDIS": redis_url},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 40)


@asynccontextmanager
async def a_publisher(kafka: str) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="test", clock=SystemClock())
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


async def deduped(publisher: KafkaPublisher, client: redis.asyncio.Redis, *messages: TaggedArticle | Duplicate) -> None:
    """Store and send as the deduper and the tagger do."""
    for message in messages:
        member = member_of(message)
        key = redis_keys.story("en", message.story_id)
        await client.hset(key, member.article_id, stories.encode_member(member))
        topic = topics.DUPLICATES if isinstance(message, Duplicate) else topics.TAGGED
        await publisher.publish([Outgoing(topic, message.story_id.encode(), codec.encode(message))])


async def until(log: AlertLog, count: int) -> list[Alert]:
    """The first ``count`` revisions on the topic. One that a kill made come twice counts once."""
    found = {(record.alert.id, record.alert.revision): record.alert for record in await log.revisions()}
    async with asyncio.timeout(60):
        while len(found) < count:
            record = await anext(log.new_revisions())
            found[record.alert.id, record.alert.revision] = record.alert
    return list(found.values())


async def test_the_alert_of_a_story_opens_grows_and_survives_a_kill(
    kafka: str, redis_url: str, redis_client: redis.asyncio.Redis, make_topics: MakeTopics
) -> None:
    await make_topics([topics.TAGGED, topics.DUPLICATES, topics.ALERTS, topics.DEAD])
    first = a_tagged()
    copy = a_copy(first, url="https://copy.example/1", outlet="copy.example", seen=START + HOUR)
    second = a_tagged(
        url="https://b.example/1", outlet="b.example", family="b.example", title="Another report", seen=START + 2 * HOUR
    )
    async with a_publisher(kafka) as publisher, AlertLog(KafkaAccess(kafka)) as log:
        async with an_alerter(kafka, redis_url) as process:
            await deduped(publisher, redis_client, first)
            (opened,) = await until(log, 1)
            assert opened.story_id == STORY
            assert opened.revision == 1
            process.kill()
        await deduped(publisher, redis_client, copy, second)
        async with an_alerter(kafka, redis_url):
            await deduped(publisher, redis_client, first)
            alerts = await until(log, 2)
        last = alerts[-1]
        assert last.independent_sources == 2
        assert [source.outlet for source in last.sources] == ["news.example", "copy.example", "b.example"]
        assert [alert.revision for alert in alerts] == [1, 2]
        body = await redis_client.hget(redis_keys.alert(last.id), "alert")
        assert isinstance(body, bytes)
        assert codec.decode(body, Alert) == last
        # The process has ended, and so has ticked off what it sent.
        assert await redis_client.zcard(redis_keys.ALERTS_OUTBOX) == 0
