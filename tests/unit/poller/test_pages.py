"""Article pages: robots.txt first, one request a host at a time, and never what is not a page."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from services.poller.article_pages import ROBOTS_BYTES, ArticlePages
from services.poller.core.model import Fetched
from services.poller.edges.egress import PAGE_BYTES
from services.poller.metrics import PollerMetrics
from services.poller.parsing.page import canonical_link, extract_page
from tests.support.clock import FakeClock
from tests.support.poller import FakeFeedStore, InProcess

PAGE = "https://news.example/story/1"
ROBOTS = "https://news.example/robots.txt"


@dataclass
class FakeEgress:
    """Answers by address; what is not there is a 404."""

    answers: dict[str, Fetched] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    async def get(self, url: str, *, headers: dict[str, str], limit: int) -> Fetched:
        self.asked.append(url)
        self.limits.append(limit)
        return self.answers.get(url, Fetched(outcome="http_4xx", status=404, url=url))

    async def page(self, url: str) -> Fetched:
        return await self.get(url, headers={}, limit=PAGE_BYTES)


class Pages:
    """Polite pages on fakes."""

    def __init__(self, robots: Fetched | None = None, *, content_type: str = "text/html; charset=utf-8") -> None:
        page = Fetched(outcome="ok", status=200, url=PAGE, body=b"The story.", headers={"content-type": content_type})
        self.egress = FakeEgress({PAGE: page, PAGE + "2": page} | ({ROBOTS: robots} if robots else {}))
        self.clock = FakeClock()
        self.metrics = PollerMetrics(CollectorRegistry())
        self.pages = ArticlePages(
            egress=self.egress, documents=InProcess(), store=FakeFeedStore(), metrics=self.metrics, clock=self.clock
        )

    async def text(self, url: str = PAGE) -> str | None:
        page = (await self.pages.look(url, gap_seconds=5)).page
        return page.text if page else None


def rules(text: str) -> Fetched:
    return Fetched(outcome="ok", status=200, url=ROBOTS, body=text.encode())


async def test_robots_is_asked_once_a_day_and_requests_keep_their_gap() -> None:  # P50
    made = Pages(rules("User-agent: *\nDisallow: /private/"))
    assert await made.text() == "The story."
    assert await made.text(PAGE + "2") == "The story."
    assert made.egress.asked == [ROBOTS, PAGE, PAGE + "2"]
    assert made.clock.slept == [5, 5]
    assert made.egress.limits[0] == ROBOTS_BYTES
    made.clock.advance(86_400)
    await made.text()
    assert made.egress.asked.count(ROBOTS) == 2


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        (None, True),  # 404: everything is allowed
        (Fetched(outcome="gone", status=410, url=ROBOTS), True),
        (Fetched(outcome="http_5xx", status=500, url=ROBOTS), False),
        (Fetched(outcome="timeout", url=ROBOTS), False),
        (Fetched(outcome="rate_limited", status=429, url=ROBOTS), False),
        (Fetched(outcome="ssrf_blocked", url=ROBOTS), False),
        (rules("User-agent: *\nDisallow: /"), False),
        (rules("User-agent: *\nDisallow: /\n\nUser-agent: wirewatch\nAllow: /"), True),
        (rules("User-agent: *\nDisallow: /story/\nAllow: /story/1"), True),
        (rules("\x00\xff not robots at all <html>"), True),
    ],
)
async def test_what_robots_forbids_is_not_asked(robots: Fetched | None, allowed: bool) -> None:
    made = Pages(robots)
    assert (await made.text() is not None) == allowed
    assert (PAGE in made.egress.asked) == allowed


async def test_a_robots_txt_that_could_not_be_had_is_asked_for_again_soon() -> None:
    made = Pages(Fetched(outcome="dns", url=ROBOTS))
    assert await made.pages.refusal(PAGE, gap_seconds=5) == "dns"
    made.clock.advance(599)
    assert await made.text() is None
    made.egress.answers[ROBOTS] = rules("User-agent: *\nDisallow: /other")
    made.clock.advance(1)
    assert await made.text() == "The story."
    assert await made.pages.refusal("https://news.example/other", gap_seconds=5) == "robots"


async def test_a_crawl_delay_is_kept() -> None:
    made = Pages(rules("User-agent: *\nCrawl-delay: 20"))
    await made.text()
    await made.text(PAGE + "2")
    assert sum(made.clock.slept) >= 20


@pytest.mark.parametrize("code", [429, 503])
async def test_a_host_that_says_when_to_come_back_is_left_alone_until_then(code: int) -> None:
    made = Pages()
    made.egress.answers[PAGE] = Fetched(outcome="rate_limited", status=code, url=PAGE, headers={"retry-after": "3600"})
    assert await made.text() is None
    asked = len(made.egress.asked)
    look = await made.pages.look(PAGE + "2", gap_seconds=5)
    assert (look.status, look.answer.outcome, len(made.egress.asked)) == ("failed", "rate_limited", asked)
    made.clock.advance(3600)
    assert await made.text(PAGE + "2") == "The story."


async def test_what_is_no_page_is_not_read() -> None:
    assert await Pages(content_type="application/pdf").text() is None


HEADS = [
    (b"<link rel='canonical' href='/a'>", "https://news.example/a"),
    (b'<LINK HREF="https://news.example/b?x=1&amp;y=2" REL=canonical>', "https://news.example/b?x=1&y=2"),
    (b"<meta property='og:url' content='https://news.example/c'>", "https://news.example/c"),
    (b"<link rel=canonical href='javascript:alert(1)'>", None),
    (b"<link rel=stylesheet href=/style.css>", None),
    (b"", None),
]


@pytest.mark.parametrize(("head", "found"), HEADS)
def test_a_page_names_its_own_address(head: bytes, found: str | None) -> None:
    assert canonical_link(b"<html><head>" + head + b"</head>", PAGE) == found


def test_the_story_of_a_page_is_taken_and_the_rest_left() -> None:
    people = ("captain", "admiral", "commander", "crew", "chaplain")
    lines = "".join(
        f"<p>The {who} of the fleet met the minister in port on Tuesday, officials said.</p>" for who in people
    )
    story = f"<article><h1>x</h1>{lines}</article>"
    body = f"<html><body><nav><a href=/>Home</a></nav>{story}<footer>Imprint</footer></body>"
    page = extract_page(body.encode(), url=PAGE, content_type="text/html")
    assert page.text.count("\n") >= 4
    assert "admiral" in page.text
    assert "Imprint" not in page.text
