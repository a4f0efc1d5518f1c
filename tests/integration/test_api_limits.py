"""What a client can do to the api: many followers, slow requests, odd headers; every answer has its shape."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
import redis.asyncio

from services.api.edges import http
from services.api.service import ApiService
from services.runtime.kafka.connection import RedisAccess
from services.runtime.redis.connection import connect
from tests.integration.test_api import app, browser, served

pytestmark = pytest.mark.stack

MOST = 100
AT_ONCE = 500


@pytest.fixture
async def api(redis_client: redis.asyncio.Redis, redis_server: str) -> AsyncIterator[ApiService]:
    """An api of :data:`MOST` followers, with the connections of a real one."""
    own = connect(RedisAccess(redis_server))
    following = connect(RedisAccess(redis_server), max_connections=MOST + 1)
    service = served(own, most=MOST, following=following)
    await service.start()
    yield service
    await service.stop()
    await following.aclose()
    await own.aclose()


async def test_followers_at_the_limit_leave_every_other_route_as_it_was(api: ApiService) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=api.address or "", timeout=60, limits=httpx.Limits(max_connections=None))
        )
        before = await seconds(client)

        async def follow() -> httpx.Response:
            return await stack.enter_async_context(client.stream("GET", "/api/v1/stream"))

        answers = await asyncio.gather(*(follow() for _ in range(AT_ONCE)))
        let_in = [answer for answer in answers if answer.status_code == 200]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert (len(let_in), len(refused)) == (MOST, AT_ONCE - MOST)
        assert all(answer.headers["retry-after"] == "30" for answer in refused)
        for address in ("/api/v1/health", "/api/v1/alerts", "/api/v1/pipeline", "/"):
            assert (await client.get(address)).status_code == 200
        assert await seconds(client) < 5 * before + 0.05
    async with httpx.AsyncClient(base_url=api.address or "", timeout=60) as client:
        while True:  # the places of those who left are given to others
            async with client.stream("GET", "/api/v1/stream") as again:
                if again.status_code == 200:
                    return


async def seconds(client: httpx.AsyncClient) -> float:
    """The median time of a request."""
    times = []
    for _ in range(15):
        began = time.perf_counter()
        assert (await client.get("/api/v1/health")).status_code == 200
        times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"POST /api/v1/session HTTP/1"]
)
async def test_a_request_that_does_not_arrive_is_given_up(
    api: ApiService, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(http, "ARRIVES_WITHIN_SECONDS", 0.5)
    host, port = (api.address or "").removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    async with asyncio.timeout(10):
        writer.write(sent)
        for _ in range(3):  # a byte now and then buys no time
            await asyncio.sleep(0.1)
            writer.write(b"x" if sent else b"")
        assert await reader.read() == b""
    writer.close()


async def test_a_prompt_connection_is_kept_for_the_next_request(
    api: ApiService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ARRIVES_WITHIN_SECONDS", 0.3)
    async with httpx.AsyncClient(base_url=api.address or "") as client, asyncio.timeout(20):
        async with client.stream("GET", "/api/v1/stream") as stream:
            await anext(stream.aiter_lines())
            await asyncio.sleep(0.6)  # a response may take as long as it likes
            assert not stream.is_closed
        assert (await client.get("/api/v1/health")).status_code == 200


@pytest.mark.parametrize("host", ["[::1", "127.0.0.1]", "[zz]", "localhost:port", "localhost:99999"])
async def test_a_host_that_is_none_is_refused_with_the_security_headers(
    redis_client: redis.asyncio.Redis, host: str
) -> None:
    for loopback in (True, False):
        async with browser(app(redis_client, loopback=loopback)) as client:
            answer = await client.get("/api/v1/alerts", headers={"Host": host})
        assert answer.status_code == 400
        assert answer.json() == {"error": "The Host header is not a host."}
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_head_is_answered_wherever_get_is(api: ApiService) -> None:
    async with httpx.AsyncClient(base_url=api.address or "", timeout=10) as client:
        for address in ("/", "/page/page.css", "/api/v1/alerts", "/api/v1/alerts.atom", "/api/v1/health"):
            got, head = await client.get(address), await client.head(address)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-type"] == got.headers["content-type"]
            assert head.headers["content-length"] == str(len(got.content))
        head = await client.head("/api/v1/stream")
        assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (await client.head(f"/api/v1/alerts/{'0' * 24}")).status_code == 404


@pytest.mark.parametrize(
    "last", ["x", "1", "1-", f"{2**64}-0", f"0-{2**64}", "9" * 20 + "-0", "1-1-1", "-1-1", "1" * 60 + "-1"]
)
async def test_an_id_that_no_event_has_is_a_sentence(redis_client: redis.asyncio.Redis, last: str) -> None:
    async with browser(app(redis_client)) as client:
        answer = await client.get("/api/v1/stream", headers={"Last-Event-ID": last})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Last-Event-ID is ")


@pytest.mark.parametrize(
    ("method", "address", "code"),
    [("GET", "/nothing", 404), ("GET", "/api/v1/nothing", 404), ("PUT", "/api/v1/session", 405), ("POST", "/", 405)],
)
async def test_every_error_has_one_shape(
    redis_client: redis.asyncio.Redis, method: str, address: str, code: int
) -> None:
    async with browser(app(redis_client)) as client:
        answer = await client.request(method, address)
    assert answer.status_code == code
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].endswith(".")
