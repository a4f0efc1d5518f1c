"""The values the poller works with. Structs cross a process or Redis; dataclasses stay inside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

from services.contracts.messages import Tier
from services.poller.status import Outcome

FullText = Literal["auto", "always", "never"]
FULL_TEXT: tuple[FullText, ...] = get_args(FullText)


class FeedConfig(Struct, frozen=True, kw_only=True):
    """A feed as the operator listed it. ``id`` is :func:`services.contracts.ids.feed_id` of ``url``.

    ``interval_seconds`` is the operator's word and overrides every hint of the publisher; ``tier`` bounds what the
    feed's own rhythm may choose. ``backfill`` false lets the items of the very first fetch alert.
    A ``paused`` feed stays in the list and is not asked.
    ``page``: it is no feed but a page that lists releases; ``items`` is the XPath of these, None to find them by dates.
    ``proof`` says when and where the feed was last seen alive, ``terms`` what its publisher allows machines.
    """

    id: str
    url: str
    title: str | None = None
    folder: str | None = None
    outlet: str | None = None
    country: str | None = None
    language: str | None = None
    interval_seconds: float | None = None
    tier: Tier | None = None
    full_text: FullText = "auto"
    backfill: bool = True
    paused: bool = False
    page: bool = False
    items: str | None = None
    proof: str | None = None
    terms: str | None = None


class ParsedEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a feed, as text: HTML is already turned into text, links are already absolute.

    ``content`` is the longest body the feed gives, ``summary`` its description. ``*_at`` is the moment that a date
    names, None where nobody can read it.
    """

    title: str = ""
    link: str | None = None
    guid: str | None = None
    summary: str | None = None
    content: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    published_at: datetime | None = None
    updated: str | None = None
    updated_at: datetime | None = None
    source_title: str | None = None
    source_url: str | None = None
    language: str | None = None


class ParsedFeed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A feed document, or a part of a very long one (``more``: others follow).

    ``dropped`` counts entries that a cap left out of all parts, ``truncated`` says that the document ends
    before it is closed (its validators are then not to be kept)."""

    format: str
    title: str | None = None
    link: str | None = None
    language: str | None = None
    entries: tuple[ParsedEntry, ...] = ()
    dropped: int = 0
    more: bool = False
    truncated: bool = False
    ttl_minutes: float | None = None
    update_period: str | None = None
    update_frequency: str | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    hubs: tuple[str, ...] = ()
    self_url: str | None = None


class ExtractedPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The story of an article page, where redirects led to it, and the address the page calls its own."""

    text: str = ""
    url: str | None = None
    canonical: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for. Validators are sent back exactly as they came."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of a request: always a value, never an exception.

    ``permanent_url`` is where an unbroken chain of 301/308 led. ``headers`` has lower-case names.
    """

    outcome: Outcome
    detail: str | None = None
    status: int | None = None
    url: str = ""
    permanent_url: str | None = None
    headers: dict[str, str] | None = None
    body: bytes = b""
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One poll as the policy sees it: the answer's outcome and headers, and what the document says of itself.

    ``complete`` is true when the document was whole and every item of it is safe: only then may its validators be
    kept. ``item_ids`` are those of a document's items and ``new_ids`` those that were not known; ``dates`` are when the
    items were published, ``new_dates`` those of the new ones. ``wire_bytes`` is what the answer weighed on the wire.
    ``hub_trusted``: the feed's hub pushes, and its pushes may stand for polls.
    """

    outcome: Outcome
    status: int | None = None
    detail: str | None = None
    headers: dict[str, str] | None = None
    permanent_url: str | None = None
    complete: bool = False
    body_hash: str | None = None
    wire_bytes: int = 0
    feed: ParsedFeed | None = None
    new_items: int = 0
    items: int = 0
    hidden_by_304: bool = False
    duplicate_of: str | None = None
    item_ids: tuple[str, ...] = ()
    new_ids: tuple[str, ...] = ()
    dates: tuple[datetime, ...] = ()
    new_dates: tuple[datetime, ...] = ()
    hub_trusted: bool = False
