"""Hostile documents and servers on loopback: each ends in its own outcome, and nothing around it does.

`make hostile` runs the same cases with the time limits of production and reports what they cost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from services.poller.core.model import Request
from services.poller.edges.egress import Egress
from services.poller.errors import WorkerError
from services.poller.parsing.pool import WorkerPool
from services.runtime.http.ssrf_guard import parse_allowed
from tests.bench.hostile import outcome_of
from tests.support.hostile import DOCUMENTS, PLAIN, SERVERS, Document, Server, head, listening, redirect, sends

AGENT = "wirewatch-test/1 (+https://wirewatch.example)"


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """May ask 127.0.0.1 alone, and gives up soon."""
    made = Egress(allowed=parse_allowed(["127.0.0.1/32"]), user_agent=AGENT, total_seconds=2)
    yield made
    await made.aclose()


@pytest.fixture
async def guarded() -> AsyncIterator[Egress]:
    """As it is by default: public addresses only."""
    made = Egress(allowed=parse_allowed([]), user_agent=AGENT, total_seconds=10)
    yield made
    await made.aclose()


async def test_no_document_does_more_than_fail_alone(egress: Egress) -> None:
    async with aclosing(WorkerPool(1)) as workers:
        for case in DOCUMENTS:
            await check_document(case, workers)
        healthy = await workers.feed(PLAIN, url="https://news.example/", content_type=None)
        assert len(healthy.entries) == 2


async def check_document(case: Document, workers: WorkerPool) -> None:
    try:
        feed = await workers.feed(case.body(), url="https://news.example/", content_type=None)
    except WorkerError as error:
        kind = error.kind
    else:
        kind = "" if feed.entries else "empty"
    ended = {"": "ok", "empty": "empty", "NotAFeedError": "not_a_feed"}.get(kind, "parse_error")
    assert kind != "DefectError", case.name
    assert ended in case.ends, f"{case.name} ended in {ended}"


@pytest.mark.parametrize("case", SERVERS, ids=lambda case: case.name)
async def test_no_server_does_more_than_fail(case: Server, egress: Egress) -> None:
    async with aclosing(WorkerPool(1)) as workers, listening(case.speak) as url:
        assert await outcome_of(egress, workers, url) in case.ends


async def test_a_killed_worker_fails_its_document_and_is_replaced() -> None:
    async with aclosing(WorkerPool(1, wall_seconds=0.2)) as workers:
        page = b"<p>" + b"<div>" * 100_000 + b"x"
        with pytest.raises(WorkerError):
            await workers.page(page * 5, url="https://news.example/", content_type="text/html")
    async with aclosing(WorkerPool(1)) as workers:
        assert (await workers.feed(PLAIN, url="https://news.example/", content_type=None)).title == "News Example"


INSIDE = [
    "http://127.0.0.1/", "http://localhost/", "http://0.0.0.0/", "http://0x7f000001/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://①②⑦.⓪.⓪.①/", "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:6379/", "http://user@127.0.0.1/", "https://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
]  # fmt: skip
MALFORMED = [
    "http://127.0.0.1\\@public.example/", "http://public.example%2f@127.0.0.1/", "http://127.0.0.1%00.example/",
    "http:///feed", "http://", "gopher://news.example/", "http://news.example:99999/", "http://[::1/",
    "http://a b.example/", "http://news.example/\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE + MALFORMED)
async def test_nothing_inside_is_reached_by_default(url: str, guarded: Egress) -> None:
    answer = await guarded.feed(Request(url=url))
    assert answer.outcome in ("ssrf_blocked", "redirect")
    assert answer.body == b""


async def test_a_redirect_from_an_allowed_address_is_judged_anew(egress: Egress) -> None:
    async with listening(sends(head(f"Content-Length: {len(PLAIN)}") + PLAIN)) as inside:
        other = inside.replace("127.0.0.1", "127.0.0.2")  # a different address of this machine, not allowed
        async with listening(redirect(other)) as url:
            assert (await egress.feed(Request(url=url))).outcome == "ssrf_blocked"
        async with listening(redirect(inside)) as url:
            assert (await egress.feed(Request(url=url))).outcome == "ok"


async def test_a_host_allowed_by_name_is_allowed_on_its_port_alone() -> None:
    async with listening(sends(head(f"Content-Length: {len(PLAIN)}") + PLAIN)) as url:
        port = url.rstrip("/").rpartition(":")[2]
        egress = Egress(allowed=parse_allowed([f"localhost:{port}"]), user_agent=AGENT, total_seconds=5)
        assert (await egress.feed(Request(url=f"http://localhost:{port}/"))).outcome == "ok"
        assert (await egress.feed(Request(url=f"http://127.0.0.1:{port}/"))).outcome == "ssrf_blocked"
        await egress.aclose()
