"""What earlier releases left is gone on with: no service loses it, and nothing that was told is told again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry

from services.alert_store.redis import AlertRecords
from services.alerter.edges.redis import RedisStories
from services.alerter.handler import AlerterHandler
from services.alerter.metrics import AlerterMetrics
from services.alerter.status import STATUSES
from services.api.edges.redis import RedisAlertReader
from services.archive_store.database import reading
from services.archive_store.reader import quote_checks
from services.contracts import codec, ids, redis_keys, topics
from services.contracts.messages import Alert
from services.deduper.edges.redis import RedisIndexStore
from services.deduper.errors import IndexLostError
from services.deduper.handler import Deduper
from services.deduper.judge import Judge
from services.deduper.metrics import DeduperMetrics
from services.deduper.vocabularies import Vocabularies
from services.notifier.edges.redis import RedisOutbox
from services.poller.edges.redis import read_states
from services.runtime.messages.delivery import Outgoing
from services.runtime.process.outages import Waiting
from services.runtime.redis.connection import RedisCalls
from tests.support.alerts import RETENTION, shipped_rules
from tests.support.archive import Archive
from tests.support.clock import FakeClock
from tests.support.publisher import FakePublisher, deliver
from tests.support.releases import EVERY, FIRST, NUMBERED, Release
from tests.support.stories import WINDOW_S

pytestmark = pytest.mark.stack

every = pytest.mark.parametrize("release", EVERY, ids=lambda release: release.name)
numbered = pytest.mark.parametrize("release", NUMBERED, ids=lambda release: release.name)


def calls(clock: FakeClock) -> RedisCalls:
    return RedisCalls(clock, Waiting())


def latest(release: Release) -> dict[str, Alert]:
    """The alerts, in the order of their revisions."""
    return {alert.id: alert for alert in sorted(release.decoded(topics.ALERTS), key=lambda alert: alert.revision)}


class Upgraded:
    """Deduper and alerter of today on the store of a release, an hour after its last article."""

    def __init__(self, release: Release, client: redis.asyncio.Redis) -> None:
        self.release = release
        self.clock = FakeClock(release.ended() + timedelta(hours=1))
        self.publisher = FakePublisher()
        index = RedisIndexStore(client, calls(self.clock), window_s=WINDOW_S)
        self.deduper = Deduper(
            Judge(index, self.clock, window_s=WINDOW_S, rebuild=never),
            self.publisher,
            self.clock,
            DeduperMetrics(CollectorRegistry()),
            Vocabularies().of,
        )
        self.alerter = AlerterHandler(
            store=AlertRecords(client, calls(self.clock), self.clock, RETENTION),
            stories=RedisStories(client, calls(self.clock)),
            publisher=self.publisher,
            rules=shipped_rules(),
            stale_after=timedelta(hours=48),
            clock=self.clock,
            metrics=AlerterMetrics(STATUSES, CollectorRegistry()),
        )

    def again(self, *names: str) -> Sequence[Outgoing]:
        """What the release sent to these topics."""
        return [Outgoing(m.topic, m.key.encode(), m.value) for m in self.release.messages() if m.topic in names]


async def never() -> None:
    raise AssertionError("the index of this release is in force, and need not be made again")


@every
async def test_the_api_shows_its_alerts(release: Release, redis_client: redis.asyncio.Redis) -> None:
    await release.restore(redis_client)
    reader = RedisAlertReader(redis_client, redis_client)
    for alert in latest(release).values():
        body = await reader.alert(alert.id)
        assert body is not None
        shown = codec.decode(body, Alert)
        assert shown.revision >= alert.revision
        assert shown.headline == alert.headline


@every
async def test_the_alerter_has_its_alerts(release: Release, redis_client: redis.asyncio.Redis) -> None:
    await release.restore(redis_client)
    clock = FakeClock()
    store = AlertRecords(redis_client, calls(clock), clock, RETENTION)
    alerts = latest(release)
    records = await store.load([redis_keys.alert(each) for each in alerts])
    assert [stored.alert and stored.alert.id for stored in records] == list(alerts)


@numbered
async def test_what_was_told_is_not_told_again(release: Release, redis_client: redis.asyncio.Redis) -> None:
    """All of it is delivered once more, as after a group's offsets were lost; then every article comes as a copy."""
    await release.restore(redis_client)
    now = Upgraded(release, redis_client)
    assert set(await now.deduper.handle(deliver(now.again(topics.ARTICLES)))) == {"known"}
    told_again = await now.alerter.handle(deliver(now.again(topics.TAGGED, topics.DUPLICATES)))
    assert not {"opened", "revised"} & set(told_again)
    assert not now.publisher.on(topics.ALERTS)

    copies = []
    for number, article in enumerate(release.decoded(topics.ARTICLES)):
        url = f"https://later.example/{number}"
        copy = msgspec.structs.replace(
            article,
            id=ids.article_id(canonical_url=url, feed="f", guid=None, title=""),
            url=url,
            canonical_url=url,
            outlet="later.example",
            family="later.example",
            fetched_at=now.clock.now(),
            first_seen_at=now.clock.now(),
        )
        copies.append(Outgoing(topics.ARTICLES, copy.id.encode(), codec.encode(copy)))
    judged = await now.deduper.handle(deliver(copies))
    assert "new" not in judged
    assert judged.count("duplicate") >= 0.9 * len(judged)
    found = await now.alerter.handle(deliver(now.publisher.on(topics.DUPLICATES)))
    assert "opened" not in found


@numbered
async def test_its_archive_is_gone_on_with(release: Release, tmp_path: Path) -> None:
    path = release.archive(tmp_path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with reading(path) as db:
        checks = list(quote_checks(db))
    assert checks
    assert not [check for check in checks if check.problem]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before, "reading has changed the file"
    archive = Archive(path)
    archive.clock.advance((release.ended() - archive.clock.now()).total_seconds())
    found = await archive.take(*release.decoded(topics.TAGGED), *release.decoded(topics.ALERTS))
    assert set(found) == {"known"}


@every
async def test_the_poller_has_its_states_and_the_notifier_its_deliveries(
    release: Release, redis_client: redis.asyncio.Redis
) -> None:
    await release.restore(redis_client)
    feeds = [key.rpartition(b":")[2].decode() for key in release.key_names() if key.startswith(b"ww:1:{po}:feed:")]
    states = await read_states(redis_client, feeds)
    assert feeds
    assert all(state is not None and state.next_poll_at is not None for state in states)
    listed = await RedisOutbox(redis_client, calls(FakeClock()), remember=timedelta(days=8)).listed(limit=10)
    assert listed
    assert {each.state for each in listed} == {"sent"}


async def test_the_deduper_sees_that_an_older_index_has_to_be_made_again(redis_client: redis.asyncio.Redis) -> None:
    """Its layout is ``ww:5`` now: what lies under ``ww:1`` is not read."""
    await FIRST.restore(redis_client)
    store = RedisIndexStore(redis_client, calls(FakeClock()), window_s=WINDOW_S)
    assert not await store.built()
    with pytest.raises(IndexLostError):
        await store.open("en", 0)
