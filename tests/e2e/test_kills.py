"""SIGKILL of every process once while articles flow: none is lost, and no alert is doubled."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from services.contracts import topics
from services.contracts.codec import decode, encode
from services.contracts.messages import Alert
from services.runtime.kafka.connection import KafkaAccess
from services.runtime.kafka.publisher import KafkaPublisher
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.clock import SystemClock
from tests.bench import corpus
from tests.support.pipeline import RunningLine, a_line, alerts_in_redis, everything_on

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

SEED = 301  # no two treaties of the same two states, no two like ships of one: those may well be judged one event
ORDER = ("deduper", "broker", "tagger", "store", "alerter", "poller", "api")


async def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    items = list(corpus.items(60, copies=20, relevant_share=0.5, words=150, seed=SEED))
    relevant = Counter(item.article.title for item in items if item.kind != "plain" and not item.copy)
    with a_line(tmp_path / "home", WIREWATCH_LOCAL_SAMPLES="no", WIREWATCH_POLLER_FEEDS="") as line:
        line.until_standing()
        sending = asyncio.create_task(trickle(line.run.kafka, items))
        for name in ORDER:
            await asyncio.to_thread(line.kill, name)
        await sending
        await asyncio.to_thread(line.until_ready)
        await asyncio.to_thread(
            line.until, lambda: len(alerts_in_redis(line.run.redis)) >= len(relevant), "every alert is stored"
        )
        await asyncio.to_thread(line.until, lambda: idle(line), "nothing is under way")

        stored = alerts_in_redis(line.run.redis)
        assert Counter(alert.headline for alert in stored.values()) == relevant
        revisions: dict[tuple[str, int], Alert] = {}
        for _, value in await everything_on(line.run.kafka, topics.ALERTS):
            alert = decode(value, Alert)
            assert revisions.setdefault((alert.id, alert.revision), alert) == alert
        assert {alert_id for alert_id, _ in revisions} == set(stored)
        assert await everything_on(line.run.kafka, topics.DEAD) == []


async def trickle(kafka: str, items: list[corpus.Item]) -> None:
    """The articles over about eight seconds, waiting where the broker is away."""
    publisher = KafkaPublisher(kafka=KafkaAccess(kafka), client_id="trickle", clock=SystemClock())
    for item in items:
        article = item.article
        await publisher.publish([Outgoing(topic=topics.ARTICLES, key=article.id.encode(), value=encode(article))])
        await asyncio.sleep(0.1)
    await publisher.stop()


def idle(line: RunningLine) -> bool:
    """Whether two looks, a second apart, see the same counts in every stream service."""
    first = [line.counts(service) for service in ("deduper", "tagger", "alerter")]
    time.sleep(1)
    return first == [line.counts(service) for service in ("deduper", "tagger", "alerter")]
