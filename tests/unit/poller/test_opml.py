"""The feed list: read, written, changed under way."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.ids import feed_id
from services.poller.core import opml
from services.poller.core.model import FULL_TEXT, FeedConfig
from services.poller.edges.feedlist import FeedList
from services.poller.errors import FeedListError
from services.poller.status import TIERS
from services.runtime.files import shipped as files

WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).map(str.strip)
FEEDS = st.builds(
    lambda url, **more: FeedConfig(id=feed_id(url), url=url, **more),
    url=st.integers(0, 10**6).map(lambda n: f"https://{n}.example/feed?a=1&b=<'\">"),
    title=WORDS.filter(bool),
    folder=st.none() | WORDS.filter(lambda word: bool(word) and "/" not in word),
    outlet=st.none() | st.just("paper.example"),
    country=st.none() | st.just("NOR"),
    language=st.none() | st.just("pt-BR"),
    interval_seconds=st.none() | st.integers(1, 2_000_000).map(float),
    tier=st.none() | st.sampled_from(TIERS),
    full_text=st.sampled_from(FULL_TEXT),
    backfill=st.booleans(),
    page=st.just(True),
    items=st.none() | st.just("//li[@class='a']"),
    proof=st.none() | st.just("2026-07-22 a dated survey"),
    terms=st.none() | st.just("no machines"),
)


@given(st.lists(FEEDS, max_size=6, unique_by=lambda feed: feed.url))
def test_what_is_written_is_read_again(feeds: list[FeedConfig]) -> None:
    text = opml.write(feeds, title="A & B <list>")
    assert {f.id: f for f in opml.parse(text.encode(), name="list")} == {f.id: f for f in feeds}


BROKEN = [
    (b"", "line 1: not well-formed"),
    (b"<opml><body>\n<outline", "line 2: not well-formed"),
    (b"<html><body><p/></body></html>", "line 1: the document is <html>, no OPML feed list"),
    (
        b"<opml><body>\n<outline type='rss' text='A' url='http://x'/></body></opml>",
        "line 2: this outline has no xmlUrl",
    ),
    *(
        (f"<opml><body>\n<outline xmlUrl='{url}'/></body></opml>".encode(), "line 2: xmlUrl is .* give a whole http")
        for url in ("/feed.xml", "https:///feed", "https://a b.example/", "https://a.example:port/", "https://[::1/f")
    ),
    *(
        (f"<opml><body>\n<outline xmlUrl='http://x' {mistake}/></body></opml>".encode(), f"line 2: {said}")
        for mistake, said in (
            ("wirewatchOutlet='https://x/'", "wirewatchOutlet is 'https://x/': give a host"),
            ("wirewatchCountry='Norway'", "wirewatchCountry is 'Norway': give an ISO"),
            ("wirewatchProof='yesterday'", "wirewatchProof is 'yesterday': give a date"),
        )
    ),
    (b"<opml><body>\n\n<outline xmlUrl='file:///etc/passwd'/></body></opml>", "line 3: xmlUrl"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchIntervalSeconds='soon'/></body></opml>", "IntervalSeconds"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchIntervalSeconds='-1'/></body></opml>", "IntervalSeconds"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchFullText='perhaps'/></body></opml>", "auto, always, never"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchTier='fast'/></body></opml>", "breaking, daily, slow"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchBackfill='perhaps'/></body></opml>", "yes or no"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchPaused='perhaps'/></body></opml>", "wirewatchPaused"),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchTeir='slow'/></body></opml>", "wirewatchTeir is no attribute"),
    (
        b"<opml><body><outline xmlUrl='http://x'/>\n<outline xmlUrl='http://x'/></body></opml>",
        "line 2: http://x stands in",
    ),
    (b"<opml><body><outline xmlUrl='http://x' wirewatchItems='//a'/></body></opml>", 'give type="page"'),
    (b"<opml><body><outline type='page' xmlUrl='http://x' wirewatchItems='//a['/></body></opml>", "give an XPath"),
    (b"<opml><body><outline type='page' xmlUrl='http://x' wirewatchItems='1+1'/></body></opml>", "give an XPath"),
]


@pytest.mark.parametrize(("data", "said"), BROKEN)
def test_a_broken_list_is_said_with_file_and_line(data: bytes, said: str) -> None:
    with pytest.raises(FeedListError, match=said) as caught:
        opml.parse(data, name="feeds.opml")
    assert str(caught.value).startswith("feeds.opml, line ")


def test_every_mistake_is_said_at_once() -> None:
    with pytest.raises(FeedListError) as caught:
        opml.parse(
            b"""<opml><body>
            <outline xmlUrl='ftp://a.example/' wirewatchTier='fast'/>
            <outline xmlUrl='https://b.example/' wirewatchIntervalSeconds='soon'/>
            <outline xmlUrl='https://b.example/'/>""",
            name="feeds.opml",
        )
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "feeds.opml, line 2",
        "feeds.opml, line 2",
        "feeds.opml, line 3",
        "feeds.opml, line 4",
        "feeds.opml, line 4",
    ]


def test_lists_of_other_programs_are_read() -> None:
    repeated: list[str] = []
    (feed,) = opml.parse(
        b"""<?xml version='1.0' encoding='ISO-8859-1'?><opml version='1.1'><head/><body><outline title='News'>
        <outline TITLE='Caf\xe9' type='rss' XMLURL=' https://a.example/feed ' htmlUrl='https://a.example/' x='y'/>
        <outline text='again' xmlUrl='https://a.example/feed'/></outline></body></opml>""",
        name="x",
        repeated=repeated,
    )
    assert repeated == ["x, line 3: https://a.example/feed stands in line 2 already: keep one."]
    assert (feed.url, feed.title, feed.folder) == ("https://a.example/feed", "Café", "News")


def test_the_shipped_list_is_wide_and_complete() -> None:
    feeds = opml.parse((files.seeds() / "feeds.opml").read_bytes(), name="feeds.opml")
    assert len(feeds) >= 150
    assert len({feed.id for feed in feeds}) == len(feeds)
    assert all(feed.outlet and feed.country and feed.language and feed.title and feed.folder for feed in feeds)
    assert len({feed.country for feed in feeds}) >= 40
    assert len({feed.language for feed in feeds}) >= 15


def test_no_feed_that_a_survey_found_dead_is_shipped() -> None:
    places = (parent / "shared/eval/opml/feeds_checked.csv" for parent in Path(__file__).resolve().parents)
    survey = next((place for place in places if place.is_file()), None)
    if survey is None:
        pytest.skip("the survey of feeds lies beside the repository and is not here")
    with survey.open(newline="", encoding="utf-8") as rows:
        gone = {
            row["address"]
            for row in csv.DictReader(rows)
            if row["verdict"] in ("dead", "blocked", "stale", "stale?", "wrong address", "moved", "not found")
        }
    assert len(gone) > 20
    shipped = {feed.url for feed in opml.parse((files.seeds() / "feeds.opml").read_bytes(), name="feeds.opml")}
    assert not gone & shipped


def test_a_list_that_breaks_under_way_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "feeds.opml"
    path.write_text("<opml><body><outline xmlUrl='https://a.example/'/></body></opml>")
    feeds = FeedList([path])
    feeds.load()
    assert not feeds.reload_if_changed()
    path.write_text("<opml><body><outline")
    os.utime(path, (1, 1))
    assert not feeds.reload_if_changed()
    assert len(feeds.feeds) == 1
    path.write_text(
        "<opml><body><outline xmlUrl='https://a.example/'/><outline xmlUrl='https://b.example/'/></body></opml>"
    )
    assert feeds.reload_if_changed()
    assert len(feeds.feeds) == 2


def test_a_missing_list_is_said() -> None:
    with pytest.raises(FeedListError, match="WIREWATCH_POLLER_FEEDS"):
        FeedList([Path("/nowhere/feeds.opml")]).load()
