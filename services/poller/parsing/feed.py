"""A feed document to plain values: RSS 0.9x to 2.0, RDF and Atom by feedparser, JSON Feed and news sitemaps by us.

Runs in a worker process (feedparser is slow on hostile input and raises on some). feedparser's sanitising and link
resolving inside HTML are off: we keep text, not markup, and they take two thirds of its time.
"""

import calendar
import io
import re
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import feedparser
import msgspec

from services.poller.core import dates, jsonfeed, sitemap
from services.poller.core.articles import MAX_TEXT_CHARACTERS, bounded_guid
from services.poller.core.model import ParsedEntry, ParsedFeed
from services.poller.core.preflight import look, without_bad_references, without_doctype, without_stray_ampersands
from services.poller.core.text import from_html, looks_like_html, one_line, paragraphs, person, title_text
from services.poller.errors import BrokenDocumentError, NotAFeedError

_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_BLANK = re.compile(rb"(?:\s|\xef\xbb\xbf|\xff\xfe|\xfe\xff|\x00)*")
# What a worker hands over: a little more than an article may hold, so that the cut is seen and flagged.
MAX_TITLE_CHARACTERS: Final = 2000
MAX_BODY_CHARACTERS: Final = MAX_TEXT_CHARACTERS + 100
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# An entry's id is a name, not an address: resolving it would change it when the feed moves.
feedparser.mixin._FeedParserMixin.can_be_relative_uri.discard("id")
# A third of feedparser's time: it resolves the base of every element anew, which hardly any changes, and copies
# every element's attributes, which are strings, by walking through them.
feedparser.mixin.make_safe_absolute_uri = lru_cache(maxsize=64)(feedparser.urls.make_safe_absolute_uri)
feedparser.FeedParserDict.__deepcopy__ = lambda found, _: feedparser.FeedParserDict(found)
_SKIP = re.compile(rb"<skip(Hours|Days)>(.*?)</skip", re.DOTALL | re.IGNORECASE)
_SKIPPED = re.compile(rb"<(?:hour|day)>\s*([A-Za-z0-9]+)\s*<", re.IGNORECASE)


def parse_feed(body: bytes, *, url: str, content_type: str | None, part: int = 0) -> ParsedFeed:
    """The feed in ``body``, or part ``part`` of a very long one; ``url`` is its base.

    Raises :class:`NotAFeedError` or :class:`BrokenDocumentError`.
    """
    start = _BLANK.match(body)
    rest = body[start.end() if start else 0 :][:512]
    if not rest:
        raise NotAFeedError("the body is empty")
    if jsonfeed.looks_like_json(body):
        return jsonfeed.parse(body, part=part)
    if _HTML_START.match(rest):
        raise NotAFeedError("an HTML page where a feed was expected")
    return _xml(body, url, content_type, part)


def _xml(body: bytes, url: str, content_type: str | None, part: int) -> ParsedFeed:
    found = look(body)
    if found.root == "urlset":
        return sitemap.parse(body, part=part)
    taken, more, left_out = found.part(body, part)
    sound = without_bad_references(taken)
    document = _feedparser(sound if found.well_formed else without_stray_ampersands(sound), url, content_type)
    if not document.get("version") and not document.get("entries"):
        if found.root is None or found.root.lower() in ("html", "body", "head"):
            raise NotAFeedError("neither RSS nor Atom nor JSON Feed")
        if not dict.get(document, "feed"):
            raise NotAFeedError(f"an XML document <{found.root}> that is no feed")
    feed = _converted(document, taken, truncated=found.truncated)
    entries = feed.entries[:-1] if more else feed.entries  # the last one is the document's, and comes at the end
    return msgspec.structs.replace(feed, entries=entries, more=more, dropped=left_out)


