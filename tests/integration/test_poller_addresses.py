"""Whom a name leads to and whom a certificate names: resolvers that lie, and servers that are not who they say.

H36 (certificates), H42 to H44 (names that lead inside), P55 (hosts with one kind of address).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from services.poller.core.model import Fetched, Request
from services.poller.edges.egress import Egress
from services.runtime.http.ssrf_guard import parse_allowed
from tests.support.hostile import PLAIN, head

WHOLE = head(f"Content-Length: {len(PLAIN)}", "Connection: close") + PLAIN


@dataclass
class Names(AbstractResolver):
    """Answers the scripted addresses of a name in turn, the last ones again and again."""

    answers: list[list[str]]
    asked: int = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        return


@dataclass
class Listener:
    """Serves a feed and counts who reached it."""

    port: int = 0
    reached: int = 0
    speaking: set[asyncio.Task[None] | None] = field(default_factory=set)

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached += 1
        self.speaking.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(WHOLE)
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def listener(address: str, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.speak, address, port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await asyncio.gather(*(task for task in made.speaking if task), return_exceptions=True)


async def ask(url: str, *allowed: str, names: Names | None = None, tls: ssl.SSLContext | None = None) -> Fetched:
    egress = Egress(allowed=parse_allowed(allowed), user_agent="t/1", total_seconds=10, tls=tls, resolver=names)
    try:
        return await egress.feed(Request(url=url))
    finally:
        await egress.aclose()


INSIDE = ["127.0.0.2", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.2", "64:ff9b::7f00:2", "0.0.0.0"]


@pytest.mark.parametrize("address", INSIDE)
async def test_a_public_name_that_leads_inside_is_not_followed(address: str) -> None:  # H42
    answer = await ask("http://news.example/feed", names=Names([[address]]))
    assert answer.outcome == "ssrf_blocked"
    assert "is not a public address" in (answer.detail or "")


async def test_a_name_that_leads_inside_the_second_time_is_judged_anew() -> None:  # H43
    names = Names([["127.0.0.1"], ["127.0.0.2"]])
    async with listener("127.0.0.1") as ours, listener("127.0.0.2", ours.port) as inside:
        url = f"http://news.example:{ours.port}/feed"
        assert (await ask(url, "127.0.0.1/32", names=names)).outcome == "ok"
        assert (await ask(url, "127.0.0.1/32", names=names)).outcome == "ssrf_blocked"
    assert (names.asked, ours.reached, inside.reached) == (2, 1, 0)


@pytest.mark.parametrize("order", [1, -1])
async def test_of_mixed_addresses_the_private_ones_are_never_dialled(order: int) -> None:  # H44
    async with listener("127.0.0.1") as ours, listener("127.0.0.2", ours.port) as inside:
        names = Names([["127.0.0.2", "127.0.0.1"][::order]])
        answer = await ask(f"http://news.example:{ours.port}/feed", "127.0.0.1/32", names=names)
    assert answer.outcome == "ok"
    assert (ours.reached, inside.reached) == (1, 0)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_hosts_with_one_kind_of_address_are_reached(address: str) -> None:  # P55
    try:
        async with listener(address) as there:
            url = f"http://news.example:{there.port}/feed"
            assert (await ask(url, address, names=Names([[address]]))).outcome == "ok"
            literal = f"[{address}]" if ":" in address else address
            assert (await ask(f"http://{literal}:{there.port}/feed", address)).outcome == "ok"
    except OSError as error:  # pragma: no cover - a machine without IPv6
        pytest.skip(f"{address} cannot be listened on: {error}")


OUR_CA = trustme.CA(key_type=trustme.KeyType.ECDSA)
OTHER_CA = trustme.CA(key_type=trustme.KeyType.ECDSA)
HOST = "news.example"


def trusting(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context


def serving(ca: trustme.CA, name: str = HOST, *, expired: bool = False, oldest: bool = False) -> ssl.SSLContext:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf = ca.issue_cert(name, not_after=yesterday if expired else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    if oldest:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("tls", "outcomes"),
    [
        pytest.param(lambda: serving(OUR_CA), {"ok"}, id="as it should be"),
        pytest.param(lambda: serving(OTHER_CA), {"tls"}, id="signed by itself"),
        pytest.param(lambda: serving(OUR_CA, "other.example"), {"tls"}, id="of another host"),
        pytest.param(lambda: serving(OUR_CA, expired=True), {"tls"}, id="expired"),
        pytest.param(lambda: serving(OUR_CA, oldest=True), {"tls", "connect"}, id="TLS 1.1"),
    ],
)
async def test_only_a_server_that_proves_its_name_is_heard(
    tls: Callable[[], ssl.SSLContext], outcomes: set[str]
) -> None:  # H36
    async with listener("127.0.0.1", tls=tls()) as there:
        url = f"https://{HOST}:{there.port}/feed"
        answer = await ask(url, "127.0.0.1/32", names=Names([["127.0.0.1"]]), tls=trusting(OUR_CA))
    assert answer.outcome in outcomes, answer.detail


async def test_the_systems_authorities_do_not_know_ours() -> None:  # H36: the default is to verify
    async with listener("127.0.0.1", tls=serving(OUR_CA)) as there:
        answer = await ask(f"https://{HOST}:{there.port}/", "127.0.0.1/32", names=Names([["127.0.0.1"]]))
    assert answer.outcome == "tls"
