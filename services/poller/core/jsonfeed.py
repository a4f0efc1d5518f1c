"""JSON Feed (jsonfeed.org, versions 1 and 1.1). Lenient as readers are: an id may be a number, a date may be absent."""

from typing import Any, Final

import msgspec

from services.poller.core import dates
from services.poller.core.articles import MAX_TEXT_CHARACTERS, bounded_guid
from services.poller.core.model import ParsedEntry, ParsedFeed
from services.poller.core.preflight import part_of
from services.poller.core.text import from_html, one_line, paragraphs, plain
from services.poller.errors import NotAFeedError

MAX_TITLE_CHARACTERS: Final = 2000
MAX_BODY_CHARACTERS: Final = MAX_TEXT_CHARACTERS + 100


def looks_like_json(body: bytes) -> bool:
    """Whether the first character opens an object."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def parse(body: bytes, *, part: int = 0) -> ParsedFeed:
    """The feed in ``body``. Raises :class:`NotAFeedError`."""
    try:
        document = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotAFeedError(f"not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotAFeedError("a JSON document without a list of items")
    items = [item for item in document["items"] if isinstance(item, dict)]
    feed_authors = _authors(document)
    kept, more, left_out = part_of(items, part)
    return ParsedFeed(
        format="json",
        title=_line(document.get("title")),
        link=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
        entries=tuple(_entry(item, feed_authors, document) for item in kept),
        more=more,
        dropped=left_out,
        hubs=tuple(url for hub in _dicts(document.get("hubs")) if (url := _text(hub.get("url")))),
        self_url=_text(document.get("feed_url")),
    )


def _entry(item: dict[str, Any], feed_authors: tuple[str, ...], document: dict[str, Any]) -> ParsedEntry:
    markup, text = _text(item.get("content_html")), _text(item.get("content_text"))
    published, updated = _text(item.get("date_published")), _text(item.get("date_modified"))
    return ParsedEntry(
        title=(_line(item.get("title")) or "")[:MAX_TITLE_CHARACTERS],
        link=_text(item.get("url")) or _text(item.get("external_url")),
        guid=bounded_guid(_text(item.get("id"))),
        summary=plain(_text(item.get("summary")) or "").strip() or None,
        content=(from_html(markup) if markup else paragraphs(text or ""))[:MAX_BODY_CHARACTERS] or None,
        authors=_authors(item) or feed_authors,
        published=published,
        published_at=dates.parse(published),
        updated=updated,
        updated_at=dates.parse(updated),
        language=_text(item.get("language")) or _text(document.get("language")),
    )


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    listed = [*_dicts(holder.get("authors")), *_dicts([holder.get("author")])]
    return tuple(dict.fromkeys(name for author in listed if (name := _line(author.get("name")))))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str | int | float):
        return str(value) or None
    return None


def _line(value: object) -> str | None:
    text = _text(value)
    return one_line(text) or None if text else None
