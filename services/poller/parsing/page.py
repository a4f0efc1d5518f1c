"""The story of an article page, by trafilatura in its fast mode and without its metadata (the feed has that).

Runs in a worker process: pages with a hundred thousand elements hang every extractor.
"""

import re
from html import unescape
from typing import Final

import trafilatura
from trafilatura.utils import load_html

from services.poller.core.canonical import absolute
from services.poller.core.model import ExtractedPage
from services.poller.core.text import plain
from services.poller.errors import BrokenDocumentError

MAX_PAGE_BYTES: Final = 3_000_000
MAX_ELEMENTS: Final = 60_000
MAX_ATTRIBUTES_IN_TAG: Final = 20_000  # characters between "<" and ">"
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{%d}" % MAX_ATTRIBUTES_IN_TAG)
_HEAD_BYTES: Final = 200_000
_LINK = re.compile(r"<link\b[^>]{0,2000}>", re.IGNORECASE)
_META = re.compile(r"<meta\b[^>]{0,2000}>", re.IGNORECASE)
_CANONICAL = re.compile(r"""\brel\s*=\s*["']?canonical\b""", re.IGNORECASE)
_OG_URL = re.compile(r"""\bproperty\s*=\s*["']?og:url\b""", re.IGNORECASE)
_HREF = re.compile(r"""\b(?:href|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


def extract_page(body: bytes, *, url: str, content_type: str | None) -> ExtractedPage:
    """Text and canonical address of the page. Raises :class:`BrokenDocumentError` for a page of no sane shape."""
    refuse_insane(body)
    tree = load_html(body)
    if tree is None:
        return ExtractedPage(url=url, canonical=canonical_link(body, url))
    text = trafilatura.extract(
        tree, fast=True, include_comments=False, include_tables=False, with_metadata=False, deduplicate=False
    )
    return ExtractedPage(text=plain(text or "").strip(), url=url, canonical=canonical_link(body, url))


def refuse_insane(body: bytes) -> None:
    """Raise :class:`BrokenDocumentError` for a page that would cost too much to read."""
    if len(body) > MAX_PAGE_BYTES:
        raise BrokenDocumentError(f"a page of more than {MAX_PAGE_BYTES} bytes")
    if body.count(b"<") > 2 * MAX_ELEMENTS:
        raise BrokenDocumentError(f"a page of more than {MAX_ELEMENTS} elements")
    if _LONG_TAG.search(body):
        raise BrokenDocumentError("a page with a tag of thousands of attributes")


def canonical_link(body: bytes, url: str) -> str | None:
    """What the page calls its own address: link rel=canonical, else og:url."""
    head = body[:_HEAD_BYTES].decode("utf-8", "replace")
    for tags, marked in ((_LINK, _CANONICAL), (_META, _OG_URL)):
        for tag in tags.findall(head):
            value = _HREF.search(tag) if marked.search(tag) else None
            if value:
                return absolute(url, unescape(next(group for group in value.groups() if group is not None)))
    return None
