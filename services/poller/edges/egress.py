"""The one client for everything that leaves the machine: feeds, pages, robots.txt, requests to hubs.

Every connection passes the guard of ``services/runtime/http/ssrf_guard.py``, at the socket, after the name is resolved.
Redirects are followed by hand and each hop is judged like the first. Bodies are decompressed here, against a limit on
what comes out, and a body that ends early is an error: its validators would hide the missing half for ever.
"""

import asyncio
import dataclasses
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from services.poller.core.model import Fetched, Request
from services.poller.edges.decompression import Decoder
from services.poller.errors import BadBodyError, TooLargeError
from services.poller.status import Outcome
from services.runtime.http.ssrf_guard import Allowed, Guard, UnsafeAddressError

FEED_BYTES: Final = 15 * 1024 * 1024
PAGE_BYTES: Final = 3_000_000
TOTAL_SECONDS: Final = 30.0
MAX_HOPS: Final = 5
FEED_TYPES: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.6, */*;q=0.1"
)
PAGE_TYPES: Final = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_PERMANENT: Final = frozenset({301, 308})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WITH_THEIR_BODY: Final = frozenset({307, 308})  # a form is sent on to these alone


@dataclass(slots=True, kw_only=True)
class Egress:
    """Asks the world. Every answer is a :class:`Fetched`; no exception leaves it. Call :meth:`aclose` at the end.

    ``tls`` and ``resolver`` are those of the system unless given. The guard trusts no resolver.
    """

    allowed: Allowed
    user_agent: str
    connections: int = 100
    total_seconds: float = TOTAL_SECONDS
    tls: ssl.SSLContext | None = None
    resolver: AbstractResolver | None = None
    _guard: Guard = field(init=False)
    _session: aiohttp.ClientSession | None = None

    def __post_init__(self) -> None:
        self._guard = Guard(self.allowed)

    async def feed(self, request: Request) -> Fetched:
        """A feed, conditionally where ``request`` has validators."""
        headers = {"Accept": FEED_TYPES}
        if request.etag:
            headers["If-None-Match"] = request.etag
        if request.last_modified:
            headers["If-Modified-Since"] = request.last_modified
        return await self.get(request.url, headers=headers, limit=FEED_BYTES)

    async def page(self, url: str) -> Fetched:
        """An article page."""
        return await self.get(url, headers={"Accept": PAGE_TYPES}, limit=PAGE_BYTES)

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        """Send a form to a hub. The answer's body is not read; 307 and 308 are followed, other redirects are not."""
        return await self.get(url, headers={"Accept": "*/*"}, limit=0, form=form)

    async def get(
        self, url: str, *, headers: dict[str, str], limit: int, form: Mapping[str, str] | None = None
    ) -> Fetched:
        """``url`` with its redirects, within the time and size allowed; ``form`` is sent to it."""
        try:
            async with asyncio.timeout(self.total_seconds):
                return await self._follow(url, headers, limit, form)
        except TimeoutError:
            return Fetched(outcome="timeout", detail=f"no whole answer in {self.total_seconds:.0f} s", url=url)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(self, url: str, headers: dict[str, str], limit: int, form: Mapping[str, str] | None) -> Fetched:
        current, permanent, unbroken = url, None, True
        for hop in range(MAX_HOPS + 1):
            try:
                answer = await self._ask(current, headers, limit, first=hop == 0 and form is None, form=form)
            except UnsafeAddressError as error:
                return Fetched(outcome="ssrf_blocked", detail=str(error), url=current)
            followed = _REDIRECTS if form is None else _WITH_THEIR_BODY
            location = (answer.headers or {}).get("location") if answer.status in followed else None
            if location is None:
                return dataclasses.replace(answer, permanent_url=permanent)
            target = _target(current, location)
            if target is None or (current.startswith("https:") and target.startswith("http:")):
                why = "from https to http" if target else "to an address that is none"
                return Fetched(outcome="redirect", detail=f"redirected {why}", url=current, status=answer.status)
            unbroken = unbroken and answer.status in _PERMANENT
            permanent = target if unbroken else permanent
            current = target
        return Fetched(outcome="redirect", detail=f"more than {MAX_HOPS} redirects", url=current)

    async def _ask(
        self, url: str, headers: dict[str, str], limit: int, *, first: bool, form: Mapping[str, str] | None
    ) -> Fetched:
        with self._guard.connecting(url, userinfo_allowed=first) as connecting:
            try:
                return await self._request(url, headers, limit, form)
            except aiohttp.ClientError as error:
                connecting.raise_if_refused()
                outcome, detail = _failure(error)
                return Fetched(outcome=outcome, detail=detail, url=url)
            except (ValueError, UnicodeError) as error:  # a header or an address that aiohttp cannot put on the wire
                return Fetched(outcome="redirect", detail=f"not an address: {error}", url=url)

    async def _request(self, url: str, headers: dict[str, str], limit: int, form: Mapping[str, str] | None) -> Fetched:
        session = self._opened()
        address = URL(url, encoded=True) if url.isascii() else URL(url)
        method = "GET" if form is None else "POST"
        async with session.request(method, address, headers=headers, data=form, allow_redirects=False) as response:
            received = {
                name.lower(): value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")
                for name, value in reversed(list(response.headers.items()))  # of a repeated header the first one counts
            }
            received |= _only_sendable(response.headers)
            if len(links := response.headers.getall("Link", [])) > 1:
                received["link"] = ", ".join(links)
            outcome = _outcome(response.status)
            if outcome != "ok" or form is not None:
                return Fetched(
                    outcome=outcome, detail=f"HTTP {response.status}", status=response.status, url=url, headers=received
                )
            try:
                body, wire = await _body(response, limit)
            except TooLargeError as error:
                return Fetched(outcome="too_large", detail=str(error), status=200, url=url, headers=received)
            except BadBodyError as error:
                return Fetched(outcome="bad_body", detail=str(error), status=200, url=url, headers=received)
            return Fetched(outcome="ok", status=response.status, url=url, headers=received, body=body, wire_bytes=wire)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self.connections,
                limit_per_host=2,
                ttl_dns_cache=60,
                resolver=self.resolver,
                keepalive_timeout=15,
                socket_factory=self._guard.socket,
                ssl=self.tls if self.tls is not None else True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_read=15),  # the whole has its time in get
                headers={"User-Agent": self.user_agent, "Accept-Encoding": "gzip, deflate"},
                max_line_size=8190,
                max_field_size=16_380,
            )
        return self._session


