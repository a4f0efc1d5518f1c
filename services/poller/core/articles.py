"""An entry of a feed becomes an article of the contract."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.contracts import ids
from services.contracts.messages import Article, FeedRef, TextSource, Tier
from services.poller.core.canonical import absolute, canonical, host_of, of_page
from services.poller.core.model import ExtractedPage, FeedConfig, ParsedEntry, ParsedFeed
from services.poller.core.outlet import Publishers, attribute
from services.poller.core.state import FeedState
from services.poller.core.text import cut, one_line

FULL_TEXT_CHARACTERS: Final = 600
MAX_TITLE_CHARACTERS: Final = 1000
MAX_SUMMARY_CHARACTERS: Final = 5000
MAX_TEXT_CHARACTERS: Final = 200_000  # 4 bytes each at worst: below the size a Kafka message may have
MAX_GUID_CHARACTERS: Final = 500
MAX_AUTHORS: Final = 20
FUTURE_ALLOWED: Final = timedelta(hours=1)
_HIDDEN_FOR: Final = timedelta(hours=6)  # publishers date some items hours before they put them out
_UNTITLED_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with its identity settled, before anything is fetched for it.

    ``version`` names what the feed itself gave, so that an entry which did not change is not looked at twice.
    """

    entry: ParsedEntry
    id: str
    version: str
    title: str
    url: str | None
    canonical_url: str | None
    guid: str | None
    text: str

    @property
    def has_full_text(self) -> bool:
        """Whether the feed itself carries the story."""
        return len(self.text) >= FULL_TEXT_CHARACTERS


def items_of(feed: ParsedFeed, *, feed_id: str, base: str) -> list[Item]:
    """The entries of a document with their identities, each identity once, in the order of the document.

    A link that several entries of different titles share (a feed whose items all link to its front page) does not
    identify them, and neither does a guid that several of them share: they are told apart by guid or title instead.
    """
    read = [_read(entry, base) for entry in feed.entries]
    front = canonical(absolute(base, feed.link))
    links = _shared((item.canonical_url, item.title) for item in read) | {front}
    guids = _shared((item.guid, item.title) for item in read)
    items: dict[str, Item] = {}
    for one in read:
        item = _identified(one, feed_id=feed_id, shared_links=links, shared_guids=guids)
        items.setdefault(item.id, item)
    return list(items.values())


def hidden_by_304(state: FeedState, new: Iterable[datetime]) -> bool:
    """Whether the last answer, a 304, hid items: a new one is dated well before it. ``new``: dates of new items.

    Meant for the answer to a request without validators; only then can there be such an item.
    """
    if state.health.last_outcome != "not_modified" or state.health.last_poll_at is None:
        return False
    before = state.health.last_poll_at - _HIDDEN_FOR
    return any(moment < before for moment in new)


def _read(entry: ParsedEntry, base: str) -> Item:
    """An entry with all that it calls itself, and no id yet."""
    url, text = absolute(base, entry.link), _longest(entry.content, entry.summary)
    title = _title(entry, text)
    version = ids.content_hash(title, text)
    return Item(entry, "", version, title, url, canonical(url), bounded_guid(entry.guid), text)


def _shared(pairs: Iterable[tuple[str | None, str]]) -> set[str | None]:
    """The links or guids that stand for more than one title (or text, where there is no title)."""
    titles: dict[str | None, set[str]] = {}
    for key, title in pairs:
        titles.setdefault(key, set()).add(title)
    return {key for key, found in titles.items() if len(found) > 1}


def _identified(item: Item, *, feed_id: str, shared_links: set[str | None], shared_guids: set[str | None]) -> Item:
    canonical_url = None if item.canonical_url in shared_links else item.canonical_url
    identity = None if item.guid in shared_guids else item.guid
    if not (canonical_url or identity or item.title):
        identity = ids.digest("entry", repr(item.entry))  # no name at all: it is what it holds
    id_ = ids.article_id(canonical_url=canonical_url, feed=feed_id, guid=identity, title=item.title)
    return replace(item, id=id_, canonical_url=canonical_url)


