"""The elements of plain feeds that are read: what feedparser's handlers make of each, one function an element.

For ``plainxml.py``, which calls them where an element begins. Each either says what is to be done with its text where
it ends, or raises :class:`NotPlainError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from xml.parsers import expat

from feedparser.urls import _urljoin, make_safe_absolute_uri

from services.poller.edges import plainwords as words
from services.poller.edges.plainwords import NotPlainError, attributes_of, kind_of, repaired

# An address that joining and repairing leave as it is.
_SIMPLE = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?/[\w/.~%+,:@!$*=-]*(?:\?[\w/.~%+,:@!$&*=-]+)?", re.ASCII)
_LOOSE_REFERENCE = re.compile("&([A-Za-z0-9_]+);")


class Holder:
    """What was found of the feed or of an entry, as feedparser calls it, and what its handlers remember."""

    __slots__ = ("found", "has_content", "person", "summary_depth")

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.has_content = False
        self.summary_depth: int | None = None
        self.person: dict[str, str] = {}


class Reading:
    """Where a reading stands. ``depth`` counts open elements; those of a feed stand at ``level`` + 1."""

    def __init__(self, url: str) -> None:
        self.base: str = make_safe_absolute_uri(url, url) or url
        self.parser = expat.ParserCreate("utf-8", " ")
        self.depth = 0
        self.level = 1  # 2 in RSS, where a channel is around what belongs to the feed
        self.atom = False
        self.language: str | None = None
        self.feed = Holder()
        self.entry: Holder | None = None
        self.leaf = 0  # the depth of each of these while it is open; an element within a leaf is not plain
        self.picture = 0
        self.author = 0
        self.contributor = 0
        self.ending: Callable[[str], None] | None = None
        self.text: list[str] = []

    def around(self) -> Holder:
        """What the element that begins belongs to."""
        return self.feed if self.entry is None else self.entry

    def holder(self) -> Holder:
        """What the element that begins belongs to; it has to stand directly in it."""
        if self.depth != (self.level + 1 if self.entry is None else self.level + 2):
            raise NotPlainError
        return self.around()

    def take(self, ending: Callable[[str], None]) -> None:
        """Have ``ending`` called with the text of the element that begins, where it ends."""
        self.leaf = self.depth
        self.ending = ending
        self.text = []
        self.parser.CharacterDataHandler = self.text.append

    def absolute(self, link: str) -> str:
        """``link`` against the document's address, as feedparser joins them."""
        return link if _SIMPLE.fullmatch(link) else str(_urljoin(self.base, link))

    def guessed(self, kind: str, text: str) -> str:
        """The type of a text; Atom says it, for RSS it is guessed."""
        return kind if self.atom else words.guessed(kind, text)


