"""A page that lists releases, as a feed: for bodies that publish no feed.

An item is the largest part of the page with the links to one article and no other. Without a rule of the operator's an
item needs a date of its own, which the links of menus have not. Runs in a worker process.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree
from trafilatura.utils import load_html

from services.poller.core import dates
from services.poller.core.canonical import absolute, host_of
from services.poller.core.model import ParsedEntry, ParsedFeed
from services.poller.core.outlet import bare
from services.poller.core.text import one_line
from services.poller.errors import NotAFeedError
from services.poller.parsing.page import refuse_insane

MAX_LINKS: Final = 200  # of a page: lists of releases show 10 to 50
_LEAST_TITLE: Final = 15  # characters: "Read more" is none
_MOST_TITLE: Final = 2000
_READ_FOR_DATE: Final = 2000  # characters of an item
_MOST_LEVELS: Final = 6  # an item is seldom deeper
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}} {_MONTH} \d{{4}}\b|\b{_MONTH} \d{{1,2}}, ?\d{{4}}\b"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b",
    re.IGNORECASE,
)


def parse_listing(body: bytes, *, url: str, items: str | None) -> ParsedFeed:
    """The releases that the page at ``url`` lists. ``items`` is an XPath of the items, None to find them by dates.

    Raises :class:`NotAFeedError` where there are none, :class:`BrokenDocumentError` for a page of no sane shape.
    """
    refuse_insane(body)
    tree = load_html(body)
    if tree is None:
        raise NotAFeedError("a page without any markup")
    found: dict[str, ParsedEntry] = {}
    dropped = 0
    for item in tree.xpath(items) if items else _items(tree, url):
        entry = _entry(item, url, dated=items is None) if etree.iselement(item) else None
        if entry is None or not entry.link or entry.link in found:
            continue
        if len(found) < MAX_LINKS:
            found[entry.link] = entry
        else:
            dropped += 1
    if not found:
        raise NotAFeedError("a page without a list of dated links; give wirewatchItems" if not items else "no item")
    title = one_line(tree.findtext(".//title") or "")
    return ParsedFeed(format="page", title=title or None, link=url, entries=tuple(found.values()), dropped=dropped)


def _items(tree: Any, url: str) -> Iterator[Any]:
    """For each link the largest element around it that has no link to another article."""
    for link in tree.iter("a"):
        target = _target(link, url)
        if target is None:
            continue
        item = link
        for around in list(link.iterancestors())[:_MOST_LEVELS]:
            others = (_target(other, url) for other in around.iter("a"))
            if any(other not in (None, target) for other in others):
                break
            item = around
        yield item


def _entry(item: Any, url: str, *, dated: bool) -> ParsedEntry | None:
    links = [item] if item.tag == "a" else item.iter("a")
    named = [(target, link) for link in links if (target := _target(link, url))]
    if not named:
        return None
    headings = [_text(part) for part in item.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    title = next(filter(None, headings), "") or max((_text(link) for _, link in named), key=len)
    published = _published(item)
    if (dated and published is None) or len(title) < _LEAST_TITLE:
        return None
    return ParsedEntry(
        title=title[:_MOST_TITLE], link=named[0][0], published=published, published_at=dates.parse(published)
    )


def _target(link: Any, url: str) -> str | None:
    """The address of an article of the same site, without its fragment; None for any other link."""
    target = absolute(url, link.get("href"))
    if target is None or urlsplit(target).scheme not in ("http", "https"):
        return None
    target, page = target.partition("#")[0], url.partition("#")[0]
    mine, theirs = (bare(host_of(address) or "") for address in (page, target))
    ours = mine == theirs or theirs.endswith(f".{mine}") or mine.endswith(f".{theirs}")
    return target if ours and theirs and target.rstrip("/") != page.rstrip("/") else None


def _published(item: Any) -> str | None:
    """The date that the item names: of its <time>, else the first in its text."""
    for time in item.iter("time"):
        stated = time.get("datetime") or _text(time)
        if dates.parse(stated):
            return one_line(stated)
    written = _DATE.search(_text(item)[:_READ_FOR_DATE])
    if written is None:
        return None
    text = written[0].replace(".", "") if written[0][0].isalpha() else written[0]
    return next((form for form in (text, f"{text} 00:00:00") if dates.parse(form)), None)


def _text(element: Any) -> str:
    return one_line(" ".join(element.itertext()))