def article_of(
    item: Item,
    *,
    config: FeedConfig,
    feed: ParsedFeed,
    publishers: Publishers,
    fetched_at: datetime,
    first_seen_at: datetime,
    backfill: bool,
    language: str | None,
    page: ExtractedPage | None = None,
    tier: Tier | None = None,
) -> Article:
    """The article that is published for ``item``."""
    entry = item.entry
    flags: list[str] = []
    canonical_url = item.canonical_url
    if page is not None:
        canonical_url = of_page(canonical_url, page.url, page.canonical)
    text, source = _text(item, page)
    text, was_cut = cut(text, MAX_TEXT_CHARACTERS)
    if was_cut:
        flags.append("text_truncated")
    published = _clamped(entry.published_at, fetched_at, flags)
    updated = _clamped(entry.updated_at, fetched_at, flags)
    if entry.published and published is None:
        flags.append("bad_date")
    if not entry.title.strip():
        flags.append("untitled")
    authors = tuple(dict.fromkeys(name for name in map(_name, entry.authors) if name))[:MAX_AUTHORS]
    credited = [*authors, *([entry.source_title] if entry.source_title else [])]
    attribution = attribute(
        publishers,
        link_host=host_of(canonical_url or item.url),
        feed_host=host_of(feed.link) or host_of(config.url) or "unknown",
        source_host=host_of(entry.source_url),
        configured=config.outlet,
        credited=credited,
        text=text,
    )
    summary = cut(entry.summary, MAX_SUMMARY_CHARACTERS)[0] if entry.summary else None
    own_id = item.id
    if canonical_url != item.canonical_url:
        own_id = ids.article_id(canonical_url=canonical_url, feed="", guid=item.guid, title=item.title)
    return Article(
        id=own_id,
        feed=FeedRef(id=config.id, url=config.url, title=config.title or feed.title, tier=tier),
        outlet=attribution.outlet,
        family=attribution.family,
        wire=attribution.wire,
        transport=attribution.transport,
        url=item.url,
        canonical_url=canonical_url,
        guid=item.guid,
        title=item.title,
        summary=summary,
        text=text,
        text_source=source,
        authors=authors,
        language=language,
        published_raw=cut(entry.published, 200)[0] if entry.published else None,
        published_at=published,
        updated_at=updated,
        first_seen_at=first_seen_at,
        fetched_at=fetched_at,
        content_hash=item.version if text == item.text else ids.content_hash(item.title, text),
        backfill=backfill,
        flags=tuple(dict.fromkeys(flags)),
    )


def _title(entry: ParsedEntry, text: str) -> str:
    """The entry's title, else the beginning of its text."""
    title, _ = cut(one_line(entry.title), MAX_TITLE_CHARACTERS)
    return title or cut(one_line(text[: 4 * _UNTITLED_CHARACTERS]), _UNTITLED_CHARACTERS)[0]


def _text(item: Item, page: ExtractedPage | None) -> tuple[str, TextSource]:
    if page is not None and page.text and len(page.text) > len(item.text):
        return page.text, "page"
    return (item.text, "feed") if item.text else ("", "none")


def _longest(content: str | None, summary: str | None) -> str:
    """The body: what the feed calls content, unless that is but a scrap of the description."""
    first, second = content or "", summary or ""
    return first if 2 * len(first) >= len(second) else second


def bounded_guid(guid: str | None) -> str | None:
    """A guid on one line; a very long one is named by its digest."""
    if not guid:
        return None
    text = one_line(guid)
    return text if len(text) <= MAX_GUID_CHARACTERS else f"sha256:{ids.digest('guid', text)}"


def _name(author: str) -> str:
    return cut(one_line(author), 200)[0]


def _clamped(moment: datetime | None, fetched_at: datetime, flags: list[str]) -> datetime | None:
    if moment is not None and moment > fetched_at + FUTURE_ALLOWED:
        flags.append("future_date")
        return fetched_at
    return moment
