"""Who says it: outlet, family, wire, transport."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.poller.core.outlet import Attribution, attribute
from services.poller.edges import publishers

SHIPPED = publishers.load()


def who(
    link: str | None,
    text: str = "",
    *,
    feed: str = "news.example",
    source: str | None = None,
    configured: str | None = None,
    credited: Sequence[str] = (),
) -> Attribution:
    return attribute(
        SHIPPED,
        link_host=link,
        feed_host=feed,
        source_host=source,
        configured=configured,
        credited=credited,
        text=text,
    )


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("WASHINGTON (AP) — The Navy said on Tuesday that two ships", "AP"),
        ("MANILA, June 20 (Reuters) - The Philippines", "Reuters"),
        ("Reuters - Two ships", "Reuters"),
        ("SEOUL, June 20 (Yonhap) -- The two sides", "Yonhap"),
        ("PARIS (AFP) – The minister", "AFP"),
        ("BEIJING, June 20 (Xinhua) -- China", "Xinhua"),
        ("Kyiv (dpa) - Das Ministerium", "dpa"),
        ("Two ships met.\n(Reporting by Jane Doe; Editing by John Smith)", "Reuters"),
        ("PARIS/BERLIN, June 20 (AFP/AP) — The ministers", "AP"),
        ("Roma, 20 giu. (ANSA) - Il ministro", "ANSA"),
        ("Two ships at sea. (Jane Doe/Reuters)\nThe ships met.", None),
        ("The app (AP) crashed on Tuesday.", None),
        ("The Middle East and North Africa (MENA) region is calm.", None),
        ("Two voters in Erie (PA) said so.", None),
        ("An AP photographer saw two ships.", None),
        ("The company told Reuters on Tuesday.", None),
        ("Soldiers of the (army) said so.", None),
        ("", None),
    ],
)
def test_a_wire_is_what_the_text_credits(text: str, wire: str | None) -> None:
    assert who("news.example", text).wire == wire


def test_a_wire_named_as_author_or_source_counts_and_so_does_its_own_site() -> None:
    assert who("news.example", credited=["By The Associated Press"]).wire == "AP"
    assert who("news.example", credited=["Jane Doe, Reuters"]).wire == "Reuters"
    assert who("news.example", credited=["Jane Doe"]).wire is None
    assert who("www.reuters.com").wire == "Reuters"
    assert who("notreuters.com").wire is None


def test_labels_of_one_publisher_are_one_family() -> None:
    assert who("www.bbc.co.uk").family == who("bbc.com").family == who("news.bbc.co.uk").family
    assert who("www.navytimes.com").family == who("defensenews.com").family
    assert who("navy.mil").family == who("www.war.gov").family
    assert who("a.example.co.uk").family != who("b.other.co.uk").family


def test_a_host_in_no_table_is_its_own_family() -> None:
    found = who("www.unheard-of.example")
    assert (found.outlet, found.family) == ("unheard-of.example", "unheard-of.example")
    assert who("blog.unheard.co.uk").family == "unheard.co.uk"


def test_an_aggregator_is_a_transport_and_never_a_source() -> None:
    passed_on = who("news.google.com", source="www.bbc.co.uk")
    assert (passed_on.outlet, passed_on.family, passed_on.transport) == ("bbc.co.uk", "bbc", "news.google.com")
    listed = who("feedproxy.google.com", configured="crikey.com.au")
    assert (listed.outlet, listed.transport) == ("crikey.com.au", "feedproxy.google.com")


def test_the_link_says_who_printed_it_whatever_the_feed_is() -> None:
    assert who("www.dawn.com", feed="somebody.example", configured="somebody.example").outlet == "dawn.com"
    assert who(None, feed="feeds.example", configured="paper.example").outlet == "paper.example"
