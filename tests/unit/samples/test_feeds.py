"""The sample feeds: what is visible when, and the files that ship."""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import feedparser
import pytest
import yaml

from services.runtime.errors import UsageError
from services.runtime.files import shipped as files
from services.samples.core import xml
from services.samples.core.feeds import COMPOSE_ADDRESS, Feed, Item, Week, feed_list, visible
from services.samples.edges.files import read
from services.samples.errors import SampleFileError
from services.samples.settings import SamplesSettings, week_of

START = datetime(2024, 6, 20, 9, 0, tzinfo=UTC)
MINUTE = Week(START, timedelta(seconds=60))
SHIPPED = files.seeds() / "samples"

OLD = Item(url="https://a.example/1", title="Old", text="First.\n\nSecond & last.", minutes_ago=5)
NEW = Item(url="https://a.example/2", title="New", text="Text", hour=8.4)
LATER = Item(url="https://a.example/2", title="New", text="Text with more", hour=30)
FEED = Feed(title="A <b>", link="https://a.example/", description="D", items=(OLD, NEW, LATER))


@pytest.mark.parametrize(("hour", "shown"), [(0, [OLD]), (8.3, [OLD]), (8.4, [NEW, OLD]), (30, [LATER, OLD])])
def test_items_appear_in_their_time_and_versions_replace_each_other(hour: float, shown: list[Item]) -> None:
    assert visible(FEED, hour) == shown


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_a_feed_reads_back_as_it_was_written(kind: Literal["rss", "atom"]) -> None:
    feed = Feed(title=FEED.title, link=FEED.link, description="D", items=FEED.items, format=kind)
    parsed = feedparser.parse(xml.render(feed, visible(feed, 14), MINUTE))
    assert not parsed.bozo
    assert [entry.link for entry in parsed.entries] == [NEW.url, OLD.url]
    assert parsed.entries[1].content[0].value == "<p>First.</p><p>Second &amp; last.</p>"
    times = [datetime.fromtimestamp(timegm(entry.published_parsed), UTC) for entry in parsed.entries]
    assert times == [START + timedelta(seconds=3), START - timedelta(minutes=5)]


def test_the_same_items_give_the_same_bytes() -> None:
    assert xml.render(FEED, visible(FEED, 9), MINUTE) == xml.render(FEED, visible(FEED, 29), MINUTE)


@pytest.mark.parametrize(("lasts", "shown"), [(timedelta(seconds=60), 3), (timedelta(days=7), 8.4 * 3600)])
def test_the_week_plays_at_the_speed_it_is_given(lasts: timedelta, shown: float) -> None:
    week = Week(START, lasts)
    assert week.dated(NEW) == START + timedelta(seconds=shown)
    assert week.hour(START + timedelta(seconds=shown)) == pytest.approx(NEW.hour)
    assert week.hour(START + 2 * lasts) == 336


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_week_of_no_length_is_refused(seconds: float) -> None:
    with pytest.raises(UsageError, match=r"WIREWATCH_SAMPLES_WEEK_SECONDS is .*: give 1 to 10000000"):
        week_of(SamplesSettings(week_seconds=seconds))


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
        assert any(item.hour for item in feed.items), name


def test_every_shipped_article_is_a_whole_one() -> None:
    for feed in read(SHIPPED).values():
        for item in feed.items:
            length = len(item.text) / 2 if feed.language == "zh" else len(item.text.split())
            assert 80 <= length <= 400, item.url
            assert item.url.split("/")[2].endswith(".example"), item.url


def test_the_feed_list_names_the_shipped_feeds() -> None:
    listed = (SHIPPED / "feeds.opml").read_text()
    for name in read(SHIPPED):
        assert f'xmlUrl="{COMPOSE_ADDRESS}/{name}.xml"' in listed
    assert COMPOSE_ADDRESS not in feed_list(listed, "http://127.0.0.1:1")


def test_expected_alerts_are_headlines_of_shipped_articles() -> None:
    titles = {item.title for feed in read(SHIPPED).values() for item in feed.items if item.hour}
    expected = yaml.safe_load((SHIPPED / "expected.yaml").read_text())
    assert {alert["headline"] for alert in expected} <= titles
