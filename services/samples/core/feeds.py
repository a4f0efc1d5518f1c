"""Sample feeds as files, and which of their items are visible at which hour of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

NonNegative = Annotated[float, Meta(ge=0)]
Hour = Annotated[float, Meta(ge=0, lt=168)]


@dataclass(frozen=True, slots=True)
class Week:
    """The week of the samples as one feed plays it: from its first GET, in the time that it is given."""

    began: datetime
    lasts: timedelta

    def hour(self, now: datetime) -> float:
        """The hour of the week; beyond 168 once it is over."""
        return (now - self.began) / self.lasts * 168

    def dated(self, item: Item) -> datetime:
        """When an item says it was published: when it appears, in whole seconds, as RFC 822 writes it."""
        shown = self.began + self.lasts * (item.hour / 168)
        return (shown - timedelta(minutes=item.minutes_ago)).replace(microsecond=0)


class Credit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The RSS ``<source>`` of an item: whose text it is."""

    title: str
    url: str


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of one article.

    It appears in the given ``hour`` of the week, which begins with the first GET of its feed. With hour 0 it is there
    from the beginning, dated ``minutes_ago``.
    An item with the ``url`` of an earlier one is a new version of it and takes its place.
    ``text`` has one paragraph a line, with blank lines between.
    """

    url: str
    title: str
    text: str
    hour: Hour = 0
    minutes_ago: NonNegative = 0
    summary: str | None = None
    author: str | None = None
    credit: Credit | None = None

    @property
    def paragraphs(self) -> list[str]:
        return [" ".join(block.split()) for block in self.text.split("\n\n") if block.strip()]


class Feed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One outlet's feed."""

    title: str
    link: str
    description: str
    items: tuple[Item, ...]
    format: Literal["rss", "atom"] = "rss"
    language: str = "en"


def visible(feed: Feed, hour: float) -> list[Item]:
    """The items shown in this hour of the week, newest first, one version of each URL."""
    latest: dict[str, Item] = {}
    for item in sorted(feed.items, key=lambda item: item.hour):
        if item.hour <= hour:
            latest[item.url] = item
    return sorted(latest.values(), key=lambda item: (-item.hour, item.minutes_ago))


def feed_list(template: str, served_at: str) -> str:
    """The OPML of ``seeds/samples`` with the address the feeds are really served at, without a slash at its end."""
    return template.replace(COMPOSE_ADDRESS, served_at)


COMPOSE_ADDRESS = "http://samples:8080"
