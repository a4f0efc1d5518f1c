"""The words of plain feeds: what feedparser calls things, what it does to a text, and what may be passed over.

For ``plainxml.py``. The tables are feedparser's own where it has them, so a newer version is followed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import Final

from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin
from feedparser.util import FeedParserDict

ATOM: Final = "http://www.w3.org/2005/atom"
VERSIONS: Final = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
HTML_TYPES: Final = frozenset({"text/html", "html", "xhtml", "application/xhtml+xml"})
PUBLISHED: Final = frozenset({"published", "issued", "pubdate"})
UPDATED: Final = frozenset({"updated", "modified", "lastbuilddate", "dc:date"})
AUTHORS: Final = frozenset({"author", "managingeditor", "dc:creator", "dc:author", "itunes:author"})
SUMMARIES: Final = frozenset({"summary", "itunes:summary"})  # plain text where nothing is said
DESCRIPTIONS: Final = frozenset({"description", "media:description", "dc:description"})  # HTML then
KEPT: Final = frozenset({"ttl", "sy:updateperiod", "sy:updatefrequency", "feedburner:origlink"})
PICTURE: Final = frozenset("url title link description width height".split())  # of a channel
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# Attributes that say something of an entry; one of a namespace by its name and by its usual prefix.
OF_ENTRIES: Final = frozenset(
    {"lastmod", "href", "base", "xml:base", "lang", "xml:lang", "rdf:about", f"{_RDF} about rdf"}
)
# Texts that nobody reads here; an element within would be markup of theirs.
UNREAD_TEXTS: Final = frozenset(
    "rights copyright subtitle tagline info feedburner:browserfriendly itunes:subtitle dc:rights".split()
)

_NAMESPACES: Final = {uri.lower(): prefix for uri, prefix in _FeedParserMixin.namespaces.items()}
_OTHER_FORMATS: Final = frozenset({"http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"})
_USERLAND: Final = "backend.userland.com/rss"  # feedparser takes every namespace with this in it for none
# Prefixes that mean something, whatever namespace a document gives them: feedparser goes by the prefix then.
_PREFIXES: Final = frozenset(
    prefix
    for prefix in _NAMESPACES.values()
    if prefix in ("sy", "feedburner") or any(name.startswith(f"_start_{prefix}_") for name in dir(_FeedParserMixin))
)
# What feedxml.py reads; an element that feedparser would keep under one of these names is not passed over.
_READ: Final = frozenset(
    "title title_detail link links id guidislink summary summary_detail content author authors author_detail published "
    "published_parsed created created_parsed updated updated_parsed source language media_description "
    "feedburner_origlink ttl sy_updateperiod sy_updatefrequency".split()
)
# What feedparser has a handler for, but keeps under no name of these.
_PASSED_OVER: Final = frozenset(
    "category comments enclosure docs cloud rating generator webmaster icon logo keywords "
    "media:content media:thumbnail media:credit media:category media:keywords media:group media:rating "
    "media:restriction media:license media:player itunes:image itunes:category itunes:keywords itunes:block "
    "itunes:explicit dc:subject dc:publisher".split()
)
_KINDS: Final = dict.fromkeys(("text", "plain", "text/plain"), "text/plain") | dict.fromkeys(
    ("html", "text/html"), "text/html"
)
_XML_ATTRIBUTES: Final = {
    f"http://www.w3.org/XML/1998/namespace {name} xml": f"xml:{name}" for name in ("lang", "base")
}
_LEFT_ALONE = re.compile(rb"<![DE]|<!doctype|\0")  # declarations, and two bytes a character
_DECLARED = re.compile(rb"^<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]*)[\"'][^>]*\?>")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]*)", re.IGNORECASE)
_UTF_8: Final = frozenset({"utf-8", "utf8"})
_ASCII_TOO: Final = _UTF_8 | {"", "us-ascii", "ascii", "iso-8859-1", "windows-1252"}


class NotPlainError(Exception):
    """Something that is left to feedparser."""


def decoded(body: bytes, content_type: str | None) -> bytes:
    """The document in UTF-8, where all agree that it is. Raises :class:`NotPlainError`."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(body)
    named = _CHARSET.search(content_type or "")
    of_document = declared[1].decode("ascii").lower() if declared else ""
    of_header = named[1].lower() if named else ""
    if body.isascii():
        agreed = of_document in _ASCII_TOO and of_header in _ASCII_TOO
    else:
        agreed = (of_header or of_document) in _UTF_8 and (of_document or "utf-8") in _UTF_8
    if not agreed or _LEFT_ALONE.search(body):
        raise NotPlainError
    return body


def check_namespace(prefix: str | None, uri: str) -> None:
    """Raise for a namespace that makes another format of the document, or another word of a prefix. Lower case."""
    known = _NAMESPACES.get(uri)
    if uri in _OTHER_FORMATS or (known is None and _USERLAND in uri) or (prefix in _PREFIXES and known != prefix):
        raise NotPlainError


def names(space: str, local: str, prefixes: Iterable[str]) -> list[str]:
    """What feedparser may call an element, in lower case; ``prefixes`` are those declared for its namespace so far."""
    known = _NAMESPACES.get(space)
    if known is None:
        return [f"{prefix}:{local}" for prefix in prefixes] or [local]
    return [f"{known}:{local}" if known else local]


def check_passed_over(tag: str) -> None:
    """Raise where an element that nobody reads here changes what is read of others."""
    if tag in _PASSED_OVER:
        return
    name = tag.replace(":", "_")
    handled = hasattr(_FeedParserMixin, f"_start_{name}") or hasattr(_FeedParserMixin, f"_end_{name}")
    keys = FeedParserDict.keymap.get(name, name)
    if handled or not _READ.isdisjoint([keys] if isinstance(keys, str) else keys):
        raise NotPlainError


def attributes_of(attributes: dict[str, str]) -> dict[str, str]:
    """Attributes by the name feedparser knows; one of a namespace other than XML's keeps all of its name."""
    return {_XML_ATTRIBUTES.get(name) or name.lower(): value for name, value in attributes.items()}


def kind_of(attributes: dict[str, str], default: str) -> str:
    """The type of a text. Raises for what is neither plain text nor HTML."""
    if not attributes:
        return default
    given = attributes_of(attributes)
    kind = _KINDS.get(given.get("type", default).lower())
    if kind is None or not given.keys() <= {"type", "xml:lang", "xml:base"}:
        raise NotPlainError
    return kind


def guessed(kind: str, text: str) -> str:
    """The type that feedparser settles on for a text of RSS, which does not say whether it is markup."""
    if kind == "text/plain" and ("<" in text or "&" in text):
        return "text/html" if _FeedParserMixin.looks_like_html(text) else kind
    return kind


def repaired(text: str) -> str:
    """What feedparser does to every text: UTF-8 that was taken for Latin-1, and Windows' own characters."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252)


def must_be_blank(text: str) -> None:
    """Raise for text where an element has none."""
    if text.strip():
        raise NotPlainError
