"""What is remembered of a feed between two polls, each part with what a poll makes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from services.poller.core import hints
from services.poller.core.cadence import Cadence
from services.poller.core.model import Polled
from services.poller.status import SUCCESSES, Outcome

MOVED_AFTER_SECONDS: Final = 86_400.0
MOVED_AFTER_POLLS: Final = 3


class Validators(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the last whole answer gave to ask with. They are opaque, and travel in pairs.

    ``full_at`` is when the whole document was last seen. ``unreliable``: a 304 was found to hide items, so that
    validators are not sent any more.
    """

    etag: str | None = None
    last_modified: str | None = None
    full_at: datetime | None = None
    body_hash: str | None = None
    unreliable: bool = False

    def after(self, poll: Polled, now: datetime) -> Validators:
        """The validators after a poll that succeeded."""
        headers, unreliable = poll.headers or {}, self.unreliable or poll.hidden_by_304
        if poll.outcome == "not_modified":
            return msgspec.structs.replace(
                self,
                etag=headers.get("etag") or self.etag,
                last_modified=headers.get("last-modified") or self.last_modified,
                unreliable=unreliable,
            )
        if not poll.complete:
            return Validators(unreliable=unreliable)
        return Validators(
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            full_at=now,
            body_hash=poll.body_hash,
            unreliable=unreliable,
        )

    @property
    def usable(self) -> bool:
        """Whether an answer can be spared by them."""
        return not self.unreliable and bool(self.etag or self.last_modified)


class PublisherHints(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often the publisher wants to be asked, in seconds, and when not at all (GMT; Monday is 0).

    ``limit_seconds``: the interval at which it last said "too many requests", doubled; ``limited_at`` is when.
    """

    header_seconds: float | None = None
    body_seconds: float | None = None
    default_period: bool = False  # the document says "hourly", which WordPress writes into every feed
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    limit_seconds: float = 0.0
    limited_at: datetime | None = None

    def after(self, poll: Polled) -> PublisherHints:
        """The hints after a poll that succeeded."""
        stated = hints.of_headers(poll.headers or {})
        if poll.outcome == "not_modified":
            return msgspec.structs.replace(self, header_seconds=stated or self.header_seconds)
        if poll.feed is None:  # the same bytes as before: what the document said of itself still stands
            return msgspec.structs.replace(self, header_seconds=stated)
        return msgspec.structs.replace(
            self,
            header_seconds=stated,
            body_seconds=hints.of_document(poll.feed),
            default_period=hints.is_default_period(poll.feed),
            skip_hours=poll.feed.skip_hours,
            skip_days=poll.feed.skip_days,
        )

    @property
    def seconds(self) -> float:
        """The longest interval that is stated; 0 where none is."""
        return max(self.header_seconds or 0.0, self.body_seconds or 0.0)


class Moving(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a permanent redirect leads, and since when: several polls over a day have to agree on the target.

    ``url`` is where the feed has moved to for good; None means as configured.
    """

    url: str | None = None
    target: str | None = None
    since: datetime | None = None
    count: int = 0

    def after(self, poll: Polled, now: datetime) -> Moving:
        """The redirect after a poll that succeeded."""
        target = poll.permanent_url
        if target is None:
            return Moving(url=self.url)
        if target != self.target or self.since is None:
            return Moving(url=self.url, target=target, since=now, count=1)
        count = self.count + 1
        if count >= MOVED_AFTER_POLLS and (now - self.since).total_seconds() >= MOVED_AFTER_SECONDS:
            return Moving(url=target)
        return msgspec.structs.replace(self, count=count)


class Health(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the last polls ended. ``failures`` counts those in a row that failed.

    ``duplicate_of``: the feed has moved to an address that this other feed asks already.
    """

    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_outcome: Outcome | None = None
    last_status: int | None = None
    last_detail: str | None = None
    failures: int = 0
    failing_since: datetime | None = None
    gone: bool = False
    duplicate_of: str | None = None
    polls: int = 0
    not_modified: int = 0

    def after(self, poll: Polled, now: datetime) -> Health:
        """The health after a poll."""
        after = msgspec.structs.replace(
            self,
            last_poll_at=now,
            last_outcome=poll.outcome,
            last_status=poll.status,
            last_detail=poll.detail,
            polls=self.polls + 1,
            not_modified=self.not_modified + (poll.outcome == "not_modified"),
        )
        if poll.outcome in SUCCESSES:
            return msgspec.structs.replace(
                after,
                last_success_at=now,
                failures=0,
                failing_since=None,
                gone=False,
                duplicate_of=poll.duplicate_of,
            )
        return msgspec.structs.replace(
            after,
            failures=self.failures + 1,
            failing_since=self.failing_since or now,
            gone=self.gone or poll.outcome == "gone",
        )


class FeedState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a feed between two polls. Written only after Kafka has acknowledged its items.

    What of its items was sent is kept apart (see ``core/seen.py``).
    """

    next_poll_at: datetime | None = None
    schedule_reason: str = "never polled"
    title: str | None = None
    validators: Validators = Validators()
    hints: PublisherHints = PublisherHints()
    moving: Moving = Moving()
    cadence: Cadence = Cadence()
    health: Health = Health()
