"""A page that lists releases, read as a feed: a page as ministries make them, and pages that mean harm."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec
import pytest

from services.poller.core.model import Fetched
from services.poller.errors import BrokenDocumentError, NotAFeedError, WorkerError
from services.poller.parsing.listing import MAX_LINKS, parse_listing
from services.poller.parsing.pool import WorkerPool
from tests.support.poller import Bench, a_feed

URL = "https://mod.larn.example/news"
PAGE = (Path(__file__).parents[2] / "golden" / "listings" / "ministry.html").read_bytes()


def a_page(*items: str) -> bytes:
    return f"<html><body>{''.join(items)}</body></html>".encode()


def an_item(href: str, title: str = "A release of some length", date: str = "1 March 2026") -> str:
    return f'<div><a href="{href}">{title}</a><p>{date}</p></div>'


def test_releases_are_found_by_their_dates() -> None:
    feed = parse_listing(PAGE, url=URL, items=None)
    assert feed.title == "News releases | Ministry of Defence of Larn"
    assert [(entry.title, str(entry.published_at)) for entry in feed.entries] == [
        ("Frigate returns from the Gulf of Larn", "2026-11-30 00:00:00+00:00"),
        ("Minister meets her colleague of Northmark", "2026-11-28 00:00:00+00:00"),
        ("Ten-day exercise begins off the coast", "2026-11-27 07:30:00+00:00"),
    ]
    assert feed.entries[0].link == "https://mod.larn.example/news/2026/frigate-returns"


def test_with_the_operators_rule_an_item_needs_no_date() -> None:
    feed = parse_listing(PAGE, url=URL, items="//div[@class='card']")
    assert [entry.published_at is None for entry in feed.entries] == [False, False, False, True]


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://elsewhere.example/a",
        "//elsewhere.example/a",
        "https://mod.larn.example.evil.example/a",
        "/news",
        "/news#top",
        "",
        "http://[",
    ],
)
def test_a_link_that_is_no_article_of_the_site_is_passed_over(href: str) -> None:
    feed = parse_listing(a_page(an_item(href), an_item("/good")), url=URL, items=None)
    assert [entry.link for entry in feed.entries] == ["https://mod.larn.example/good"]


@pytest.mark.parametrize(
    "body", [b"", b"   ", b"no markup", a_page("<p>Nothing here</p>"), a_page(an_item("/a", date=""))]
)
def test_a_page_without_dated_links_is_no_list(body: bytes) -> None:
    with pytest.raises(NotAFeedError):
        parse_listing(body, url=URL, items=None)


def test_a_rule_that_finds_no_elements_is_said() -> None:
    with pytest.raises(NotAFeedError, match="no item"):
        parse_listing(PAGE, url=URL, items="//a/text()")


def test_links_that_repeat_are_one_and_too_many_are_counted() -> None:
    again = parse_listing(a_page(*[an_item("/a"), an_item("/a#b")] * 50), url=URL, items=None)
    assert len(again.entries) == 1
    many = parse_listing(a_page(*(an_item(f"/{n}") for n in range(MAX_LINKS + 7))), url=URL, items=None)
    assert (len(many.entries), many.dropped) == (MAX_LINKS, 7)


def test_a_huge_page_is_refused() -> None:
    with pytest.raises(BrokenDocumentError):
        parse_listing(a_page(*["<a href=/x>y</a>"] * 100_000), url=URL, items=None)


@pytest.mark.parametrize(
    "body",
    [
        a_page("<div>" * 50_000),
        a_page(*["<a href=/x>y</a>" * 25_000]),
        a_page("<a href=/x>", "1 March " * 200_000, "</a>"),
        a_page("".join(f"<div><a href=/{n}>A title of some length</a>" for n in range(15_000))),
    ],
)
async def test_what_costs_too_much_fails_alone(body: bytes) -> None:
    async with contextlib.aclosing(WorkerPool(1, cpu_seconds=5)) as workers:
        began = time.monotonic()
        with contextlib.suppress(WorkerError):
            await workers.listing(body, url=URL, items=None)
        assert time.monotonic() - began < 60
        assert len((await workers.listing(PAGE, url=URL, items=None)).entries) == 3


async def test_a_page_source_is_polled_like_a_feed_within_robots_txt() -> None:
    bench = Bench()
    config = msgspec.structs.replace(a_feed("https://mod.larn.example/news"), page=True)
    answer = Fetched(outcome="ok", status=200, url=config.url, body=PAGE, headers={"content-type": "text/html"})
    assert await bench.poll(config, answer) == "ok"
    assert bench.count("wirewatch_poller_articles_total", status="published") == 3
    bench.pages.forbidden[config.url] = "robots"
    asked = len(bench.web.requests)
    assert await bench.poll(config) == "robots"
    assert len(bench.web.requests) == asked


async def test_a_page_whose_robots_txt_cannot_be_had_fails_as_a_feed_does() -> None:
    """Without a network it must not look like a page that is forbidden."""
    bench = Bench()
    configs = [msgspec.structs.replace(a_feed(f"https://{n}.example/news"), page=True) for n in range(6)]
    bench.pages.forbidden = {config.url: "dns" for config in configs}
    assert [await bench.poll(config) for config in configs] == ["dns"] * 6
    assert bench.poller.connectivity.offline_since is not None
    assert not bench.web.requests
