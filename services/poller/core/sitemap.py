"""News sitemaps (sitemaps.org with Google's news namespace): an address, a title and a date for each article."""

from typing import Final
from xml.etree import ElementTree

from services.poller.core import dates
from services.poller.core.model import ParsedEntry, ParsedFeed
from services.poller.core.preflight import part_of
from services.poller.core.text import one_line
from services.poller.errors import BrokenDocumentError

_SITE: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_NEWS: Final = "{http://www.google.com/schemas/sitemap-news/0.9}"


def parse(body: bytes, *, part: int = 0) -> ParsedFeed:
    """The articles of a news sitemap; addresses without a title are no news and are passed over.

    Raises :class:`BrokenDocumentError`. The document has passed :func:`services.poller.core.preflight.look`.
    """
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - depth, attributes and entities have been looked at
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BrokenDocumentError(f"a sitemap that is not well-formed: {error}") from None
    entries = [entry for url in root.iter(f"{_SITE}url") if (entry := _entry(url)) is not None]
    names = {name for name in (_text(url, f".//{_NEWS}publication/{_NEWS}name") for url in root) if name}
    kept, more, left_out = part_of(entries, part)
    return ParsedFeed(
        format="sitemap",
        title=names.pop() if len(names) == 1 else None,
        entries=tuple(kept),
        more=more,
        dropped=left_out,
    )


def _entry(url: ElementTree.Element) -> ParsedEntry | None:
    news = url.find(f"{_NEWS}news")
    link, title = _text(url, f"{_SITE}loc"), _text(news, f"{_NEWS}title") if news is not None else None
    if news is None or not link or not title:
        return None
    published, updated = _text(news, f"{_NEWS}publication_date"), _text(url, f"{_SITE}lastmod")
    return ParsedEntry(
        title=title,
        link=link,
        published=published,
        published_at=dates.parse(published),
        updated=updated,
        updated_at=dates.parse(updated),
        language=_text(news, f"{_NEWS}publication/{_NEWS}language"),
    )


def _text(element: ElementTree.Element, path: str) -> str | None:
    return one_line(element.findtext(path) or "") or None
