"""What a publisher's log would show: the headers and addresses of real requests over a real connection."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.poller.core.model import Fetched, Request
from services.poller.edges.egress import Egress
from services.runtime.http.ssrf_guard import parse_allowed
from tests.support.hostile import PLAIN, head, listening

AGENT = "wirewatch/0.0 (+https://wirewatch.example)"


@asynccontextmanager
async def logged(*answers: bytes) -> AsyncIterator[tuple[str, list[list[str]]]]:
    """A server that gives ``answers`` in turn, the last again and again, and the raw requests it was sent."""
    log: list[list[str]] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = await reader.readuntil(b"\r\n\r\n")
        log.append(raw.decode("latin-1").rstrip("\r\n").split("\r\n"))
        writer.write(answers[min(len(log), len(answers)) - 1])
        await writer.drain()

    async with listening(speak) as url:
        yield url, log


async def ask(url: str, **validators: str) -> Fetched:
    egress = Egress(allowed=parse_allowed(["127.0.0.1/32"]), user_agent=AGENT, total_seconds=10)
    try:
        return await egress.feed(Request(url=url, **validators))
    finally:
        await egress.aclose()


def whole(body: bytes = PLAIN, *headers: str) -> bytes:
    return head(f"Content-Length: {len(body)}", "Connection: close", *headers) + body


def names(request: list[str]) -> dict[str, str]:
    return {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in request[1:]}


async def test_every_request_says_who_asks_and_what_for() -> None:  # P41 to P47
    zipped = gzip.compress(PLAIN)
    answer = whole(zipped, "Content-Encoding: gzip", "Set-Cookie: track=1", 'ETag: W/"a  b"')
    async with logged(answer) as (url, log):
        for _ in range(3):
            found = await ask(f"{url}feed?x=1&y=%7E+z;a&&b")
        sent = [names(request) for request in log]
    assert found.body == PLAIN
    assert (found.headers or {})["etag"] == 'W/"a  b"'
    assert {request[0] for request in log} == {"GET /feed?x=1&y=%7E+z;a&&b HTTP/1.1"}
    for headers in sent:
        assert headers["user-agent"] == AGENT
        assert "application/rss+xml" in headers["accept"]
        assert "gzip" in headers["accept-encoding"]
        assert not {"cookie", "referer", "if-none-match", "if-modified-since"} & set(headers)


async def test_validators_go_over_the_wire_as_they_came() -> None:  # P01
    odd = 'W/"a  b"; it\'s «odd»'
    async with logged(head("Content-Length: 0", status="304 Not Modified")) as (url, log):
        found = await ask(url, etag=odd, last_modified="yesterday, about noon")
    headers = names(log[0])
    assert found.outcome == "not_modified"
    assert headers["if-none-match"].encode("latin-1").decode("utf-8") == odd
    assert headers["if-modified-since"] == "yesterday, about noon"


async def test_redirects_are_followed_five_times_and_permanence_is_told() -> None:  # P35, P36, P51
    def to(where: str, status: str) -> bytes:
        return head(f"Location: {where}", "Content-Length: 0", "Connection: close", status=status)

    async with logged(to("/b", "301 Moved"), to("/c", "308 Moved"), to("/d", "302 Found"), whole()) as (url, log):
        found = await ask(f"{url}a")
    assert (found.outcome, found.url, found.permanent_url) == ("ok", f"{url}d", f"{url}c")
    assert [request[0].split()[1] for request in log] == ["/a", "/b", "/c", "/d"]
    async with logged(*[to(f"/{n}", "301 Moved") for n in range(9)]) as (url, log):
        assert (await ask(url)).outcome == "redirect"
    assert len(log) == 6


async def test_a_password_in_the_address_stays_with_its_host() -> None:  # P53
    async with logged(whole()) as (second, seen_there):
        first_answer = head(f"Location: {second}", "Content-Length: 0", "Connection: close", status="302 Found")
        async with logged(first_answer) as (first, seen_here):
            assert (await ask(first.replace("//", "//me:secret@"))).outcome == "ok"
    assert "authorization" in names(seen_here[0])
    assert "authorization" not in names(seen_there[0])
