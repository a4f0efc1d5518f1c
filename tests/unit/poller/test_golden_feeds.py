"""Feeds with what is expected of them: ``tests/golden/feeds``. Each file's first line says what it shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.contracts import codec
from services.poller.core.articles import article_of, items_of
from services.poller.edges import publishers
from services.poller.parsing.feed import parse_feed
from tests.support.clock import START
from tests.support.poller import a_feed

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "feeds"
FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix in (".xml", ".feed"))


def read(path: Path) -> list[dict[str, Any]]:
    """The articles of a file, as they stand on the topic."""
    config = a_feed("https://golden.example/feed")
    feed = parse_feed(path.read_bytes(), url=config.url, content_type=None)
    return [
        json.loads(
            codec.encode(
                article_of(
                    item,
                    config=config,
                    feed=feed,
                    publishers=publishers.load(),
                    fetched_at=START,
                    first_seen_at=START,
                    backfill=False,
                    language=None,
                )
            )
        )
        for item in items_of(feed, feed_id=config.id, base=config.url)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_feed_gives_what_is_expected_of_it(path: Path) -> None:
    expected = json.loads(GOLDEN.joinpath(path.name.partition(".")[0] + ".json").read_text("utf-8"))
    articles = read(path)
    assert [
        {key: article[key] for key in wanted} for wanted, article in zip(expected, articles, strict=True)
    ] == expected
    assert len({article["id"] for article in articles}) == len(articles)


def test_there_are_golden_feeds() -> None:
    assert len(FILES) >= 7


def test_a_future_date_is_the_time_of_fetching() -> None:
    second = read(GOLDEN / "rss20_aggregator.xml")[1]
    assert datetime.fromisoformat(second["published_at"]) == START.astimezone(UTC)
