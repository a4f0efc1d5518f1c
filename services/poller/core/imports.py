"""Articles that come as JSON Lines instead of from a feed: read, completed as the poller would complete them. Pure.

``wirewatch send``, ``dedupe``, ``tag`` and ``packs`` read the same lines. What only the poller's tables and language
model know is passed in as :class:`Knowledge`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from services.contracts import codec, ids
from services.contracts.field_types import made_of
from services.contracts.messages import FIRST_YEAR, LAST_YEAR, Article, FeedRef
from services.poller.core.articles import FUTURE_ALLOWED
from services.poller.core.language import SAMPLE_CHARACTERS, SURE, Detect

FEED: Final = "import"  # the address of the feed that completed articles are said to come from


class InputArticle(Struct, kw_only=True, frozen=True):
    """A line: ``id``, ``title`` and ``text``, and the rest where it is there. Unknown fields are ignored.

    So a line of ``wirewatch parse`` is one, too.
    """

    id: str
    title: str = ""
    text: str = ""
    summary: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    outlet: str | None = None
    family: str | None = None
    wire: str | None = None
    language: str | None = None
    published_at: str | None = None
    first_seen_at: str | None = None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the poller adds to an article: family and wire of an outlet (wire: of a text, too), language of a text."""

    family_of: Callable[[str], str] = lambda outlet: outlet
    wire_of: Callable[[str, str], str | None] = lambda text, outlet: None
    language_of: Callable[[str], str | None] = lambda text: None


NOTHING_KNOWN: Final = Knowledge()


def surely(detect: Detect) -> Callable[[str], str | None]:
    """The language of a text from its beginning, None where ``detect`` is not sure."""

    def language_of(text: str) -> str | None:
        found = detect(text[:SAMPLE_CHARACTERS].replace("\n", " "))
        return found[0] if found and found[1] >= SURE else None

    return language_of


def time_of(text: str | None) -> datetime | None:
    """An ISO 8601 time of a year that messages take, else None: a wild date in real data must not stop it.

    Without an offset it is UTC, as in a feed, and a day is its beginning.
    """
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def outlet_of(given: InputArticle, *, otherwise: str) -> str:
    """The outlet that the line names, else the host of its address, else ``otherwise``."""
    try:
        host = urlsplit(given.canonical_url or given.url or "").hostname
    except ValueError:
        host = None
    return given.outlet or (host or "").removeprefix("www.") or otherwise


def article_of(line: bytes, *, now: datetime, backfill: bool, known: Callable[[], Knowledge]) -> tuple[Article, bytes]:
    """The article of a line, and the bytes to send. Raises :class:`msgspec.DecodeError` where it is none.

    A line with a ``content_hash`` claims to be a full article and is checked as one; its bytes are kept, unless it
    has times in the future: those become ``now``, or the article would be the newest one for ever. Any other line is
    completed, with what ``known()`` knows.
    """
    claims = msgspec.json.decode(line, type=_Claims)
    if claims.content_hash is not None:
        given = msgspec.json.decode(line, type=Article)
        article = _not_of_the_future(given, now)
        return article, line.strip() if article is given else codec.encode(article)
    loose = msgspec.json.decode(line, type=InputArticle)
    if missing := _missing(loose):
        raise msgspec.ValidationError(missing)
    article = completed(
        loose,
        outlet=outlet_of(loose, otherwise=FEED),
        first_seen_at=time_of(loose.first_seen_at) or now,
        fetched_at=now,
        known=known(),
        backfill=backfill,
    )
    article = _not_of_the_future(article, now)
    return article, codec.encode(article)


def completed(
    given: InputArticle,
    *,
    outlet: str,
    first_seen_at: datetime,
    fetched_at: datetime,
    known: Knowledge = NOTHING_KNOWN,
    backfill: bool = False,
) -> Article:
    """The line as an article of the feed ``import``."""
    return made_of(
        given,
        Article,
        feed=FeedRef(id=ids.feed_id(FEED), url=FEED),
        outlet=outlet,
        family=given.family or known.family_of(outlet),
        text_source="feed" if given.text else "none",
        first_seen_at=first_seen_at,
        fetched_at=fetched_at,
        content_hash=ids.content_hash(given.title, given.text),
        wire=given.wire or known.wire_of(given.text, outlet),
        canonical_url=given.canonical_url or given.url,
        language=given.language or known.language_of(f"{given.title}. {given.text}"),
        published_raw=given.published_at,
        published_at=time_of(given.published_at),
        backfill=backfill,
    )


class _Claims(Struct):
    content_hash: object = None


def _missing(given: InputArticle) -> str | None:
    if not given.id:
        return "`id` is empty"
    return None if given.title or given.text else "both `title` and `text` are empty"


def _not_of_the_future(article: Article, now: datetime) -> Article:
    """The article itself, or a copy with every time beyond ``now`` set to ``now``, flagged as the poller flags it."""
    times = {name: getattr(article, name) for name in ("first_seen_at", "fetched_at", "published_at", "updated_at")}
    future = {name: now for name, time in times.items() if time is not None and time > now + FUTURE_ALLOWED}
    if not future:
        return article
    return msgspec.structs.replace(article, **future, flags=tuple(dict.fromkeys((*article.flags, "future_date"))))
