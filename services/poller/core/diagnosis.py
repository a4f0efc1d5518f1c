"""What is wrong with a feed, in sentences: a list of rules, each with what it says of an answer. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.contracts.messages import Article
from services.poller.core import hints
from services.poller.core.model import Fetched, ParsedFeed

STALE_DAYS: Final = 60
FULL_TEXT_CHARACTERS: Final = 600

FAILED_POLLS: Final[Mapping[str, tuple[str, str]]] = {
    "redirect": ("bad redirect", "The address redirects in a way that cannot be followed"),
    "rate_limited": ("rate limited", "The server says that it is asked too often (429)"),
    "gone": ("gone", "The publisher says that the feed is gone for good (410): remove it from the list"),
    "http_4xx": ("refused", "The server refuses the request"),
    "http_5xx": ("server error", "The server failed"),
    "timeout": ("timed out", "The server did not answer in time"),
    "dns": ("DNS failed", "The host name cannot be resolved"),
    "tls": ("TLS failed", "The certificate cannot be trusted"),
    "connect": ("no connection", "The server cannot be reached"),
    "ssrf_blocked": ("private address", "Private addresses are not polled (see WIREWATCH_POLLER_ALLOW_PRIVATE)"),
    "robots": ("robots.txt", "The host's robots.txt forbids this page, or cannot be had"),
    "too_large": ("too large", "The document is too large"),
    "bad_body": ("damaged", "The answer is cut off or damaged"),
    "not_a_feed": ("not a feed", "The document is no feed"),
    "empty": ("empty", "The document is empty"),
    "parse_error": ("unreadable", "The document cannot be parsed"),
}
"""Each way in which a poll fails: two words for a table, and a sentence without its stop."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A feed that could be read: the response, the document, and the articles made of it at ``now``."""

    response: Fetched
    feed: ParsedFeed
    articles: Sequence[Article]
    now: datetime

    @property
    def newest(self) -> datetime | None:
        """When the newest item was published; None where no item has a date."""
        return max((a.published_at for a in self.articles if a.published_at is not None), default=None)

    @property
    def full_texts(self) -> int:
        """How many items carry their whole text."""
        return sum(a.text_source == "feed" and len(a.text) >= FULL_TEXT_CHARACTERS for a in self.articles)

    @property
    def hint_seconds(self) -> float | None:
        """The interval that the publisher asks for."""
        return max(hints.of_headers(self._headers) or 0, hints.of_document(self.feed) or 0) or None

    @property
    def age_days(self) -> int:
        """The age of the newest item; 0 where no item has a date."""
        return (self.now - self.newest).days if self.newest is not None else 0

    @property
    def has_validator(self) -> bool:
        """Whether the next request can be conditional."""
        return bool(self._headers.get("etag") or self._headers.get("last-modified"))

    @property
    def names_hub(self) -> bool:
        """Whether the document or a Link header names a WebSub hub."""
        linked = hints.parse_links(self._headers.get("link", ""))
        return bool(self.feed.hubs) or any("hub" in rels for _, rels in linked)

    @property
    def _headers(self) -> dict[str, str]:
        return self.response.headers or {}


_RULES: Final[tuple[tuple[Callable[[Answer], object], Callable[[Answer], str]], ...]] = (
    (lambda a: not a.articles, lambda _: "it has no items"),
    (lambda a: a.articles and a.newest is None, lambda _: "none of its items has a date"),
    (lambda a: a.age_days > STALE_DAYS, lambda a: f"its newest item is {a.age_days} days old"),
    (lambda a: a.response.permanent_url, lambda a: f"it has moved to {a.response.permanent_url}"),
    (
        lambda a: not a.has_validator and a.hint_seconds is None,
        lambda _: (
            "it gives neither a validator nor an interval, so it is polled within a budget of bytes a day: for more, "
            'give it wirewatchIntervalSeconds="600" in the list, or set WIREWATCH_POLLER_UNVALIDATED_DAILY_BYTES'
        ),
    ),
    (lambda a: a.names_hub, lambda _: "it names a hub that can push its news (WIREWATCH_POLLER_WEBSUB_URL)"),
)


def notes(answer: Answer) -> list[str]:
    """What an operator may want to know of a feed, most serious first."""
    return [sentence(answer) for applies, sentence in _RULES if applies(answer)]


def is_usable(answer: Answer) -> bool:
    """Whether the feed has items, and some of them are recent."""
    return bool(answer.articles) and answer.age_days <= STALE_DAYS


def summary(answer: Answer) -> str:
    """The whole diagnosis: items, interval, then every note."""
    parts = [f"{len(answer.articles)} items, {answer.full_texts} with full text"]
    if answer.hint_seconds:
        parts.append(f"asks for {answer.hint_seconds / 60:.0f} min between polls")
    return "; ".join([*parts, *notes(answer)]) + "."