async def _body(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, int]:
    """The decompressed body, and how many bytes came over the wire."""
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > limit:
        raise TooLargeError(f"{announced} bytes announced, {limit} allowed")
    decoder = Decoder(response.headers.get("Content-Encoding", ""), limit)
    wire = 0
    async for chunk in response.content.iter_any():
        wire += len(chunk)
        decoder.feed(chunk)
    return decoder.finish(), wire


def _outcome(status: int) -> Outcome:
    if status == 200:
        return "ok"
    if status == 304:
        return "not_modified"
    if status in _REDIRECTS:
        return "redirect"
    if status == 429:
        return "rate_limited"
    if status == 410:
        return "gone"
    return "http_4xx" if 400 <= status < 500 else "http_5xx"


def _failure(error: aiohttp.ClientError) -> tuple[Outcome, str]:
    detail = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns", detail
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return "tls", detail
    if isinstance(error, aiohttp.ServerTimeoutError):
        return "timeout", detail
    if isinstance(error, aiohttp.ClientPayloadError):
        return "bad_body", detail
    if isinstance(error, aiohttp.InvalidURL):
        return "redirect", detail
    return "connect", detail


def _target(current: str, location: str) -> str | None:
    try:
        target = urljoin(current, location.strip())
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not target.isascii():
        return None
    return target.partition("#")[0]


def _only_sendable(headers: Any) -> dict[str, str]:
    """Validators as they can be sent back: byte for byte, or not at all (bytes that are no UTF-8)."""
    kept = {}
    for name in ("etag", "last-modified"):
        value = headers.get(name)
        if value is not None:
            kept[name] = "" if any(0xD800 <= ord(character) <= 0xDFFF for character in value) else value
    return kept
