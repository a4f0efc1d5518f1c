"""Sample feeds as files, and which of their items are visible at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from services.samples.errors import SampleFileError

NonNegative = Annotated[float, Meta(ge=0)]


class Credit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The RSS ``<source>`` of an item: whose text it is."""

    title: str
    url: str


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of one article.

    It appears ``after_seconds`` after the first GET of its feed, and is dated ``minutes_ago`` before that moment.
    An item with the ``url`` of an earlier one is a new version of it and takes its place.
    ``text`` has one paragraph a line, with blank lines between.
    """

    url: str
    title: str
    text: str
    after_seconds: NonNegative = 0
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


def read(folder: Path) -> dict[str, Feed]:
    """Every ``*.yaml`` of ``folder`` by its name without the ending. Raises :class:`SampleFileError`."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != "expected.yaml")
    if not paths:
        raise SampleFileError(folder, "the folder holds no .yaml file")
    return {path.stem: _read_one(path) for path in paths}


def visible(feed: Feed, elapsed_seconds: float) -> list[Item]:
    """The items shown ``elapsed_seconds`` after the first GET, newest first, one version of each URL."""
    latest: dict[str, Item] = {}
    for item in sorted(feed.items, key=lambda item: item.after_seconds):
        if item.after_seconds <= elapsed_seconds:
            latest[item.url] = item
    return sorted(latest.values(), key=age_seconds)


def age_seconds(item: Item) -> float:
    """How long before the first GET an item is dated; negative for one that appears later."""
    return item.minutes_ago * 60 - item.after_seconds


def feed_list(template: str, served_at: str) -> str:
    """The OPML of ``seeds/samples`` with the address the feeds are really served at, without a slash at its end."""
    return template.replace(COMPOSE_ADDRESS, served_at)


COMPOSE_ADDRESS = "http://samples:8080"


def _read_one(path: Path) -> Feed:
    try:
        document: Mapping[str, object] = yaml.safe_load(path.read_bytes())
        return msgspec.convert(document, Feed)
    except OSError as error:
        raise SampleFileError(path, str(error.strerror)) from None
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise SampleFileError(path, " ".join(str(error).split())) from None
