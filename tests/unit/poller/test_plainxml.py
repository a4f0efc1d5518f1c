"""The quick reading of plain feeds: the same as feedparser's, wherever it reads at all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from services.poller.core.model import ParsedFeed
from services.poller.edges import feedxml, plainxml
from tests.support.hostile import PLAIN
from tests.support.plainfeeds import CONTENT_TYPES, made
from tests.support.poller import FEED, an_item, rss

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = sorted((ROOT / "tests" / "golden" / "feeds").rglob("*.*"))
EVALUATED = sorted(path for path in (ROOT.parent / "shared" / "eval" / "feeds").rglob("*.xml"))  # beside the checkout
CHANCES = 600


def parsed(body: bytes, content_type: str | None, *, quick: bool) -> ParsedFeed | str:
    try:
        return feedxml.parse(body, url=FEED, content_type=content_type, quick=quick)
    except (feedxml.NotAFeedError, feedxml.BrokenFeedError) as error:
        return repr(error)


def same(body: bytes, content_type: str | None) -> bool:
    """Whether the document is plain; both readings of it are one where it is."""
    if plainxml.read(body, url=FEED, content_type=content_type) is None:
        return False
    assert parsed(body, content_type, quick=True) == parsed(body, content_type, quick=False), body
    return True


def test_feeds_made_at_random_are_read_alike() -> None:
    plain = sum(same(*made(random.Random(number))) for number in range(CHANCES))
    assert plain > CHANCES / 8


def test_every_feed_there_is_is_read_alike() -> None:
    bodies = [path.read_bytes() for path in (*GOLDEN, *random.Random(1).sample(EVALUATED, min(300, len(EVALUATED))))]
    plain = [same(body, kind) for body in (*bodies, PLAIN) for kind in CONTENT_TYPES[:2]]
    assert any(plain)


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>T</title><id>urn:1</id>
<link rel="self" href="/feed"/><entry><title type="html">A &amp;amp; B</title><id>urn:2</id>
<updated>2024-06-20T10:00:00Z</updated>
<link href="https://news.example/2"/><author><name>Jo</name></author><content type="html">&lt;p&gt;C</content>
</entry></feed>"""


# As the systems that most newspapers and blogs run on write them.
RICH = (
    b'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    b'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    b'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
    b"<channel><title>Rich</title><link>https://news.example/</link><dc:language>en</dc:language><ttl>15</ttl>"
    b'<atom:link href="https://news.example/feed" rel="self" type="application/rss+xml"/><copyright>Us</copyright>'
    b"<image><url>https://news.example/i.png</url><title>Rich</title><width>32</width></image>"
    b"<sy:updatePeriod>hourly</sy:updatePeriod><site xmlns='com-wordpress:feed-additions:1'>1</site>"
    b"<item><title>One</title><link>https://news.example/1?a=1&amp;b=2</link><dc:creator><![CDATA[Jo]]></dc:creator>"
    b'<guid isPermaLink="false">1</guid><category>News</category><description><![CDATA[<p>D</p>]]></description>'
    b"<content:encoded><![CDATA[<p>C</p>]]></content:encoded><slash:comments>0</slash:comments>"
    b"<post-id xmlns='com-wordpress:feed-additions:1'>1</post-id><source url='https://other.example'>Other</source>"
    b"<media:content url='u'><media:credit>P</media:credit></media:content></item>"
    b"<item><title>Two</title><link>https://news.example/2</link><media:content><media:title>P</media:title>"
    b"</media:content><media:description>Caption</media:description></item></channel></rss>"
)


@pytest.mark.parametrize(
    "body",
    [
        rss(an_item(1, date="Thu, 20 Jun 2024 10:00:00 GMT"), an_item(2)),
        rss(an_item(1))
        .replace(b"<rss", b"\xef\xbb\xbf<rss", 1)
        .removeprefix(b'<?xml version="1.0" encoding="utf-8"?>'),
        ATOM,
        RICH,
    ],
    ids=("rss", "byte order mark", "atom", "rich"),
)
def test_usual_feeds_are_plain(body: bytes) -> None:
    assert same(body, "application/xml")


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]>" + rss(an_item(1)),
        rss(an_item(1)).decode().encode("utf-16"),
        rss(an_item(1))[:-8],
        rss("<item><title>a<b>c</b></title></item>"),
        rss("<item xml:base='http://b.example/'><link>/1</link></item>"),
        ATOM.replace(b'type="html"', b'type="xhtml"'),
        rss(an_item(1), "<media:title xmlns:media='http://search.yahoo.com/mrss/'>Picture</media:title>"),
    ],
    ids=(
        "doctype",
        "two bytes",
        "cut off",
        "markup",
        "base",
        "xhtml",
        "a title of the channel's picture after an item",
    ),
)
def test_all_else_is_left_to_feedparser(body: bytes) -> None:
    assert plainxml.read(body, url=FEED, content_type=None) is None
