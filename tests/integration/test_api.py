"""The api on a real store: pages, filters, cursors, stories, followers, the page."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import msgspec
import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry

from services.alert_store.redis import AlertRecords
from services.api import page
from services.api.core.pipeline import ServiceState
from services.api.core.tokens import Tokens, User
from services.api.edges.actions import RedisAlertActions
from services.api.edges.archive import ArchiveReader
from services.api.edges.redis import RedisAlertReader
from services.api.metrics import ApiMetrics
from services.api.ports import Services
from services.api.routes.app import build_app
from services.api.routes.authorization import Authorization, Team
from services.api.routes.desk import Desk
from services.api.routes.stream import Followers
from services.api.service import ApiService
from services.archive_store.database import Writer
from services.contracts import ids, redis_keys, stories
from services.contracts.feed_health import FeedHealth
from services.contracts.messages import Actor, Alert, AlertTopic, Change, Place, Severity
from services.desk.feeds import Feeds
from services.desk.topics import Topics
from services.desk.watches import Watches
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import RedisAccess
from services.runtime.process.clock import SystemClock
from services.runtime.process.outages import Waiting
from services.runtime.redis import address as redis_address
from services.runtime.redis.connection import RedisCalls, connect
from tests.support.alerts import RETENTION, a_copy, a_tagged, a_write, an_opened_alert, member_of
from tests.support.clock import START, FakeClock

pytestmark = pytest.mark.stack
Client = httpx.AsyncClient


@pytest.fixture
def store(redis_client: redis.asyncio.Redis) -> AlertRecords:
    clock = FakeClock()
    calls = RedisCalls(clock, Waiting())
    return AlertRecords(redis_client, calls, clock, RETENTION)


@pytest.fixture
async def client(redis_client: redis.asyncio.Redis) -> AsyncIterator[Client]:
    async with browser(app(redis_client)) as made:
        yield made


TOKEN = "a-token-of-an-analyst"
READER = "a-token-of-a-reader"
EDITOR = "a-token-of-an-editor"
TOKENS = Tokens([(User("ann", "analyst"), TOKEN), (User("rex", "reader"), READER), (User("eve", "editor"), EDITOR)])


def app(
    client: redis.asyncio.Redis,
    *,
    followers: Followers | None = None,
    loopback: bool = False,
    open_reads: bool = True,
    tokens: Tokens | None = None,
    services: Services | None = None,
    following: redis.asyncio.Redis | None = None,
    desk: Desk | None = None,
    archive: Path | None = None,
    team: Team | None = None,
) -> Any:
    return build_app(
        RedisAlertReader(client, following or client),
        RedisAlertActions(client, SystemClock()),
        services or Standing(),
        desk or a_desk(client),
        archive=ArchiveReader(archive or an_empty_archive()),
        access=Authorization(
            tokens=TOKENS if tokens is None else tokens,
            team=team,
            clock=SystemClock(),
            loopback=loopback,
            open_reads=open_reads,
        ),
        metrics=ApiMetrics(CollectorRegistry()),
        clock=SystemClock(),
        followers=followers or Followers(2, ApiMetrics(CollectorRegistry())),
    )


def a_desk(client: redis.asyncio.Redis, folder: Path | None = None) -> Desk:
    """The files in ``folder``, else the shipped ones."""
    return Desk(
        sources=Feeds(folder and folder / "feeds.opml", client, SystemClock()),
        topics=Topics(folder and folder / "topics"),
        watches=Watches(folder and folder / "watches.yaml", client, RedisCalls(SystemClock(), Waiting())),
    )


@cache
def an_empty_archive() -> Path:
    """The file of an archive that has taken nothing yet."""
    path = Path(tempfile.mkdtemp()) / "archive.db"
    Writer(path).close()
    return path


@dataclass
class Standing:
    """Services that stand as they are told to."""

    services: list[ServiceState] = field(default_factory=list)
    health: FeedHealth | None = None

    def states(self) -> Sequence[ServiceState]:
        return self.services

    def feeds(self) -> FeedHealth | None:
        return self.health


def served(
    client: redis.asyncio.Redis,
    *,
    most: int = 2,
    port: int = 0,
    services: Services | None = None,
    following: redis.asyncio.Redis | None = None,
    desk: Desk | None = None,
    archive: Path | None = None,
    team: Team | None = None,
) -> ApiService:
    """The application on a port of loopback."""

    async def nothing() -> None:
        """The client is the fixture's."""

    followers = Followers(most, ApiMetrics(CollectorRegistry()))
    parts: dict[str, Any] = {
        "services": services,
        "following": following,
        "desk": desk,
        "archive": archive,
        "team": team,
    }
    made = app(client, followers=followers, loopback=True, **parts)
    return ApiService(
        app=made, host="127.0.0.1", port=port, closing=followers.closing, close=nothing, check=nothing, beside=nothing
    )


