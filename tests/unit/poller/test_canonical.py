"""Canonical URLs: the same article gives the same, two articles never do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.poller.core.canonical import absolute, canonical, host_of, of_page

SAME = [
    ("https://news.example/a?utm_source=rss&utm_medium=feed", "https://news.example/a"),
    ("http://NEWS.example:80/a#comments", "https://news.example/a"),
    ("https://news.example:443/a?id=7&fbclid=x", "https://news.example/a?id=7"),
    ("https://news.example/a/amp/", "https://news.example/a/"),
    ("https://news.example/a.amp.html?amp=1", "https://news.example/a.html"),
    ("https://www.google.com/amp/s/news.example/a/amp", "https://news.example/a/"),
    ("https://news-example.cdn.ampproject.org/c/s/news.example/a", "https://news.example/a"),
    ("https://www.google.com/url?q=https://news.example/a&sa=D", "https://news.example/a"),
    ("https://news.example/a?partner=rss&emc=rss", "https://news.example/a"),
    ("https://news.example", "https://news.example/"),
    ("https://news.example./%7Euser/%e2%82%ac", "https://news.example/~user/%E2%82%AC"),
    ("https://user:pw@news.example/a", "https://news.example/a"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://news.example/a?at_medium=RSS&at_campaign=KARANGA", "https://news.example/a"),
]


@pytest.mark.parametrize(("url", "form"), SAME)
def test_what_only_says_how_the_reader_came_goes(url: str, form: str) -> None:
    assert canonical(url) == form


APART = [
    ("https://news.example/a?id=1", "https://news.example/a?id=2"),
    ("https://news.example/a", "https://news.example/A"),
    ("https://news.example/a", "https://news.example/a/"),
    ("https://news.example/?p=1", "https://news.example/?p=2"),
    ("https://news.example/a?page=1", "https://news.example/a?page=2"),
    ("https://news.example/a?ref=17", "https://news.example/a?ref=18"),
    ("https://news.example/#!/a", "https://news.example/#!/b"),
    ("https://news.example/a%2Fb", "https://news.example/a/b"),
    ("https://news.example:8443/a", "https://news.example/a"),
    ("https://news.example/amp", "https://news.example/"),
    ("https://a.news.example/x", "https://b.news.example/x"),
    ("https://news.example/a?source=rss", "https://news.example/a?source=wire-7"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_articles_stay_two(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "url", ["", None, "javascript:alert(1)", "data:text/html,x", "mailto:a@b", "/a", "http://", "http://[::1"]
)
def test_what_no_reader_should_follow_has_no_form(url: str | None) -> None:  # H49
    assert canonical(url) is None


URLS = st.from_regex(r"https?://[a-z]{1,8}\.example(:[0-9]{2,4})?(/[A-Za-z0-9%._~!$&'()*+,;=:@-]{0,12}){0,4}(\?[a-z0-9=&_%]{0,20})?", fullmatch=True)  # fmt: skip # noqa: E501


@given(URLS)
def test_the_form_of_a_form_is_itself(url: str) -> None:
    form = canonical(url)
    assert form is None or canonical(form) == form


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_survived(base: str, link: str) -> None:
    found = absolute(base, link)
    assert found is None or host_of(found)
    canonical(link)


@given(URLS, st.integers(0, 99), st.integers(0, 99))
def test_numbers_in_a_query_tell_articles_apart(url: str, one: int, other: int) -> None:
    first, second = (f"{url.partition('?')[0]}?id={number}" for number in (one, other))
    assert (canonical(first) == canonical(second)) == (one == other)


PAGES = [
    # the feed's link, where it led, what the page calls itself, what is believed
    ("https://n.example/a?x=1", "https://n.example/a?x=1", None, "https://n.example/a?x=1"),
    ("https://n.example/ships-meet-off?x=1", None, "https://n.example/ships-meet-off", "https://n.example/ships-meet-off"),
    ("https://n.example/a/", None, "https://www.n.example/a", "https://www.n.example/a"),
    ("https://go.example/r/1", "https://n.example/story/17", "https://n.example/story/17", "https://n.example/story/17"),
    ("https://n.example/a", None, "https://n.example/", "https://n.example/a"),
    ("https://n.example/a", None, "https://n.example/news", "https://n.example/a"),
    ("https://n.example/v.php?id=1", None, "https://n.example/v.php", "https://n.example/v.php?id=1"),
    ("https://evil.example/a", None, "https://bbc.example/a", "https://evil.example/a"),
    ("https://n.example/a", "https://n.example/cookie-wall", None, "https://n.example/a"),
]  # fmt: skip


@pytest.mark.parametrize(("linked", "led_to", "named", "believed"), PAGES)
def test_a_page_is_believed_about_itself_and_no_further(
    linked: str, led_to: str | None, named: str | None, believed: str
) -> None:
    assert of_page(canonical(linked), led_to, named) == believed
