"""The api on a real store: pages, filters, cursors, stories, followers, the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry

from services.alerter.core.alert import Known
from services.alerter.edges.redis import RedisAlertStore
from services.alerter.ports import NOTHING, Write
from services.api.app import build_app
from services.api.edges.redis import RedisAlertReader
from services.api.metrics import ApiMetrics
from services.api.service import ApiService
from services.contracts import ids, redis_keys, stories
from services.contracts.messages import Actor, Alert, AlertTopic, Place, Severity
from services.runtime.clock import SystemClock
from services.runtime.errors import UsageError
from services.runtime.redis import RedisCalls
from services.runtime.retry import Waiting
from tests.support.alerts import a_copy, a_tagged, an_opened_alert, member_of
from tests.support.clock import START, FakeClock

pytestmark = pytest.mark.stack
Client = httpx.AsyncClient


@pytest.fixture
def store(redis_client: redis.asyncio.Redis) -> RedisAlertStore:
    clock = FakeClock()
    calls = RedisCalls(clock, Waiting())
    return RedisAlertStore(
        redis_client, calls, clock, retention_days=30, closed_retention_days=7, stream_revisions=1000
    )


@pytest.fixture
async def client(redis_client: redis.asyncio.Redis) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(redis_client)), base_url="http://test") as made:
        yield made


def app(client: redis.asyncio.Redis, *, max_streams: int = 2) -> Any:
    metrics = ApiMetrics(CollectorRegistry())
    return build_app(RedisAlertReader(client), metrics=metrics, clock=SystemClock(), max_streams=max_streams)


def an_alert(number: int, *, severity: Severity = "medium", minutes: float | None = None, **more: Any) -> Alert:
    story = f"{number:024x}"
    at = START + timedelta(minutes=number if minutes is None else minutes)
    alert = an_opened_alert()
    return msgspec.structs.replace(
        alert, id=ids.alert_id(story), story_id=story, severity=severity, last_updated=at, **more
    )


async def put(store: RedisAlertStore, alerts: Sequence[Alert]) -> None:
    writes = [Write(story_id=a.story_id, before=NOTHING, known=Known(), alert=a, publish=True) for a in alerts]
    assert all(await store.put(writes))


async def listed(client: Client, **parameters: Any) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    while True:
        answer = await client.get("/api/v1/alerts", params=parameters)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [alert["id"] for alert in page["alerts"]]
        if page["next_cursor"] is None:
            return found
        parameters["cursor"] = page["next_cursor"]


async def test_an_empty_store_is_an_empty_list(client: Client) -> None:
    answer = await client.get("/api/v1/alerts")
    assert answer.json() == {"alerts": [], "next_cursor": None}


async def test_pages_hold_every_alert_once_newest_first(client: Client, store: RedisAlertStore) -> None:
    alerts = [an_alert(n) for n in range(45)]
    await put(store, alerts)
    assert await listed(client, limit=10) == [alert.id for alert in reversed(alerts)]


async def test_alerts_of_one_millisecond_are_paged_too(client: Client, store: RedisAlertStore) -> None:
    alerts = [an_alert(n, minutes=0) for n in range(600)]
    await put(store, alerts)
    found = await listed(client, limit=100)
    assert found == sorted((alert.id for alert in alerts), reverse=True)


async def test_filters_hold_together(client: Client, store: RedisAlertStore) -> None:
    topics = [AlertTopic(topic=name, score=0.7, role="primary") for name in ("alliances", "naval_moves")]
    actors = [Actor(id=id_, name=id_, kind="state") for id_ in ("RUS", "CHN", "USA")]
    places = [Place(id=c.lower(), name=c, kind="country", country=c) for c in ("CUB", "JPN")]
    levels: list[Severity] = ["low", "medium", "high", "critical"]
    alerts = [
        an_alert(
            n,
            severity=levels[n % 4],
            topics=(topics[n % 2],),
            actors=(actors[n % 3],),
            places=(places[n % 5 % 2],),
        )
        for n in range(400)
    ]
    await put(store, alerts)
    for asked in ({}, {"topic": "alliances"}, {"actor": "CHN", "place": "JPN"}, {"topic": "alliances", "actor": "RUS"}):
        for least in ("low", "high"):
            expected = [
                alert.id
                for alert in reversed(alerts)
                if levels.index(alert.severity) >= levels.index(least)
                and asked.get("topic", alert.topics[0].topic) == alert.topics[0].topic
                and asked.get("actor", alert.actors[0].id) == alert.actors[0].id
                and asked.get("place", alert.places[0].country) == alert.places[0].country
            ]
            assert await listed(client, limit=7, min_severity=least, **asked) == expected


async def test_since_bounds_the_list(client: Client, store: RedisAlertStore) -> None:
    alerts = [an_alert(n) for n in range(10)]
    await put(store, alerts)
    since = (START + timedelta(minutes=7)).isoformat()
    assert await listed(client, since=since) == [alert.id for alert in reversed(alerts[7:])]


async def test_one_alert_as_it_is_stored(client: Client, store: RedisAlertStore) -> None:
    alert = an_alert(1)
    await put(store, [alert])
    answer = await client.get(f"/api/v1/alerts/{alert.id}")
    assert msgspec.json.decode(answer.content, type=Alert) == alert
    assert (await client.get(f"/api/v1/alerts/{'0' * 24}")).status_code == 404
    assert (await client.get("/api/v1/alerts/none")).status_code == 422


async def test_a_story_tells_who_copied_whom(client: Client, redis_client: redis.asyncio.Redis) -> None:
    first = a_tagged()
    copy = a_copy(first, url="https://c.example/1", outlet="c.example", seen=START + timedelta(hours=1))
    for message in (first, copy):
        member = member_of(message)
        await redis_client.hset(
            redis_keys.story("en", first.story_id), member.article_id, stories.encode_member(member)
        )
    story = (await client.get(f"/api/v1/stories/{first.story_id}")).json()
    assert story["independent_sources"] == 1
    assert [item["because"] for item in story["members"]] == [None, "same text as news.example"]
    assert (await client.get(f"/api/v1/stories/{'0' * 24}")).status_code == 404


@pytest.mark.parametrize("asked", ["limit=0", "cursor=x", "since=then", "min_severity=loud"])
async def test_a_wrong_parameter_is_a_sentence(client: Client, asked: str) -> None:
    answer = await client.get(f"/api/v1/alerts?{asked}")
    assert answer.status_code == 400
    assert asked.split("=")[0] in answer.json()["error"]


async def test_the_page_and_its_parts_are_served_under_a_strict_policy(client: Client) -> None:
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http://" not in answer.text.replace("http://www.w3.org", "")
    assert "innerHTML" not in (await client.get("/page.js")).text


async def test_health_and_openapi(client: Client) -> None:
    assert (await client.get("/api/v1/health")).json() == {"status": "ok"}
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
    assert {"/api/v1/alerts", "/api/v1/alerts/{alert_id}", "/api/v1/stream"} <= paths.keys()


async def test_a_store_that_is_away_is_said() -> None:
    away = redis.asyncio.Redis.from_url("redis://127.0.0.1:1/0")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(away)), base_url="http://test") as client:
        answer = await client.get("/api/v1/health")
    await away.aclose()
    assert answer.status_code == 503
    assert "Redis" in answer.json()["error"]


async def test_followers_see_revisions_and_go_on_where_they_were(
    redis_client: redis.asyncio.Redis, store: RedisAlertStore
) -> None:
    async def close() -> None:
        """The client is the fixture's."""

    service = ApiService(app(redis_client, max_streams=1), host="127.0.0.1", port=0, close=close)
    await service.start()
    try:
        await put(store, [an_alert(1)])
        async with httpx.AsyncClient(base_url=service.address or "", timeout=30) as client:
            async with client.stream("GET", "/api/v1/stream") as stream:
                lines = stream.aiter_lines()
                await anext(lines)
                assert (await client.get("/api/v1/stream")).status_code == 503
                await put(store, [an_alert(2)])
                first = await next_event(lines)
            assert first["alert"]["id"] == an_alert(2).id
            await put(store, [an_alert(3)])
            headers = {"Last-Event-ID": first["id"]}
            async with client.stream("GET", "/api/v1/stream", headers=headers) as stream:
                second = await next_event(stream.aiter_lines())
            assert second["alert"]["id"] == an_alert(3).id
            assert (await client.get("/api/v1/stream", headers={"Last-Event-ID": "x"})).status_code == 400
    finally:
        await service.stop()


async def test_a_taken_port_is_said(redis_client: redis.asyncio.Redis) -> None:
    async def close() -> None:
        """Nothing to close."""

    first = ApiService(app(redis_client), host="127.0.0.1", port=0, close=close)
    await first.start()
    port = int((first.address or "").rpartition(":")[2])
    second = ApiService(app(redis_client), host="127.0.0.1", port=port, close=close)
    with pytest.raises(UsageError, match=f"127.0.0.1:{port}"):
        await second.start()
    await first.stop()


async def next_event(lines: AsyncIterator[str]) -> dict[str, Any]:
    """The next event of a stream: its id and its alert."""
    found: dict[str, Any] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            found["id"] = value
        elif name == "data":
            found["alert"] = msgspec.json.decode(value)
        elif not line and "alert" in found:
            return found
    raise AssertionError("the stream ended")
