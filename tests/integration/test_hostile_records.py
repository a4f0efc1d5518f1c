"""Whatever a producer puts on any topic, every reader of it goes on: on the real broker, with the real handlers.

``make faults`` sends thousands more of the same.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence

import pytest

from services.alerter.edges.topics import KafkaLog
from services.cli.alerts.log import AlertLog
from services.cli.up import alert_feed
from services.contracts import codec, topics
from services.contracts.messages import Article
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.log_reader import read_all, read_one
from tests.contracts.test_handlers import SERVICES, Service
from tests.support import hostile_records
from tests.support.hostile_records import Hostile
from tests.support.stack import MakeTopics

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

WITHIN_SECONDS = 60.0


@pytest.fixture(scope="module")
def hostile() -> Sequence[Hostile]:
    return [*hostile_records.listed(), *hostile_records.drawn(60)]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_every_service_handles_what_is_good_and_sets_the_rest_aside(
    service: Service, kafka: str, make_topics: MakeTopics, hostile: Sequence[Hostile]
) -> None:
    await make_topics([topic for each in SERVICES if each.name == service.name for topic in each.reads])
    ledgers = [await hostile_records.fill(kafka, topic, hostile) for topic in service.reads]
    consumer = hostile_records.a_consumer(service, kafka)
    await consumer.app.start()
    try:
        await consumer.until(sum(len(each.good) + each.hostile for each in ledgers), WITHIN_SECONDS)
    finally:
        await consumer.app.stop()
    consumer.check(ledgers)


async def test_every_reader_of_whole_topics_reads_over_it(
    kafka: str, make_topics: MakeTopics, hostile: Sequence[Hostile]
) -> None:
    await make_topics([topics.ALERTS])
    access = KafkaAccess(kafka)
    ledger = await hostile_records.fill(kafka, topics.ALERTS, hostile)
    expected = len(ledger.good) + ledger.hostile

    assert len([each async for each in read_all(access, topics.ALERTS)]) == expected
    assert sum([len(batch) async for batch in KafkaLog(access).read(topics.ALERTS)]) == expected
    for topic, partition, offset in sorted(ledger.good)[:3]:
        assert (found := await read_one(access, topic, partition, offset)) is not None
        assert found.value == hostile_records.good_value(topics.ALERTS)
    async with AlertLog(access) as log:
        assert len(await log.revisions()) == len(ledger.good)
    async with alert_feed.connected(access) as feed:
        first = await asyncio.wait_for(anext(alert_feed.seen(feed)), WITHIN_SECONDS)
    assert first.earlier


@pytest.mark.parametrize(
    ("topic", "command"),
    [
        (topics.DEAD, ["dead", "list", "--json"]),
        (topics.DEAD, ["dead", "replay", "--all"]),
        (topics.UNIQUE, ["packs", "backtest", "--json"]),
        (topics.ALERTS, ["alerts", "--json"]),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
async def test_every_command_reads_over_it(
    kafka: str, make_topics: MakeTopics, hostile: Sequence[Hostile], topic: str, command: list[str]
) -> None:
    await make_topics([topic])
    await hostile_records.fill(kafka, topic, hostile)
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", *command, "--kafka", kafka), stdout=PIPE, stderr=PIPE
    )
    said, complained = await asyncio.wait_for(ran.communicate(), WITHIN_SECONDS)
    assert b"Traceback" not in complained, complained
    assert ran.returncode in (0, 1)
    assert said


async def test_a_trace_reads_over_it(
    kafka: str, redis_url: str, make_topics: MakeTopics, hostile: Sequence[Hostile]
) -> None:
    every = [topics.ARTICLES, topics.UNIQUE, topics.DUPLICATES, topics.TAGGED, topics.ALERTS, topics.DEAD]
    await make_topics(every)
    for topic in every:
        await hostile_records.fill(kafka, topic, hostile[::3])
    article = codec.decode(hostile_records.good_value(topics.ARTICLES), Article)
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "trace", article.id, "--json", "--kafka", kafka, "--redis", redis_url),
        stdout=PIPE,
        stderr=PIPE,
    )
    said, complained = await asyncio.wait_for(ran.communicate(), WITHIN_SECONDS)
    assert (ran.returncode, b"Traceback" in complained) == (0, False), complained
    assert article.id.encode() in said
