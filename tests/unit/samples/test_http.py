"""The sample server: conditional requests, and a taken port."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from services.runtime.errors import UsageError
from services.samples.core.feeds import Feed, Item
from services.samples.edges.http import SampleServer
from tests.support.clock import FakeClock

FEED = Feed(
    title="T",
    link="https://a.example/",
    description="D",
    items=(
        Item(url="https://a.example/1", title="Old", text="Text", minutes_ago=5),
        Item(url="https://a.example/2", title="New", text="Text", hour=8.4),
    ),
)


def a_server(clock: FakeClock, port: int = 0) -> SampleServer:
    registry, week = CollectorRegistry(), timedelta(seconds=60)
    return SampleServer({"a": FEED}, host="127.0.0.1", port=port, week=week, clock=clock, registry=registry)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def url(clock: FakeClock) -> AsyncIterator[str]:
    server = a_server(clock)
    await server.start()
    assert server.ready() is None
    yield f"{server.address}/a.xml"
    await server.stop()


async def get(url: str, **headers: str) -> aiohttp.ClientResponse:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        await response.read()
        return response


async def test_news_appears_after_the_first_get(url: str, clock: FakeClock) -> None:
    clock.advance(100)
    first = await get(url)
    assert first.headers["Content-Type"].startswith("application/rss+xml")
    assert (await first.text()).count("<item>") == 1
    clock.advance(3)
    assert (await (await get(url)).text()).count("<item>") == 2


async def test_validators_that_hold_give_304(url: str, clock: FakeClock) -> None:
    first = await get(url)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-Modified-Since": modified}):
        again = await get(url, **headers)
        assert again.status == 304
        assert again.headers["ETag"] == etag
    clock.advance(3)
    assert (await get(url, **{"If-None-Match": etag})).status == 200
    assert (await get(url, **{"If-Modified-Since": modified})).status == 200


async def test_if_none_match_alone_counts_where_both_are_sent(url: str) -> None:
    modified = (await get(url)).headers["Last-Modified"]
    assert (await get(url, **{"If-None-Match": '"other"', "If-Modified-Since": modified})).status == 200


async def test_a_wild_date_is_no_validator(url: str) -> None:
    assert (await get(url, **{"If-Modified-Since": "yesterday"})).status == 200


async def test_anything_else_is_404(url: str) -> None:
    assert (await get(url.replace("a.xml", "b.xml"))).status == 404
    assert (await get(url.replace("a.xml", ""))).status == 404


async def test_a_taken_port_is_named(clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = a_server(clock, port)
        with pytest.raises(UsageError, match=rf"127\.0\.0\.1:{port} .*WIREWATCH_SAMPLES_PORT"):
            await server.start()
        await server.stop()
