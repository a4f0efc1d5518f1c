"""Hostile documents and servers. Each case says in which outcomes it may end; anything else, and any exception, fails.

The H numbers are those of docs/measurements/hostile.md. Servers speak raw bytes on loopback, because no HTTP library
would send most of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.poller import an_item, rss

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

READ = frozenset({"ok"})
REFUSED = frozenset({"parse_error", "not_a_feed", "empty"})
EITHER = READ | REFUSED


@dataclass(frozen=True, slots=True)
class Document:
    """A body that is served whole and in order; ``ends`` are the outcomes it may have."""

    name: str
    body: Callable[[], bytes]
    ends: frozenset[str]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that misbehaves."""

    name: str
    speak: Speak
    ends: frozenset[str]


def _bomb(levels: int) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(levels))
    return (
        f"<?xml version='1.0'?><!DOCTYPE rss [{entities}]>".encode()
        + rss(f"<item><title>&e{levels - 1};</title></item>").partition(b"?>")[2]
    )


def _quadratic() -> bytes:
    head = f"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a '{'a' * 100_000}'>]>".encode()
    return head + rss(f"<item><title>{'&a;' * 5000}</title></item>").partition(b"?>")[2]


def _with_doctype(subset: str) -> bytes:
    head = f"<?xml version='1.0'?><!DOCTYPE rss [{subset}]>".encode()
    return head + rss(an_item(1), "<item><title>x &x; y</title></item>").partition(b"?>")[2]


def _declared(encoding: str, body: bytes) -> bytes:
    return f"<?xml version='1.0' encoding='{encoding}'?>".encode() + body.partition(b"?>")[2]


PLAIN = rss(an_item(1), an_item(2))

DOCUMENTS = (
    Document("H01 billion laughs", lambda: _bomb(10), EITHER),
    Document("H02 quadratic blow-up", _quadratic, EITHER),
    Document("H03 external entity, file", lambda: _with_doctype("<!ENTITY x SYSTEM 'file:///etc/passwd'>"), EITHER),
    Document("H04 external entity, http", lambda: _with_doctype("<!ENTITY x SYSTEM 'http://127.0.0.1:9/x'>"), EITHER),
    Document(
        "H05 external DTD",
        lambda: b"<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x.dtd'>" + PLAIN.partition(b"?>")[2],
        EITHER,
    ),
    Document(
        "H06 parameter entities",
        lambda: _with_doctype("<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'>%p;<!ENTITY x 'y'>"),
        EITHER,
    ),
    Document(
        "H07 40,000 attributes",
        lambda: rss("<item " + " ".join(f"a{n}='1'" for n in range(40_000)) + "><title>x</title></item>"),
        REFUSED,
    ),
    Document("H08 unclosed 10 MB token", lambda: b"<rss><channel><item " + b"a" * 10_000_000, REFUSED),
    Document(
        "H09 200,000 nested elements", lambda: rss("<item><title>" + "<b>" * 200_000 + "</title></item>"), REFUSED
    ),
    Document("H10 100,000 entries", lambda: rss("<item><title>x</title></item>" * 100_000), READ),
    Document("H11 10 MB title", lambda: rss(an_item(1, title="word " * 2_000_000)), EITHER),
    Document(
        "H12 references to no character",
        lambda: rss(an_item(1, title="&#xD800; &#x110000; &#99999999999999999; &#0; end")),
        READ,
    ),
    Document("H13 backslash in an entity", lambda: _with_doctype(r"<!ENTITY x '\1\g<9>'>"), EITHER),
    Document("H14 NUL and controls", lambda: rss(an_item(1, title="a\x00b\x01\x1b\x7f\x9bc")), EITHER),
    Document("H15 invalid UTF-8", lambda: rss(an_item(1, title="XX")).replace(b"XX", b"\xff\xfe\xc3("), EITHER),
    Document("H15 wrong charset", lambda: _declared("utf-16", PLAIN), EITHER),
    Document("H15 UTF-16 without a mark", lambda: PLAIN.decode().encode("utf-16-le"), EITHER),
    Document("H15 UTF-7", lambda: _declared("utf-7", PLAIN), EITHER),
    *(
        Document(f"H15 {name} as a charset", lambda name=name: _declared(name, PLAIN), EITHER)  # type: ignore[misc]
        for name in ("punycode", "unicode_escape", "zlib_codec", "idna", "rot13", "no-such-thing", "base64")
    ),
    Document("H15 punycode, 100 KB", lambda: _declared("punycode", rss(an_item(1, text="x" * 100_000))), EITHER),
    Document(
        "H16 20,000 namespaces",
        lambda: b"<rss " + b" ".join(b"xmlns:n%d='u:%d'" % (n, n) for n in range(20_000)) + b"><channel/></rss>",
        REFUSED,
    ),
    Document("H17 HTML", lambda: b"<!DOCTYPE html><html><body>Checking your browser</body></html>", REFUSED),
    Document("H17 JSON that is no feed", lambda: b'{"error": "forbidden"}', REFUSED),
    Document("H17 deep JSON", lambda: b'{"items":' + b"[" * 200_000, REFUSED),
    Document("H17 nothing", lambda: b"", REFUSED),
    Document("H17 white space", lambda: b" \n\t" * 1000, REFUSED),
    Document("H17 a truncated feed", lambda: PLAIN[:-60], EITHER),
    Document("H17 an image", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, REFUSED),
    Document("H18 two roots", lambda: PLAIN + PLAIN.partition(b"?>")[2], EITHER),
    Document("H18 trailing garbage", lambda: PLAIN + b"\x00\xff<<<>>>&&&", EITHER),
    Document("H59 a guid of 1 MB", lambda: rss(f"<item><title>x</title><guid>{'g' * 1_000_000}</guid></item>"), READ),
    Document(
        "H60 marks without end", lambda: rss(an_item(1, title="a" + "\u0301" * 100_000 + "\U0001f600" * 999)), READ
    ),
    Document(
        "broken, then 40,000 attributes",
        lambda: b"<rss><item></x><a " + b" ".join(b"a%d=''" % n for n in range(40_000)),
        EITHER,
    ),
    Document("100,000 open angles", lambda: rss(an_item(1, text="<![CDATA[" + "<a " * 100_000 + "]]>")), EITHER),
    Document("500,000 ampersands", lambda: rss(an_item(1, text="<![CDATA[" + "&" * 500_000 + "]]>")), EITHER),
    Document("comments that never close", lambda: rss(an_item(1, text="<![CDATA[" + "<!--" * 100_000 + "]]>")), EITHER),
    Document(
        "scripts that never close", lambda: rss(an_item(1, text="<![CDATA[" + "<script>" * 100_000 + "]]>")), EITHER
    ),
)