def _feedparser(body: bytes, url: str, content_type: str | None) -> Any:
    """feedparser's reading, once more without the DOCTYPE where that made it raise."""
    headers = {"content-location": url}
    if content_type:
        headers["content-type"] = content_type
    failure: Exception | None = None
    for attempt in (body, without_doctype(body)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return feedparser.parse(
                    io.BytesIO(attempt), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
                )
        except Exception as error:  # noqa: BLE001 - feedparser lets a dozen classes escape on hostile documents
            failure = error
    raise BrokenDocumentError(f"{type(failure).__name__}: {str(failure)[:200]}")


def _converted(document: Any, body: bytes, *, truncated: bool) -> ParsedFeed:
    feed: Any = dict.get(document, "feed")
    hours, days = _skipped(body)
    kind = document.get("version") or "unknown"
    return ParsedFeed(
        format=kind,
        title=title_text(_string(feed, "title") or "") or None,
        link=_string(feed, "link"),
        language=_language(feed),
        entries=tuple(_entry(entry, feed, rss=kind.startswith("rss")) for entry in dict.get(document, "entries", ())),
        truncated=truncated,
        ttl_minutes=_number(_string(feed, "ttl")),
        update_period=_string(feed, "sy_updateperiod"),
        update_frequency=_string(feed, "sy_updatefrequency"),
        skip_hours=hours,
        skip_days=days,
        hubs=tuple(link["href"] for link in dict.get(feed, "links", ()) if link.get("rel") == "hub" and "href" in link),
        self_url=next((link.get("href") for link in dict.get(feed, "links", ()) if link.get("rel") == "self"), None),
    )


def _entry(entry: Any, feed: Any, *, rss: bool) -> ParsedEntry:
    summary, media = _string(entry, "summary"), _string(entry, "media_description")
    detail = dict.get(entry, "summary_detail") or {}
    bodies = [_body(part.get("value"), part.get("type")) for part in dict.get(entry, "content", ())]
    source = dict.get(entry, "source") or {}
    content = max(bodies, key=len, default="") or None
    # RSS 1.0 and dc:date know one date only, that of publication; feedparser calls it the update
    published = "updated" if rss and not (_raw(entry, "published") or _raw(entry, "created")) else "published"
    return ParsedEntry(
        title=_title(entry)[:MAX_TITLE_CHARACTERS],
        link=_link(entry),
        guid=bounded_guid(_string(entry, "id")),
        summary=_body(summary, detail.get("type")) or (None if content else _body(media, None) or None),
        content=content,
        authors=_authors(entry) or _authors(feed),
        published=_raw(entry, published) or _raw(entry, "created"),
        published_at=_moment(entry, published, "created"),
        updated=_raw(entry, "updated"),
        updated_at=_moment(entry, "updated"),
        source_title=one_line(_string(source, "title") or "") or None,
        source_url=_string(source, "href") or _string(source, "link"),
        language=_language(entry) or _language(feed),
    )


def _title(entry: Any) -> str:
    value = _string(entry, "title") or ""
    detail = dict.get(entry, "title_detail") or {}
    return one_line(value) if detail.get("type") == "text/plain" and "<" not in value else title_text(value)


def _link(entry: Any) -> str | None:
    """The first address a reader can follow; one that is none (``at://``, ``magnet:``) only where there is no other."""
    links = [one.get("href") for one in dict.get(entry, "links", ()) if one.get("rel") != "enclosure"]
    candidates = [_string(entry, "feedburner_origlink"), _string(entry, "link"), *links]
    found = [link for link in candidates if link]
    return next((link for link in found if link.lower().startswith(("http:", "https:"))), found[0] if found else None)


def _body(value: str | None, kind: str | None) -> str:
    if not value:
        return ""
    if kind in _HTML_TYPES or looks_like_html(value):
        return from_html(value)[:MAX_BODY_CHARACTERS]
    return paragraphs(value[: 2 * MAX_BODY_CHARACTERS])[:MAX_BODY_CHARACTERS]


def _authors(holder: Any) -> tuple[str, ...]:
    """Names of authors; an author that is only an e-mail address keeps that."""
    listed = [author for author in dict.get(holder, "authors", ()) if author]
    written = _string(holder, "author")
    if written and len(listed) < 2:  # feedparser cuts long top-level domains: read what was written
        return tuple(name for name in [person(title_text(written))] if name)
    names = [person(title_text(author.get("name") or author.get("email") or "")) for author in listed]
    return tuple(dict.fromkeys(name for name in names if name))


def _language(holder: Any) -> str | None:
    detail = dict.get(holder, "title_detail") or {}
    return _string(holder, "language") or detail.get("language") or None


def _raw(holder: Any, key: str) -> str | None:
    value = _string(holder, key)
    return one_line(value) or None if value else None


def _string(holder: Any, key: str) -> str | None:
    """A value as feedparser stored it: its own lookup answers ``updated`` with ``published`` and the like."""
    value = dict.get(holder, key)
    return value if isinstance(value, str) and value else None


def _moment(entry: Any, *keys: str) -> datetime | None:
    """The moment that the first of the dates ``keys`` names that the entry has."""
    raw = next((found for key in keys if (found := _raw(entry, key))), None)
    return dates.moment_of(raw, lambda: _seconds(entry, keys))


def _seconds(entry: Any, keys: Sequence[str]) -> float | None:
    """What feedparser makes of a date that we cannot read."""
    parsed = next((found for key in keys if (found := dict.get(entry, f"{key}_parsed"))), None)
    if parsed is None:
        return None
    try:
        return float(calendar.timegm(parsed))
    except (ValueError, OverflowError, TypeError):
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _skipped(body: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """``skipHours`` and ``skipDays`` (Monday is 0), which feedparser does not read."""
    hours: set[int] = set()
    days: set[int] = set()
    readers: dict[bytes, Callable[[str], None]] = {
        b"hours": lambda text: hours.add(int(text) % 24) if text.isdigit() and len(text) < 3 else None,
        b"days": lambda text: days.add(_DAYS.index(text)) if text in _DAYS else None,
    }
    for match in _SKIP.finditer(body[:65_536]):
        for value in _SKIPPED.finditer(match[2]):
            readers[match[1].lower()](value[1].decode("ascii").lower())
    return tuple(sorted(hours)), tuple(sorted(days))
