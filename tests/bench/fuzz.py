"""Mutated feeds through the parser and into articles (``make fuzz``): no exception may escape, whatever comes.

Seeds are the repository's golden feeds and hostile documents, and other parsers' test feeds where they are there.
The parser runs in this process with no net under it: a class of error that is not the parser's own is a find, and is
printed with the number that brings it back (``--only N``).
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.contracts import codec, ids
from services.contracts.messages import Article
from services.poller.core.articles import article_of, items_of
from services.poller.core.model import FeedConfig
from services.poller.edges import publishers
from services.poller.errors import DocumentError
from services.poller.parsing.feed import parse_feed
from tests.support.hostile import PLAIN
from tests.support.poller import a_feed

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "tests" / "golden" / "feeds", ROOT.parent / "shared" / "eval" / "feeds")
MAX_SEED_BYTES = 30_000
NOW = datetime(2024, 6, 20, 9, 0, tzinfo=UTC)
SPICE = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"&#xD800;", b"&#x110000;", b"&#99999999999999;",
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", "é\u202e\u0000\U0001f600".encode(), b"%", b"\\", b"{", b"}",
    b"<?xml version='1.0' encoding='punycode'?>", b"<!DOCTYPE x [<!ENTITY a '\\1'>]>", b"<item>", b"</item>",
    b"<entry>", b"</channel>", b"<guid>", b"<enclosure/>", b"xmlns='", b"xml:base='http://[bad'", b"mode='base64'",
    b"type='application/xml'", b"<pubDate>Thu, 99 Foo 99999 99:99:99 XYZ</pubDate>", b"<link>http://[::1</link>",
    b"<georss:point>x y</georss:point>", b"<gml:Point srsName='\\'>", b"<media:content url='//['/>",
    b"<a href='http://[/'>", b"<dc:date>0000-00-00T99:99:99Z</dc:date>", b"<ttl>1e999</ttl>", b'"items":[', b"null",
    b"<updated>" + b"9" * 400 + b"</updated>", b"1e400",
)  # fmt: skip


def main() -> None:
    """Print how many feeds were parsed and every find; exit code 1 where there is one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", type=int, help="the one feed of this number, with its traceback")
    chosen = options.parse_args()
    logging.disable(logging.CRITICAL)
    seeds = _seeds()
    numbers: Sequence[int] = [chosen.only] if chosen.only is not None else range(chosen.feeds)
    ended: Counter[str] = Counter()
    slowest, finds = (0.0, 0), 0
    started = time.perf_counter()
    for number in numbers:
        body = mutated(seeds, random.Random(f"{chosen.seed}:{number}"))
        before = time.perf_counter()
        try:
            ended[_outcome(body)] += 1
        except Exception as error:  # noqa: BLE001 - finding these is what this is for
            finds += 1
            ended[f"FIND {type(error).__name__}"] += 1
            print(f"find {number}: {type(error).__name__}: {str(error)[:200]}")
            if chosen.only is not None:
                traceback.print_exc()
        slowest = max(slowest, (time.perf_counter() - before, number))
    seconds = time.perf_counter() - started
    print(f"{len(numbers)} mutated feeds of {len(seeds)} seeds in {seconds:.0f} s, {finds} exceptions not foreseen")
    print(", ".join(f"{name} {count}" for name, count in ended.most_common()))
    print(f"slowest {slowest[0]:.2f} s (number {slowest[1]})")
    sys.exit(bool(finds))


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """A seed with one to eight changes: bytes changed, parts dropped, doubled, swapped, spiced, or of another seed."""
    body = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, max(0, len(body) - 1))
        to = min(len(body), at + chance.choice((1, 1, 2, 8, 64, 512)))
        match chance.randint(0, 6):
            case 0:
                body[at:to] = bytes(chance.randrange(256) for _ in range(to - at))
            case 1:
                del body[at:to]
            case 2:
                body[at:at] = body[at:to] * chance.choice((1, 2, 50))
            case 3 | 4:
                body[at:at] = chance.choice(SPICE)
            case 5:
                other = chance.choice(seeds)
                start = chance.randint(0, max(0, len(other) - 1))
                body[at:to] = other[start : start + 512]
            case _:
                body[at:] = body[at:to]
    return bytes(body)


_PUBLISHERS = publishers.load()
_FEED: FeedConfig = a_feed()


def _outcome(body: bytes) -> str:
    try:
        feed = parse_feed(body, url=_FEED.url, content_type=None)
    except DocumentError as error:
        return type(error).__name__
    for item in items_of(feed, feed_id=_FEED.id, base=_FEED.url):
        article = article_of(
            item,
            config=_FEED,
            feed=feed,
            publishers=_PUBLISHERS,
            fetched_at=NOW,
            first_seen_at=NOW,
            backfill=False,
            language=None,
        )
        decoded = codec.decode(codec.encode(article), Article)
        if len(decoded.id) != len(ids.feed_id("")) or decoded.published_at not in (None, article.published_at):
            raise AssertionError("an article that does not survive its own wire")
    return "articles" if feed.entries else "empty"


def _seeds() -> list[bytes]:
    found = [PLAIN]
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")):
            expectation = path.suffix == ".json" and ("serde" in path.name or path.with_suffix(".xml").is_file())
            if path.is_file() and path.suffix in (".xml", ".rss", ".atom", ".json") and not expectation:
                body = path.read_bytes()
                if len(body) <= MAX_SEED_BYTES:
                    found.append(body)
    return found


if __name__ == "__main__":
    main()