def head(*lines: str, status: str = "200 OK") -> bytes:
    return ("\r\n".join([f"HTTP/1.1 {status}", *lines]) + "\r\n\r\n").encode("latin-1")


def sends(*parts: bytes, then_wait: float = 0.0) -> Speak:
    """Read the request, send ``parts``, and wait before closing."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
        await asyncio.sleep(then_wait)

    return speak


def endless(opening: bytes, part: bytes, pause: float = 0.0, limit: int = 100_000) -> Speak:
    """An answer without an end; ``limit`` parts keep a client that never gives up from hanging the test."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(opening)
        for _ in range(limit):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return speak


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def encoded(encoding: str, body: bytes, *, length: int | None = None) -> bytes:
    return head(f"Content-Encoding: {encoding}", f"Content-Length: {length or len(body)}", "Connection: close") + body


def _deflated(size: int) -> bytes:
    squeeze = zlib.compressobj(9)
    return b"".join([squeeze.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)]) + squeeze.flush()


def _gzipped(size: int) -> bytes:
    squeeze = zlib.compressobj(9, wbits=31)
    return b"".join([squeeze.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)]) + squeeze.flush()


def redirect(location: str, status: str = "302 Found") -> Speak:
    return sends(head(f"Location: {location}", "Content-Length: 0", "Set-Cookie: wall=1", status=status))


BIG = frozenset({"too_large"})
BAD = frozenset({"bad_body"})
NO_ANSWER = frozenset({"connect", "bad_body", "timeout"})