def browser(app_: Any, base: str = "http://test") -> Client:
    """A client of an application, without a network."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app_), base_url=base)


def an_alert(number: int, *, severity: Severity = "medium", minutes: float | None = None, **more: Any) -> Alert:
    story = f"{number:024x}"
    at = START + timedelta(minutes=number if minutes is None else minutes)
    alert = an_opened_alert()
    return msgspec.structs.replace(
        alert, id=ids.alert_id(story), story_id=story, severity=severity, last_updated=at, **more
    )


async def put(store: AlertRecords, alerts: Sequence[Alert]) -> None:
    assert all(await store.write([a_write(alert) for alert in alerts]))


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


async def test_pages_hold_every_alert_once_newest_first(client: Client, store: AlertRecords) -> None:
    alerts = [an_alert(n) for n in range(45)]
    await put(store, alerts)
    assert await listed(client, limit=10) == [alert.id for alert in reversed(alerts)]


async def test_alerts_of_one_millisecond_are_paged_too(client: Client, store: AlertRecords) -> None:
    alerts = [an_alert(n, minutes=0) for n in range(600)]
    await put(store, alerts)
    found = await listed(client, limit=100)
    assert found == sorted((alert.id for alert in alerts), reverse=True)


async def test_filters_hold_together(client: Client, store: AlertRecords) -> None:
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


async def test_since_bounds_the_list(client: Client, store: AlertRecords) -> None:
    alerts = [an_alert(n) for n in range(10)]
    await put(store, alerts)
    since = (START + timedelta(minutes=7)).isoformat()
    assert await listed(client, since=since) == [alert.id for alert in reversed(alerts[7:])]


async def test_one_alert_as_it_is_stored(client: Client, store: AlertRecords) -> None:
    alert = an_alert(1)
    await put(store, [alert])
    answer = await client.get(f"/api/v1/alerts/{alert.id}")
    assert msgspec.json.decode(answer.content, type=Alert) == alert
    assert (await client.get(f"/api/v1/alerts/{'0' * 24}")).status_code == 404
    assert (await client.get("/api/v1/alerts/none")).status_code == 400


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


@pytest.mark.parametrize("asked", ["limit=0", "limit=201", "cursor=x", "since=then", "min_severity=loud"])
async def test_a_wrong_parameter_is_a_sentence(client: Client, asked: str) -> None:
    answer = await client.get(f"/api/v1/alerts?{asked}")
    assert answer.status_code == 400
    assert asked.split("=")[0] in answer.json()["error"]


async def test_the_page_and_its_parts_are_served_under_a_strict_policy(client: Client) -> None:
    kinds = {
        "html": "text/html",
        "css": "text/css",
        "js": "text/javascript",
        "json": "application/json",
        "svg": "image",
    }
    files = [file for file in Path(page.__file__).parent.iterdir() if file.suffix[1:] in kinds]
    assert len(files) > 8
    for file in files:
        path, kind = f"/page/{file.name}", kinds[file.suffix[1:]]
        if kind == "text/html":
            path = "/" if file.stem == "index" else f"/{file.stem}"
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        foreign = answer.text.replace("http://www.w3.org", "")
        assert "http://" not in foreign
        assert "https://" not in foreign
        assert not any(word in foreign for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"))


async def test_a_server_that_has_restarted_is_read_at_the_first_request(
    redis_client: redis.asyncio.Redis, redis_server: str
) -> None:
    if redis_address.scheme(redis_server) in redis_address.CLUSTER:
        pytest.skip("on a cluster each node counts its connections by itself")
    other = connect(RedisAccess(redis_server))
    async with browser(app(redis_client)) as made:
        assert (await made.get("/api/v1/alerts")).status_code == 200
        await other.client_kill_filter(_id=str(await redis_client.client_id()))
        assert (await made.get("/api/v1/alerts")).json() == {"alerts": [], "next_cursor": None}
    await other.aclose()


async def test_how_the_line_stands(redis_client: redis.asyncio.Redis) -> None:
    standing = Standing([ServiceState(service="tagger", state="waiting", detail="waiting for kafka", since=START)])
    async with browser(app(redis_client, services=standing)) as made:
        assert (await made.get("/api/v1/pipeline")).json() == {
            "services": [
                {
                    "service": "tagger",
                    "state": "waiting",
                    "detail": "waiting for kafka",
                    "since": "2024-06-20T09:00:00Z",
                }
            ],
            "feeds": None,
        }


async def test_health_and_openapi(client: Client) -> None:
    assert (await client.get("/api/v1/health")).json() == {"status": "ok"}
    document = (await client.get("/api/v1/openapi.json")).json()
    paths, shapes = document["paths"], document["components"]["schemas"]
    assert {"/api/v1/alerts", "/api/v1/alerts/{alert_id}", "/api/v1/stream"} <= paths.keys()
    alert = paths["/api/v1/alerts/{alert_id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert alert["allOf"][0] == {"$ref": "#/components/schemas/Alert"}
    referred = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))
    assert set(referred) <= shapes.keys()
    assert set(msgspec.structs.asdict(an_alert(1))) == shapes["Alert"]["properties"].keys()


async def test_a_store_that_is_away_is_said() -> None:
    away = redis.asyncio.Redis.from_url("redis://127.0.0.1:1/0")
    async with browser(app(away)) as client:
        answer = await client.get("/api/v1/health")
    await away.aclose()
    assert answer.status_code == 503
    assert "Redis" in answer.json()["error"]


async def test_followers_see_revisions_and_go_on_where_they_were(
    redis_client: redis.asyncio.Redis, store: AlertRecords
) -> None:
    service = served(redis_client, most=1)
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
            second = None
            async with asyncio.timeout(30):
                while second is None:  # until the service has noticed that the first has gone, it refuses another
                    async with client.stream("GET", "/api/v1/stream", headers={"Last-Event-ID": first["id"]}) as stream:
                        second = await next_event(stream.aiter_lines()) if stream.status_code == 200 else None
            assert second["alert"]["id"] == an_alert(3).id
            assert (await client.get("/api/v1/stream", headers={"Last-Event-ID": "x"})).status_code == 400
    finally:
        await service.stop()


async def test_a_taken_port_is_said(redis_client: redis.asyncio.Redis) -> None:
    first = served(redis_client)
    await first.start()
    port = int((first.address or "").rpartition(":")[2])
    second = served(redis_client, port=port)
    with pytest.raises(UsageError, match=f"127.0.0.1:{port}"):
        await second.start()
    await first.stop()


async def test_a_state_change_is_a_revision_that_goes_to_everyone(
    client: Client, store: AlertRecords, redis_client: redis.asyncio.Redis
) -> None:
    alert = an_alert(1)
    await put(store, [alert])
    await store.acknowledge([alert])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    address = f"/api/v1/alerts/{alert.id}/state"
    answer = await client.post(address, json={"state": "closed"}, headers=headers)
    assert answer.status_code == 200
    moved = msgspec.json.decode(answer.content, type=Alert)
    assert (moved.state, moved.revision, moved.changes) == (
        "closed",
        2,
        (Change(kind="state", before="new", after="closed"),),
    )
    assert await store.unpublished(older_than_seconds=10, limit=5) == [moved]
    assert await redis_client.xlen(redis_keys.ALERTS_STREAM) == 2
    again = await client.post(address, json={"state": "closed"}, headers=headers)
    assert msgspec.json.decode(again.content, type=Alert) == moved
    (stored,) = await store.load([redis_keys.alert(alert.id)])
    newer = msgspec.structs.replace(moved, revision=3, state="new")
    assert await store.write([a_write(newer, before=stored)]) == [True]


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({}, {"state": "closed"}, 401),
        ({"Authorization": "Bearer wrong"}, {"state": "closed"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, {"state": "closed"}, 401),
        ({"Authorization": f"Bearer {TOKEN}"}, {"state": "gone"}, 400),
        ({"Authorization": f"Bearer {TOKEN}"}, {"state": "closed", "more": 1}, 400),
        ({"Authorization": f"Bearer {TOKEN}"}, {"state": "closed"}, 404),
    ],
)
async def test_a_state_change_that_cannot_be_is_refused(
    client: Client, headers: dict[str, str], body: dict[str, Any], code: int
) -> None:
    answer = await client.post(f"/api/v1/alerts/{'0' * 24}/state", json=body, headers=headers)
    assert answer.status_code == code


async def test_without_a_token_file_nobody_changes_anything(redis_client: redis.asyncio.Redis) -> None:
    async with browser(app(redis_client, tokens=Tokens(()))) as client:
        answer = await client.post(f"/api/v1/alerts/{'0' * 24}/state", json={"state": "new"})
    assert answer.status_code == 403
    assert "WIREWATCH_API_TOKEN_FILE" in answer.json()["error"]


async def test_reading_needs_a_token_where_reads_are_not_open(redis_client: redis.asyncio.Redis) -> None:
    async with browser(app(redis_client, open_reads=False)) as client:
        assert (await client.get("/api/v1/alerts")).status_code == 401
        assert (await client.get("/api/v1/alerts", headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 200
        assert (await client.get("/")).status_code == 200


async def test_on_loopback_only_loopback_names_are_answered(redis_client: redis.asyncio.Redis) -> None:
    there = app(redis_client, loopback=True)
    for host in ("127.0.0.1:8080", "localhost", "[::1]:80", "wirewatch.localhost"):
        async with browser(there, f"http://{host}") as client:
            assert (await client.get("/api/v1/alerts")).status_code == 200
    async with browser(there, "http://evil.example") as client:
        assert (await client.get("/api/v1/alerts")).status_code == 403


async def test_the_alerts_as_feeds(client: Client, store: AlertRecords) -> None:
    hostile = an_alert(1, headline="<script>alert(1)</script>\x00 & \u202emo\u200bre", severity="high")
    await put(store, [hostile, an_alert(2)])
    answer = await client.get("/api/v1/alerts.atom", params={"min_severity": "high"})
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
    (entry,) = feed.findall("{http://www.w3.org/2005/Atom}entry")
    title = entry.findtext("{http://www.w3.org/2005/Atom}title")
    assert title == "[high] <script>alert(1)</script>\ufffd & more"
    assert (await client.get("/api/v1/alerts.atom")).status_code == 200
    items = (await client.get("/api/v1/alerts.json")).json()["items"]
    assert [item["_wirewatch"]["id"] for item in items] == [an_alert(2).id, hostile.id]


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
