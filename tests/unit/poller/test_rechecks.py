"""Pages behind high and critical alerts are looked at at once, after a day and a week; what differs is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.contracts import codec, topics
from services.contracts.messages import Alert
from services.poller.core.model import Fetched
from services.poller.core.rechecks import MAX_PAGES, pages_of
from services.poller.settings import PollerSettings, recheck_after_of
from services.runtime.errors import UsageError
from services.runtime.messages.delivery import Delivery
from tests.support.alerts import an_opened_alert
from tests.support.clock import START
from tests.support.rechecks import DAY, WEEK, Looks, a_page

URL = "https://news.example/two-navies"
HOME = "https://news.example/"
TEXT = (
    "Three ships were seized off the cape on Tuesday, officials said.\n"
    "The navy of Larn had followed the ships since Sunday night.\n"
    "Nobody was hurt, a spokesman told reporters on the quay.\n"
    "The crews are held in the port of Aster until a court has heard them.\n"
)
CHANGED = TEXT.replace("Three ships", "Two ships")


def an_alert(**more: Any) -> Alert:
    return msgspec.structs.replace(an_opened_alert(), severity="high", **more)


def gone(status: int) -> Fetched:
    return Fetched(outcome="gone" if status == 410 else "http_4xx", status=status, url=URL)


async def looked(*answers: Fetched, later: timedelta = DAY) -> Looks:
    """The first answer at once, the next after a day, the third a week after the first."""
    looks = Looks()
    await looks.hear(an_alert())
    for at, answer in enumerate(answers):
        looks.egress.answers[URL] = answer
        await looks.look(later=(timedelta(), later, WEEK - DAY)[at])
    return looks


async def test_a_changed_number_makes_a_version_that_says_so() -> None:
    looks = await looked(a_page(URL, TEXT), a_page(URL, CHANGED))
    (article,) = looks.articles()
    assert article.recheck is not None
    assert (article.recheck.outcome, article.text) == ("changed", CHANGED)
    (difference,) = article.recheck.differences
    assert (difference.before, difference.after) == ("Three ships were seized", "Two ships were seized")
    assert DAY <= article.recheck.looked_at - article.recheck.first_looked_at < DAY + timedelta(minutes=1)
    assert (article.first_seen_at, article.published_at) == (START, START)
    assert looks.outcomes() == {"first": 1, "changed": 1}


async def test_what_does_not_matter_makes_none_and_is_looked_at_again_after_a_week() -> None:
    curly = TEXT.replace("officials said", "officials  said") + "\n27 comments\nUpdated 3 hours ago"
    looks = await looked(a_page(URL, TEXT), a_page(URL, curly), a_page(URL, CHANGED))
    assert looks.outcomes() == {"first": 1, "same": 1, "changed": 1}
    assert looks.store.due == {}  # that was the last look
    await looks.hear(an_alert())
    assert looks.store.due == {}


async def test_each_change_is_told_once() -> None:
    looks = await looked(a_page(URL, TEXT), a_page(URL, CHANGED), a_page(URL, CHANGED))
    assert looks.outcomes() == {"first": 1, "changed": 1, "same": 1}


async def test_the_same_finding_made_twice_is_one_version() -> None:
    looks = await looked(a_page(URL, TEXT))
    page = looks.store.pages[an_alert().sources[0].article_id]
    for _ in range(2):  # the process dies between publishing and remembering
        looks.store.pages[an_alert().sources[0].article_id] = page
        looks.store.due[an_alert().sources[0].article_id] = START
        looks.egress.answers[URL] = a_page(URL, CHANGED)
        await looks.look(later=DAY)
    first, second = looks.articles()
    assert (first.id, first.content_hash) == (second.id, second.content_hash)


@pytest.mark.parametrize("answer", [gone(410), Fetched(outcome="ok", status=200, url=HOME, body=b"Home.")])
async def test_a_page_that_is_gone_is_withdrawn_at_once(answer: Fetched) -> None:
    looks = await looked(a_page(URL, TEXT), answer)
    (article,) = looks.articles()
    assert article.recheck is not None
    assert (article.recheck.outcome, article.recheck.differences) == ("withdrawn", ())
    assert article.text == TEXT
    assert looks.store.due == {}


async def test_a_page_not_found_is_withdrawn_once_that_was_so_for_a_day() -> None:
    looks = await looked(a_page(URL, TEXT), gone(404))
    assert looks.outcomes() == {"first": 1, "missing": 1}
    assert not looks.articles()
    await looks.look(later=DAY)
    assert [article.recheck and article.recheck.outcome for article in looks.articles()] == ["withdrawn"]


async def test_a_page_that_is_back_is_compared_as_before() -> None:
    looks = await looked(a_page(URL, TEXT), gone(404))
    looks.egress.answers[URL] = a_page(URL, CHANGED)
    await looks.look(later=DAY)
    assert looks.outcomes() == {"first": 1, "missing": 1, "changed": 1}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Fetched(outcome="too_large", status=200, url=URL), "failed"),  # 10 MB
        (Fetched(outcome="ok", status=200, url=URL, body=b"\0\1", headers={"content-type": "image/png"}), "failed"),
        (Fetched(outcome="timeout", url=URL), "failed"),
        (Fetched(outcome="dns", url=URL), "failed"),
        (Fetched(outcome="http_5xx", status=503, url=URL), "failed"),
        (Fetched(outcome="rate_limited", status=429, url=URL), "failed"),
        (a_page(URL, ""), "failed"),
        (a_page(URL, "Sign in to continue.\nEnter your mail address to read this story."), "another_page"),
        (a_page(URL, TEXT.splitlines()[0]), "another_page"),  # the rest is for subscribers
        (a_page(URL, "A live page on something else entirely.\n" * 30), "another_page"),
    ],
)
async def test_an_answer_that_says_nothing_of_the_article_is_no_change(answer: Fetched, outcome: str) -> None:
    looks = await looked(a_page(URL, TEXT), answer, a_page(URL, CHANGED))
    assert looks.outcomes() == {"first": 1, outcome: 1, "changed": 1}


async def test_a_retraction_in_place_of_the_text_is_told() -> None:
    notice = "This article has been retracted because its source was not who he said he was."
    looks = await looked(a_page(URL, TEXT), a_page(URL, notice))
    (article,) = looks.articles()
    assert article.recheck is not None
    assert [difference.after for difference in article.recheck.differences] == [notice]


async def test_robots_are_obeyed_and_not_asked_about_that_page_again() -> None:
    looks = Looks()
    looks.egress.answers["https://news.example/robots.txt"] = a_page(HOME, "User-agent: *\nDisallow: /")
    await looks.hear(an_alert())
    await looks.look()
    assert looks.outcomes() == {"robots": 1}
    assert looks.egress.asked == ["https://news.example/robots.txt"]
    assert looks.store.due == {}


async def test_a_host_whose_robots_cannot_be_had_is_asked_again_later() -> None:
    looks = Looks()
    looks.egress.answers["https://news.example/robots.txt"] = Fetched(outcome="connect")
    await looks.hear(an_alert())
    await looks.look()
    assert looks.outcomes() == {"failed": 1}
    assert list(looks.store.due.values()) == [START + DAY]


async def test_a_page_that_never_answers_is_asked_as_often_as_any() -> None:
    looks = await looked(gone(404), gone(404), gone(404))
    await looks.look(later=30 * DAY)
    assert looks.outcomes() == {"failed": 3}
    assert not looks.articles()


async def test_more_than_a_days_number_waits_for_the_next_day() -> None:
    looks = Looks(a_day=0)
    await looks.hear(an_alert())
    await looks.look()
    assert looks.outcomes() == {"put_off": 1}
    assert looks.egress.asked == []
    (due,) = looks.store.due.values()
    assert START + timedelta(hours=15) <= due < START + timedelta(hours=16)


@pytest.mark.parametrize("garbage", [None, b"", b"{", b"[" * 100_000, b"\xff", b"x" * 900_000])
async def test_what_is_no_alert_is_passed_over(garbage: bytes | None) -> None:
    looks = Looks()
    value = codec.encode(an_alert())
    await looks.rechecker.take([Delivery(topics.ALERTS, 0, at, b"k", one) for at, one in enumerate((garbage, value))])
    assert len(looks.store.due) == 1


def test_only_fresh_sources_of_high_and_critical_alerts_are_looked_at() -> None:
    assert [page.url for page in pages_of(an_alert(), START)] == [URL]
    assert pages_of(msgspec.structs.replace(an_alert(), severity="medium"), START) == []
    assert pages_of(an_alert(merged_into="another"), START) == []
    assert pages_of(an_alert(), START + DAY) == []
    (source,) = an_alert().sources
    many = tuple(msgspec.structs.replace(source, article_id=str(n), independent=n == 99) for n in range(100))
    pages = pages_of(an_alert(sources=many), START)
    assert (len(pages), pages[0].article_id) == (MAX_PAGES, "99")
    assert pages_of(an_alert(sources=(msgspec.structs.replace(source, url=None),)), START) == []


@pytest.mark.parametrize("hours", [(), ("x",), ("24", "2"), ("0",), ("24", "9999"), ("nan",)])
def test_hours_that_are_none_are_refused_with_the_setting_named(hours: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="WIREWATCH_POLLER_RECHECK_AFTER_HOURS takes hours"):
        recheck_after_of(PollerSettings(recheck_after_hours=hours))
    assert recheck_after_of(PollerSettings()) == (DAY, WEEK)
