"""What the poller's handler needs of the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from services.poller.core.model import ExtractedPage, FeedConfig, Fetched, ParsedFeed, Polled, Request
from services.poller.core.seen import Seen
from services.poller.core.state import FeedState
from services.poller.status import Outcome, PageStatus


@dataclass(frozen=True, slots=True)
class Claim:
    """A feed that this process may poll until its lease ends. ``due_at`` is when it should have been polled.

    ``pushed``: its hub has pushed, and that is what the feed is claimed for.
    """

    feed_id: str
    token: str
    due_at: datetime
    state: FeedState
    pushed: bool = False


class Push(Struct, frozen=True, kw_only=True):
    """What a hub pushed, its signature seen to be right."""

    body: bytes
    content_type: str | None
    received_at: datetime


class Fetcher(Protocol):
    """Asks the world; never raises for what the world answers."""

    async def feed(self, request: Request) -> Fetched:
        """A feed."""


class Documents(Protocol):
    """Reads documents within limits. Raises :class:`services.poller.errors.WorkerError`."""

    async def feed(self, body: bytes, *, url: str, content_type: str | None, part: int = 0) -> ParsedFeed:
        """A feed document, or a part of a very long one."""

    async def listing(self, body: bytes, *, url: str, items: str | None) -> ParsedFeed:
        """A page that lists releases; ``items`` is the XPath of its items, None to find them by their dates."""

    async def page(self, body: bytes, *, url: str, content_type: str | None) -> ExtractedPage:
        """An article page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLook:
    """What came of asking for an article's page: the answer, and the story where there is one."""

    status: PageStatus
    answer: Fetched
    page: ExtractedPage | None = None


class Pages(Protocol):
    """Article pages, within politeness, and what came of asking for them."""

    async def look(self, url: str, *, gap_seconds: float) -> PageLook:
        """Ask for a page. Waits for its host's turn; never raises for what the world answers."""

    async def refusal(self, url: str, *, gap_seconds: float) -> Outcome | None:
        """Why the address may not be asked for: ``robots``, or what came of asking for its robots.txt. None: it may."""


class FeedStore(Protocol):
    """The schedule and the state of all feeds, shared by all pollers. Waits while its server is away."""

    async def sync(self, feeds: Mapping[str, FeedConfig], first_polls: Mapping[str, datetime]) -> int:
        """Make the schedule hold exactly ``feeds``; new ones are due at ``first_polls``, known ones keep their time.

        Returns how many were not on the schedule.
        """

    async def advance_due(self, due: Mapping[str, datetime]) -> None:
        """Have feeds be due at these times, where they would be due later and nobody polls them now."""

    async def states(self, feed_ids: Sequence[str]) -> Sequence[FeedState | None]:
        """What is remembered of each feed; None where it was never polled."""

    async def take_wishes(self) -> Sequence[str]:
        """The feeds that a person wants asked now; each is handed out once."""

    async def write_status(self, status: Mapping[str, str | int]) -> None:
        """What others read of the poller as a whole."""

    async def shorten_leases(self, now: datetime) -> None:
        """End leases that end later than any taken now would: whoever took them lived ahead of this clock."""

    async def claim(self, now: datetime, limit: int) -> Sequence[Claim]:
        """Feeds that are due, leased to this process."""

    async def extend(self, claim: Claim, now: datetime) -> None:
        """Prolong the lease."""

    async def postpone(self, claim: Claim, until: datetime) -> None:
        """Give the feed back unpolled."""

    async def finish(self, claim: Claim, state: FeedState, seen: bytes | None, *, host: str | None = None) -> bool:
        """Store the outcome of a poll; of a pushed claim, take the push off the queue, too. ``host`` is released.

        False where the lease was lost and somebody else polls the feed.
        """

    async def queued(self, feed_id: str) -> Push | None:
        """The oldest push that waits for the feed."""

    async def seen(self, feed_id: str) -> Seen:
        """What of the feed was already sent."""

    async def repeated(self, outlet: str, paragraphs: Sequence[str], *, article_id: str | None) -> set[str]:
        """Which paragraphs (digests) the outlet printed in many articles; they count for ``article_id`` if given."""

    async def owner_of(self, url: str, feed_id: str) -> str:
        """The feed that asks the address ``url``: this one, unless another has taken it before."""

    async def take_host(self, host: str, now: datetime, gap_seconds: float) -> float:
        """0 when the host may be asked now (then it is taken until released), else the seconds to wait."""

    async def release_host(self, host: str) -> None:
        """The request is done."""

    async def pause_host(self, host: str, until: datetime) -> None:
        """Nobody asks this host before ``until``."""


class Hubs(Protocol):
    """The hubs that push feeds' news (``services/poller/websub``)."""

    async def after_poll(
        self, config: FeedConfig, polled: Polled, *, base: str, last_success_at: datetime | None
    ) -> bool:
        """Take what a poll found into account; True where the feed's hub is trusted, so that it is polled seldom.

        A hub that the document names is subscribed to, one that it names no more is left.
        """

    async def after_push(self, feed_id: str, polled: Polled) -> bool:
        """Take what a push brought into account; True where the feed's hub is trusted."""
