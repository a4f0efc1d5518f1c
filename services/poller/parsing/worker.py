"""The worker process: one document in, plain values out, within limits of memory and CPU time.

Run as ``python -m services.poller.parsing.worker MEMORY_BYTES CPU_SECONDS``. Frames on standard input and output are
four bytes of length (big-endian) and MessagePack; the first frame says that the worker is ready. A document that
exceeds the limits kills this process, and nothing else.
"""

import os
import resource
import struct
import sys
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from services.poller.core.model import ExtractedPage, ParsedFeed
from services.poller.errors import DocumentError

HEADER = struct.Struct(">I")


class Job(Struct, frozen=True, kw_only=True):
    """A document to handle. ``url`` is its base address, ``content_type`` the header that came with it,
    ``part`` which part of a very long feed is meant, ``items`` the XPath of a listing's items."""

    kind: Literal["feed", "page", "listing"]
    body: bytes
    url: str
    content_type: str | None = None
    part: int = 0
    items: str | None = None


class Done(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a job: a feed, a page, or the class and message of what was wrong with it."""

    feed: ParsedFeed | None = None
    page: ExtractedPage | None = None
    error: str | None = None
    detail: str = ""
    peak_bytes: int = 0


def main() -> None:
    """Serve jobs until standard input ends."""
    memory, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not speak into the frames
    from services.poller.parsing.feed import parse_feed

    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + memory, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    decoder, encoder = msgspec.msgpack.Decoder(Job), msgspec.msgpack.Encoder()
    _write(sink, encoder.encode(Done(peak_bytes=_peak_bytes())))  # all that is needed has been imported
    while (frame := _read(source)) is not None:
        _allow_cpu(cpu_seconds)
        job = decoder.decode(frame)
        try:
            if job.kind == "feed":
                done = Done(feed=parse_feed(job.body, url=job.url, content_type=job.content_type, part=job.part))
            elif job.kind == "listing":
                from services.poller.parsing.listing import parse_listing

                done = Done(feed=parse_listing(job.body, url=job.url, items=job.items))
            else:
                from services.poller.parsing.page import extract_page

                done = Done(page=extract_page(job.body, url=job.url, content_type=job.content_type))
        except (DocumentError, RecursionError, MemoryError) as error:
            done = Done(error=type(error).__name__, detail=str(error)[:500])
        except Exception as error:  # noqa: BLE001 - the process's edge: a document nobody foresaw fails alone, and is named
            done = Done(error="DefectError", detail=f"{type(error).__name__}: {str(error)[:400]}")
        _write(sink, encoder.encode(msgspec.structs.replace(done, peak_bytes=_peak_bytes())))


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    (length,) = HEADER.unpack(head)
    body = source.read(length)
    return body if len(body) == length else None


def _write(sink: BinaryIO, payload: bytes) -> None:
    sink.write(HEADER.pack(len(payload)) + payload)
    sink.flush()


def _allow_cpu(seconds: int) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.RLIM_INFINITY))


def _address_space() -> int:
    """What this process has mapped already: the limit is counted on top of it."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