SERVERS = (
    Server("H19 gzip bomb", sends(encoded("gzip", _gzipped(256_000_000))), BIG),
    Server("H20 brotli nobody asked for", sends(encoded("br", b"\x00" * 400)), BAD),
    Server("H21 deflate bomb", sends(encoded("deflate", _deflated(256_000_000))), BIG),
    Server("H21 zstd nobody asked for", sends(encoded("zstd", b"\x28\xb5\x2f\xfd" + bytes(50))), BAD),
    Server(
        "H22 gzip twice",
        sends(encoded("gzip", gzip.compress(gzip.compress(PLAIN)))),
        frozenset({"not_a_feed", "parse_error"}),
    ),
    Server("H22 two encodings", sends(encoded("gzip, gzip", gzip.compress(gzip.compress(PLAIN)))), BAD),
    Server("H23 truncated gzip", sends(encoded("gzip", gzip.compress(PLAIN)[:-12])), BAD),
    Server("H23 gzip that is none", sends(encoded("gzip", PLAIN)), BAD),
    Server("H24 100 MB announced", sends(head("Content-Length: 104857600"), b"<rss>", then_wait=0.1), BIG),
    Server("H24 100 MB unannounced", endless(head("Connection: close"), b"x" * 100_000, limit=1000), BIG),
    Server(
        "H25 endless chunks", endless(head("Transfer-Encoding: chunked"), b"186a0\r\n" + b"x" * 100_000 + b"\r\n"), BIG
    ),
    Server("H26 a byte at a time", endless(head("Content-Length: 9999"), b"x", pause=0.05), frozenset({"timeout"})),
    Server("H27 slow headers", endless(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause=0.05), frozenset({"timeout", "connect"})),
    Server("H28 accepts and says nothing", silence, frozenset({"timeout"})),
    Server("H29 announces more than it has", sends(head("Content-Length: 99999"), PLAIN), BAD),
    Server("H29 chunks without an end", sends(head("Transfer-Encoding: chunked"), b"5\r\nhello\r\n"), BAD),
    Server("H30 a header of 1 MB", sends(head("X: " + "x" * 1_000_000)), NO_ANSWER),
    Server("H30 100,000 headers", sends(head(*(f"X-{n}: 1" for n in range(100_000)))), NO_ANSWER | READ | REFUSED),
    Server("H31 100 Continue for ever", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", limit=20_000), NO_ANSWER),
    Server("H32 redirects to itself", redirect("/"), frozenset({"redirect"})),
    Server("H35 a wall of cookies", redirect("/?again"), frozenset({"redirect"})),
    *(
        Server(f"H34 to {location[:22]}", redirect(location), frozenset({"redirect", "ssrf_blocked"}))
        for location in (
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "data:text/xml,<rss/>",
            "javascript:alert(1)",
            "http://",
            "http://[::1",
            "//\\127.0.0.1\\x",
            "http://user@10.0.0.1/",
        )
    ),
    *(
        Server(f"H39-41 to {host}", redirect(f"http://{host}/"), frozenset({"ssrf_blocked", "redirect", "dns"}))
        for host in (
            "0.0.0.0",
            "127.1",
            "2130706433",
            "0x7f000002",
            "0177.0.0.1",
            "127.0.0.2",
            "localhost.",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.2]",
            "[::127.0.0.2]",
            "[fe80::1]",
            "[fc00::1]",
            "[fec0::1]",
            "[64:ff9b::7f00:2]",
            "[2002:7f00:2::]",
            "[2001::1]",
            "169.254.169.254",
            "100.64.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.88.99.1",
            "[ff02::1]",
        )
    ),
    Server("H45 to a name inside", redirect("http://kafka:9092/"), frozenset({"ssrf_blocked", "dns"})),
    Server(
        "H37 an ETag that is no text", sends(head('ETag: "\xff\xe9"', f"Content-Length: {len(PLAIN)}") + PLAIN), READ
    ),
    Server("H37 a Location that is no text", redirect("/\xff\xe9"), frozenset({"redirect"})),
    Server("H38 status 999", sends(head("Content-Length: 0", status="999 Request Denied")), frozenset({"http_5xx"})),
    Server(
        "status 204", sends(head("Content-Length: 0", status="204 No Content")), frozenset({"http_5xx", "http_4xx"})
    ),
    Server("not HTTP at all", sends(b"SSH-2.0-OpenSSH_9.2\r\n"), NO_ANSWER),
    Server("nothing", sends(), NO_ANSWER),
    Server("two lengths", sends(head("Content-Length: 5", "Content-Length: 6") + b"hello"), NO_ANSWER),
    Server(
        "length and chunks",
        sends(head("Content-Length: 5", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n"),
        NO_ANSWER | REFUSED,
    ),
)


@asynccontextmanager
async def listening(speak: Speak) -> AsyncIterator[str]:
    """The address of a server that answers every connection with ``speak``."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            OSError, asyncio.CancelledError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            await speak(reader, writer)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None
