"""Which pages are looked at again, when, and what a look comes to. Pure.

A page is compared with itself: the text of a feed is not the text of the page, so the first look, at once, only takes
the text. Its later looks are compared with that, or with the last one that was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from services.contracts import ids
from services.contracts.field_types import made_of
from services.contracts.messages import Alert, Article, FeedRef, Recheck, Severity
from services.contracts.rechecks import Difference, PageOutcome
from services.poller.core.canonical import host_of
from services.poller.core.edits import MAX_CHARACTERS, compare
from services.poller.core.model import Fetched
from services.poller.status import RecheckOutcome

SEVERITIES: Final[frozenset[Severity]] = frozenset({"high", "critical"})
FRESH: Final = timedelta(days=1)  # a first look at a page that is older would say little of what the alert rested on
MAX_PAGES: Final = 20  # of an alert, independent sources first
_HOMES: Final = frozenset({"", "/", "/index.html", "/index.php", "/home"})


class WatchedPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The page of an alert's source, as it was at the last look that counts.

    ``taken_at`` is when ``text`` was, None before the first look; ``looks`` how many of those meant for later are
    done; ``missing_since`` when it was not found.
    """

    article_id: str
    url: str
    outlet: str
    family: str
    title: str
    story_id: str
    packs: tuple[str, ...]
    first_seen_at: datetime
    added_at: datetime
    wire: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    text: str = ""
    taken_at: datetime | None = None
    looks: int = 0
    missing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What a look comes to: the page as it is kept and when it is due again, both None at the end; what to publish."""

    outcome: RecheckOutcome
    page: WatchedPage | None = None
    due: datetime | None = None
    article: Article | None = None


def pages_of(alert: Alert, now: datetime) -> list[WatchedPage]:
    """The pages to look at again because of an alert."""
    if alert.severity not in SEVERITIES or alert.merged_into is not None:
        return []
    fresh = [source for source in alert.sources if source.url and now - source.first_seen_at < FRESH]
    fresh.sort(key=lambda source: not source.independent)
    return [
        made_of(source, WatchedPage, story_id=source.story_id or alert.story_id, packs=alert.packs, added_at=now)
        for source in fresh[:MAX_PAGES]
    ]


def after_look(page: WatchedPage, answer: Fetched, text: str | None, now: datetime, after: Sequence[timedelta]) -> Step:
    """The step after asking for a page. ``text`` is its story, None where the answer has none."""
    if answer.outcome == "robots":
        return Step("robots")
    if page.taken_at is None:
        if not text:
            return failed(page, now, after)
        taken = msgspec.structs.replace(page, text=text[:MAX_CHARACTERS], taken_at=now)
        return _on(taken, "first", now, after)
    if _is_gone(page, answer, now, after[0]):
        return Step("withdrawn", article=_article(page, "withdrawn", page.text, (), now))
    if answer.status == 404:
        missing = msgspec.structs.replace(page, missing_since=page.missing_since or now)
        return Step("missing", missing, now + after[0])
    if not text:
        return failed(page, now, after)
    page = msgspec.structs.replace(page, missing_since=None)
    differences = compare(page.text, text)
    if differences is None:
        return _on(page, "another_page", now, after)
    if not differences:
        return _on(page, "same", now, after)
    article = _article(page, "changed", text, differences, now)
    told = msgspec.structs.replace(page, text=text[:MAX_CHARACTERS], taken_at=now)
    return replace(_on(told, "changed", now, after), article=article)


def failed(page: WatchedPage, now: datetime, after: Sequence[timedelta]) -> Step:
    """The step after a look that came to nothing."""
    return _on(page, "failed", now, after)


def _on(page: WatchedPage, outcome: RecheckOutcome, now: datetime, after: Sequence[timedelta]) -> Step:
    """On to the next look that is meant for it, leaving out those whose time has passed; the end where none is left."""
    passed = sum(page.added_at + wait <= now for wait in after)
    looks = passed if outcome == "first" or page.taken_at is None else max(page.looks + 1, passed)
    if looks >= len(after):
        return Step(outcome)
    return Step(outcome, msgspec.structs.replace(page, looks=looks), page.added_at + after[looks])


def _is_gone(page: WatchedPage, answer: Fetched, now: datetime, confirmed_after: timedelta) -> bool:
    """Whether the page is withdrawn: said so, not found twice so far apart, or all that is left leads to the home."""
    if answer.outcome == "gone":
        return True
    if answer.status == 404:
        return page.missing_since is not None and now - page.missing_since >= confirmed_after
    return answer.outcome == "ok" and _leads_home(page.url, answer.url)


def _leads_home(asked: str, answered: str) -> bool:
    one, other = (host_of(url) or "" for url in (asked, answered))
    same_site = one.removeprefix("www.") == other.removeprefix("www.")
    return same_site and urlsplit(answered).path in _HOMES and urlsplit(asked).path not in _HOMES


def _article(
    page: WatchedPage, outcome: PageOutcome, text: str, differences: tuple[Difference, ...], now: datetime
) -> Article:
    """The article's new version. The same finding has the same ``content_hash``, whenever it is made."""
    return made_of(
        page,
        Article,
        id=page.article_id,
        feed=FeedRef(id=ids.feed_id(page.url), url=page.url),
        text=text,
        text_source="page",
        fetched_at=now,
        content_hash=ids.digest("recheck", outcome, ids.content_hash(page.title, text)),
        recheck=Recheck(
            outcome=outcome,
            looked_at=now,
            first_looked_at=page.taken_at or page.added_at,
            differences=differences,
            story_id=page.story_id,
            packs=page.packs,
        ),
    )
