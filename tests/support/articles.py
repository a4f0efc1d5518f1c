"""Builders: a valid message with only what a test cares about spelled out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.contracts import ids
from services.contracts.messages import Article, FeedRef
from tests.support.clock import START

FEED_URL = "https://news.example/feed.xml"


def an_article(
    *,
    title: str = "Two navies meet off the cape",
    text: str = "Two navies met off the cape on Tuesday, officials said, and sailed on without a word.",
    url: str | None = "https://news.example/two-navies",
    outlet: str = "news.example",
    seen: datetime = START,
    **more: Any,
) -> Article:
    """An article that a poller could have published."""
    feed = FeedRef(id=ids.feed_id(FEED_URL), url=FEED_URL, title="News Example")
    values: dict[str, Any] = {
        "id": ids.article_id(canonical_url=url, feed=feed.id, guid=None, title=title),
        "feed": feed,
        "outlet": outlet,
        "family": outlet,
        "title": title,
        "text": text,
        "text_source": "feed",
        "first_seen_at": seen,
        "fetched_at": seen,
        "content_hash": ids.content_hash(title, text),
        "url": url,
        "canonical_url": url,
        "language": "en",
        "published_at": seen,
    }
    return Article(**(values | more))
