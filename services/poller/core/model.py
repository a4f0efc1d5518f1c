"""The values the poller works with. Structs cross a process or Redis; dataclasses stay inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct

Outcome = Literal[
    "ok",
    "not_modified",
    "redirect",
    "rate_limited",
    "gone",
    "http_4xx",
    "http_5xx",
    "timeout",
    "dns",
    "tls",
    "connect",
    "ssrf_blocked",
    "too_large",
    "bad_body",
    "not_a_feed",
    "empty",
    "parse_error",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SUCCESSES: frozenset[Outcome] = frozenset({"ok", "not_modified"})

FullText = Literal["auto", "always", "never"]
FULL_TEXT: tuple[FullText, ...] = get_args(FullText)


class FeedConfig(Struct, frozen=True, kw_only=True):
    """A feed as the operator listed it. ``id`` is :func:`services.contracts.ids.feed_id` of ``url``.

    ``interval_seconds`` is the operator's word and overrides every hint of the publisher. ``backfill`` false lets the
    items of the very first fetch alert.
    """

    id: str
    url: str
    title: str | None = None
    folder: str | None = None
    outlet: str | None = None
    country: str | None = None
    language: str | None = None
    interval_seconds: float | None = None
    full_text: FullText = "auto"
    backfill: bool = True


class HubTrust(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the audit of a feed's hub (``core/hubtrust.py``) remembers.

    ``good`` counts pushes with news since the last miss; ``doubtful`` are articles that a pull found before any push.
    """

    url: str
    topic: str
    good: int = 0
    misses: int = 0
    pushes: int = 0
    doubtful: tuple[str, ...] = ()
    doubted_at: datetime | None = None
    last_push_at: datetime | None = None
    untrusted_since: datetime | None = None  # since it missed something and has not made up for it


class FeedState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a feed between two polls. Written only after Kafka has acknowledged its items.

    ``failures`` is a weighted count (an unreachable name server weighs less than a page that is not a feed).
    ``full_at`` is when the whole document was last seen: validators are not sent once it is 8 days old.
    ``known`` of the items is kept apart (see ``core/seen.py``).
    """

    next_poll_at: datetime | None = None
    why: str = "never polled"
    url: str | None = None  # where a permanent redirect has moved the feed to; null means as configured
    etag: str | None = None
    last_modified: str | None = None
    full_at: datetime | None = None
    body_hash: str | None = None
    header_hint_seconds: float | None = None
    body_hint_seconds: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    failures: float = 0.0
    failing_since: datetime | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_outcome: Outcome | None = None
    last_status: int | None = None
    last_detail: str | None = None
    moved_to: str | None = None
    moved_since: datetime | None = None
    moved_count: int = 0
    gone: bool = False
    polls: int = 0
    not_modified: int = 0
    items: int = 0
    title: str | None = None
    first_success_at: datetime | None = None
    last_new_at: datetime | None = None
    new_total: int = 0
    quiet_polls: int = 0  # successes in a row that brought nothing new
    missed: int = 0  # polls in which no item at all was known: some may have come and gone in between
    liar: bool = False  # its 304 was found to hide items: no validators are sent any more
    same_as: str | None = None  # it has moved to an address that this other feed asks already
    hub: HubTrust | None = None  # where it names one and we can be reached


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
    kept. ``item_ids`` are those of a document's items and ``new_ids`` those that were not known. ``hub`` is what trust
    in the feed's hub begins or goes on with; ``pushes_since`` is when that hub promised to push (None: it does not).
    """

    outcome: Outcome
    status: int | None = None
    detail: str | None = None
    headers: dict[str, str] | None = None
    permanent_url: str | None = None
    complete: bool = False
    body_hash: str | None = None
    feed: ParsedFeed | None = None
    new_items: int = 0
    items: int = 0
    hidden_by_304: bool = False
    same_as: str | None = None
    item_ids: tuple[str, ...] = ()
    new_ids: tuple[str, ...] = ()
    new_dates: tuple[datetime, ...] = ()
    hub: HubTrust | None = None
    pushes_since: datetime | None = None