def _open_entry(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    if reading.depth != reading.level + 1 or reading.entry is not None or (tag == "entry") is not reading.atom:
        raise NotPlainError
    if attributes and not words.OF_ENTRIES.isdisjoint(attributes_of(attributes)):
        raise NotPlainError
    reading.entry = Holder()


def _open_picture(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    if attributes or reading.entry is not None or reading.atom or reading.depth != reading.level + 1:
        raise NotPlainError
    reading.picture = reading.depth


def _open_unread(reading: Reading, _: str, __: dict[str, str]) -> None:
    reading.leaf = reading.depth


def _open_title(reading: Reading, _: str, attributes: dict[str, str]) -> None:
    holder = reading.holder()
    kind = kind_of(attributes, "text/plain")
    if "title" in holder.found or (
        attributes and (not reading.atom or len(attributes) > 1 or "type" not in attributes)
    ):
        raise NotPlainError

    def ending(text: str) -> None:
        holder.found["title"] = repaired(text)
        holder.found["title_detail"] = {"type": reading.guessed(kind, text), "language": reading.language}

    reading.take(ending)


def _open_other_title(reading: Reading, _: str, __: dict[str, str]) -> None:
    """A picture's title, which counts only where the entry has none before it."""
    holder = reading.entry
    if holder is None or not holder.found.get("title") or "source" in holder.found:
        raise NotPlainError
    reading.leaf = reading.depth


def _open_link(reading: Reading, _: str, attributes: dict[str, str]) -> None:
    holder = reading.holder()
    links = holder.found.setdefault("links", [])
    if attributes:
        _linked(reading, holder, attributes_of(attributes), links)
        return
    if reading.atom:
        raise NotPlainError
    links.append({"rel": "alternate"})
    in_entry = reading.entry is not None

    def ending(text: str) -> None:
        link = repaired(reading.absolute(text) if text else text)
        if "&" in link:
            link = _LOOSE_REFERENCE.sub(r"&\1", link.replace("&amp;", "&") if in_entry else link)
        holder.found["link"] = link
        if link or not in_entry:
            links[-1]["href"] = link

    reading.take(ending)


def _linked(reading: Reading, holder: Holder, given: dict[str, str], links: list[dict[str, str]]) -> None:
    if "href" not in given or not given.keys().isdisjoint(("url", "uri", "base", "xml:base")):
        raise NotPlainError
    rel, href = given.get("rel", "alternate").lower(), reading.absolute(given["href"])
    links.append({"rel": rel, "href": href})
    if rel == "alternate" and given.get("type", "text/html").lower() in words.HTML_TYPES:
        holder.found["link"] = href
    reading.leaf = reading.depth


def _open_id(reading: Reading, _: str, attributes: dict[str, str]) -> None:
    holder = reading.holder()
    given = attributes_of(attributes) if attributes else {}
    if not given.keys() <= {"ispermalink"}:
        raise NotPlainError
    is_link = given.get("ispermalink", "true") == "true"

    def ending(text: str) -> None:
        holder.found["id"] = text = repaired(text)
        if is_link:
            holder.found.setdefault("link", text)

    reading.take(ending)


def _open_summary(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    """A description. A second one is content to feedparser, where the entry has no content yet."""
    holder = reading.around()
    if tag != "media:description" and reading.depth != (reading.level + (1 if reading.entry is None else 2)):
        raise NotPlainError
    if reading.entry is None:
        kind_of(attributes, "text/plain")
        if reading.feed.has_content:  # a description after a summary has consequences for the first entry
            raise NotPlainError
        reading.feed.has_content = tag in words.SUMMARIES
        reading.leaf = reading.depth  # what a feed says of itself is not read
        return
    if "summary" in holder.found and not holder.has_content:
        _open_content(reading, tag, attributes)
        return
    kind = kind_of(attributes, "text/plain" if tag in words.SUMMARIES else "text/html")
    depth = reading.depth

    def ending(text: str) -> None:
        if holder.summary_depth is None or depth <= holder.summary_depth:
            holder.summary_depth = depth
            holder.found["summary"] = repaired(text)
        holder.found["summary_detail"] = {"type": reading.guessed(kind, text)}

    reading.take(ending)


def _open_content(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    holder = reading.entry
    if holder is None or (tag == "content" and not reading.atom):
        raise NotPlainError
    if tag in ("content", "content:encoded"):
        reading.holder()
    kind = kind_of(attributes, "text/html" if tag == "content:encoded" else "text/plain")
    holder.has_content = True

    def ending(text: str) -> None:
        value = repaired(text)
        holder.found.setdefault("content", []).append({"type": reading.guessed(kind, text), "value": value})
        holder.found.setdefault("summary", value)

    reading.take(ending)


def _open_kept(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    """A date, or what the document asks of its readers."""
    holder = reading.holder()
    if attributes:
        raise NotPlainError
    key = "published" if tag in words.PUBLISHED else "updated" if tag in words.UPDATED else tag.replace(":", "_")

    def ending(text: str) -> None:
        holder.found[key] = repaired(text)

    reading.take(ending)


def _open_language(reading: Reading, _: str, attributes: dict[str, str]) -> None:
    if reading.entry is not None or reading.atom:
        raise NotPlainError
    _open_kept(reading, "language", attributes)


def _open_source(reading: Reading, _: str, attributes: dict[str, str]) -> None:
    holder = reading.holder()
    given = attributes_of(attributes) if attributes else {}
    if reading.atom or reading.entry is None or "source" in holder.found or not given.keys() <= {"url"}:
        raise NotPlainError
    holder.found["source"] = source = {"href": given["url"]} if given else {}

    def ending(text: str) -> None:
        if text:
            source["title"] = repaired(text)

    reading.take(ending)


def _open_author(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    holder = reading.holder()
    if attributes or "authors" in holder.found:
        raise NotPlainError
    holder.found["authors"] = []
    if reading.atom and tag == "author":
        reading.author = reading.depth
        holder.person = {}
        reading.parser.CharacterDataHandler = words.must_be_blank
        return

    def ending(text: str) -> None:
        holder.found["author"] = repaired(text)

    reading.take(ending)


def _open_contributor(reading: Reading, _: str, attributes: dict[str, str]) -> None:
    reading.holder()
    if attributes or not reading.atom:
        raise NotPlainError
    reading.contributor = reading.depth


def _open_part(reading: Reading, tag: str, attributes: dict[str, str]) -> None:
    """A part of a person: name, mail address or address."""
    if attributes:
        raise NotPlainError
    if reading.contributor:
        reading.leaf = reading.depth
        return
    if not reading.author or reading.depth != reading.author + 1:
        raise NotPlainError
    person = reading.around().person

    def ending(text: str) -> None:
        person[tag] = text
        reading.parser.CharacterDataHandler = words.must_be_blank

    reading.take(ending)


Opener = Callable[[Reading, str, dict[str, str]], None]

OPENERS: Final[dict[str, Opener]] = {
    **dict.fromkeys(("item", "entry"), _open_entry),
    **dict.fromkeys(("guid", "id"), _open_id),
    **dict.fromkeys(words.PUBLISHED | words.UPDATED | words.KEPT, _open_kept),
    **dict.fromkeys(words.AUTHORS, _open_author),
    **dict.fromkeys(("name", "email", "uri"), _open_part),
    **dict.fromkeys(words.SUMMARIES | words.DESCRIPTIONS, _open_summary),
    **dict.fromkeys(("content", "content:encoded"), _open_content),
    **dict.fromkeys(words.UNREAD_TEXTS, _open_unread),
    "title": _open_title,
    "media:title": _open_other_title,
    "link": _open_link,
    "image": _open_picture,
    "language": _open_language,
    "dc:language": _open_language,
    "source": _open_source,
    "contributor": _open_contributor,
}
