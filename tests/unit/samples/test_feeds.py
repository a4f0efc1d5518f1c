"""The sample feeds: what is visible when, and the files that ship."""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import feedparser
import pytest
import yaml

from services.runtime.files import shipped as files
from services.samples.core import xml
from services.samples.core.feeds import COMPOSE_ADDRESS, Feed, Item, feed_list, read, visible
from services.samples.errors import SampleFileError

START = datetime(2024, 6, 20, 9, 0, tzinfo=UTC)
SHIPPED = files.seeds() / "samples"

OLD = Item(url="https://a.example/1", title="Old", text="First.\n\nSecond & last.", minutes_ago=5)
NEW = Item(url="https://a.example/2", title="New", text="Text", after_seconds=3)
LATER = Item(url="https://a.example/2", title="New", text="Text with more", after_seconds=8)
FEED = Feed(title="A <b>", link="https://a.example/", description="D", items=(OLD, NEW, LATER))


@pytest.mark.parametrize(("elapsed", "shown"), [(0, [OLD]), (2.9, [OLD]), (3, [NEW, OLD]), (8, [LATER, OLD])])
def test_items_appear_in_their_time_and_versions_replace_each_other(elapsed: float, shown: list[Item]) -> None:
    assert visible(FEED, elapsed) == shown


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_a_feed_reads_back_as_it_was_written(kind: Literal["rss", "atom"]) -> None:
    feed = Feed(title=FEED.title, link=FEED.link, description="D", items=FEED.items, format=kind)
    parsed = feedparser.parse(xml.render(feed, visible(feed, 5), START))
    assert not parsed.bozo
    assert [entry.link for entry in parsed.entries] == [NEW.url, OLD.url]
    assert parsed.entries[1].content[0].value == "<p>First.</p><p>Second &amp; last.</p>"
    times = [datetime.fromtimestamp(timegm(entry.published_parsed), UTC) for entry in parsed.entries]
    assert times == [START + timedelta(seconds=3), START - timedelta(minutes=5)]


def test_the_same_items_give_the_same_bytes() -> None:
    assert xml.render(FEED, visible(FEED, 3), START) == xml.render(FEED, visible(FEED, 7.9), START)


def test_a_broken_file_is_named_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("title: T\nlink: l\ndescription: d\nitems:\n  - {url: u, title: t}\n")
    with pytest.raises(SampleFileError, match=r"bad\.yaml is not a sample feed: .*`text`.*items"):
        read(tmp_path)
    (tmp_path / "bad.yaml").write_text("title: [")
    with pytest.raises(SampleFileError, match=r"bad\.yaml is not a sample feed"):
        read(tmp_path)


def test_a_folder_without_feeds_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleFileError, match="holds no"):
        read(tmp_path)


def test_every_shipped_feed_begins_with_backfill_and_brings_news() -> None:
    for name, feed in read(SHIPPED).items():
        assert visible(feed, 0), f"{name} begins empty: its first news would be backfill"
        assert any(item.after_seconds for item in feed.items), name


def test_every_shipped_article_is_a_whole_one() -> None:
    for feed in read(SHIPPED).values():
        for item in feed.items:
            assert 150 <= len(item.text.split()) <= 400, item.url
            assert item.url.split("/")[2].endswith(".example"), item.url


def test_the_feed_list_names_the_shipped_feeds() -> None:
    listed = (SHIPPED / "feeds.opml").read_text()
    for name in read(SHIPPED):
        assert f'xmlUrl="{COMPOSE_ADDRESS}/{name}.xml"' in listed
    assert COMPOSE_ADDRESS not in feed_list(listed, "http://127.0.0.1:1")


def test_expected_alerts_are_headlines_of_shipped_articles() -> None:
    titles = {item.title for feed in read(SHIPPED).values() for item in feed.items if item.after_seconds}
    expected = yaml.safe_load((SHIPPED / "expected.yaml").read_text())
    assert {alert["headline"] for alert in expected} <= titles
