"""When a feed is asked again, and with which validators: the whole politeness of the poller, as pure functions.

    next poll = now + interval, jittered late
    interval  = the operator's, else the longest of
                - the feed's own rhythm (core/cadence.py): 2 to 5 minutes while it moves, up to 3 hours while quiet
                - what the publisher states (max-age, Expires, ttl, updatePeriod), at most 24 h
                - what it takes to keep within a budget of bytes a day, where every answer is a whole one
                - twice the interval at which the publisher last said "too many requests"
    a failure = that, doubled with every failure; 1, 2, 4 ... 60 min where the feed never succeeded; 24 h after a day
    a hub     = while one pushes and is trusted, 24 h, or ten times the feed's own gap if shorter

Retry-After goes before all of these. ``skipHours`` and ``skipDays`` move a poll out of what they name. Validators are
opaque and travel in pairs: what one response brought replaces both. They are dropped after 8 days, because some servers
answer 304 for ever.
Sources: RFC 9110 (13.1, 15.4.5), RFC 9111 (4.3.4), rachelbythebay.com/w/2024/06/28/fsr, and the intervals of Miniflux
and of Media Cloud's rss-fetcher.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from services.poller.core import cadence, hints
from services.poller.core.model import FeedConfig, Fetched, Polled, Request
from services.poller.core.state import FeedState, PublisherHints
from services.poller.status import SUCCESSES

CAP_SECONDS: Final = 86_400.0
DAILY_BYTES: Final = 2_000_000.0
VALIDATORS_SECONDS: Final = 8 * 86_400.0
GONE_RECHECK_SECONDS: Final = 30 * 86_400.0
JITTER_SHARE: Final = 0.1
FIRST_RETRY_SECONDS: Final = 60.0  # of a feed that never succeeded
RETRY_SECONDS: Final = 300.0
RETRY_MOST_SECONDS: Final = 3600.0  # within the first day of failures
LIMIT_LEAST_SECONDS: Final = 900.0
LIMIT_HALVES_AFTER: Final = timedelta(days=3)
CLOCK_TOLERANCE: Final = timedelta(seconds=60)  # pollers on machines whose clocks differ a little


def request(config: FeedConfig, state: FeedState, now: datetime) -> Request:
    """What to ask: the stored validators, unless the whole document was last seen too long ago."""
    url, kept = state.moving.url or config.url, state.validators
    if kept.unreliable or kept.full_at is None or (now - kept.full_at).total_seconds() >= VALIDATORS_SECONDS:
        return Request(url=url)
    return Request(url=url, etag=kept.etag, last_modified=kept.last_modified)


def after(
    config: FeedConfig,
    state: FeedState,
    poll: Polled,
    now: datetime,
    jitter: float,
    *,
    daily_bytes: float = DAILY_BYTES,
) -> FeedState:
    """The state after a poll. ``jitter`` is a number in [0, 1): a poll is moved late by up to a tenth, never early.

    ``daily_bytes`` is the budget of feeds that give neither a validator nor a hint.
    """
    asked_every = interval_seconds(config, state, now, daily_bytes)[0]
    state = msgspec.structs.replace(state, health=state.health.after(poll, now))
    if poll.outcome == "gone":
        return _rarely(state, now, "the publisher says it is gone; looked at again once a month")
    if poll.duplicate_of is not None:
        return _rarely(state, now, "another feed of the list asks the address it has moved to")
    if poll.outcome in SUCCESSES:
        state = msgspec.structs.replace(
            state,
            title=(poll.feed.title if poll.feed is not None else None) or state.title,
            validators=state.validators.after(poll, now),
            hints=_limit_eased(state.hints.after(poll), now),
            moving=state.moving.after(poll, now),
            cadence=state.cadence.after(poll, now, daily_bytes),
        )
        seconds, reason = interval_seconds(config, state, now, daily_bytes)
        if poll.hub_trusted and config.interval_seconds is None:
            seconds, reason = _audit_seconds(state, seconds)
    else:
        if poll.outcome == "rate_limited":
            limited = min(max(2 * asked_every, LIMIT_LEAST_SECONDS), CAP_SECONDS)
            state = msgspec.structs.replace(
                state, hints=msgspec.structs.replace(state.hints, limit_seconds=limited, limited_at=now)
            )
        moving = msgspec.structs.replace(state.moving, target=None, since=None, count=0)
        state = msgspec.structs.replace(state, moving=moving)
        seconds = _retry_seconds(config, state, now, daily_bytes)
        reason = f"backing off after {poll.outcome}"
    retry_after = host_pause_seconds(poll, now)
    if retry_after is not None and retry_after > seconds:
        seconds, reason = retry_after, "as Retry-After says"
    moment = now + timedelta(seconds=seconds * (1 + JITTER_SHARE * jitter))
    return msgspec.structs.replace(state, next_poll_at=_outside(moment, state.hints), schedule_reason=reason)


def after_push(config: FeedConfig, state: FeedState, push: Polled, now: datetime) -> FeedState:
    """The state after the feed's hub has pushed. Validators, failures and what a pull saw stay as they were.

    A push that cannot be read says at least that there is news: the feed is asked as soon as it may be at all.
    """
    last, due = state.health.last_poll_at, state.next_poll_at
    if last is None or due is None:
        return state
    if push.outcome != "ok":
        soon = max(now, last + timedelta(seconds=max(cadence.FAST_SECONDS, state.hints.seconds)))
        if state.health.failures or soon >= due:
            return state
        return msgspec.structs.replace(
            state, next_poll_at=_outside(soon, state.hints), schedule_reason="its hub says that there is news"
        )
    state = msgspec.structs.replace(state, cadence=state.cadence.pushed(push.new_items, now))
    if state.health.failures or config.interval_seconds is not None or not push.hub_trusted:
        return state
    seconds, reason = _audit_seconds(state, cadence.FAST_SECONDS)
    moment = min(now + timedelta(seconds=seconds), last + timedelta(seconds=CAP_SECONDS))
    return msgspec.structs.replace(state, next_poll_at=max(due, _outside(moment, state.hints)), schedule_reason=reason)


def host_pause_seconds(poll: Polled | Fetched, now: datetime) -> float | None:
    """How long no feed of this host may be asked: what Retry-After says on 429 and 503."""
    if poll.status in (429, 503):
        return hints.retry_after((poll.headers or {}).get("retry-after"), now)
    return None


def due_by_this_clock(state: FeedState | None, now: datetime) -> datetime | None:
    """When to poll a feed whose last poll lies in the future: the clock was ahead then and has been set back."""
    if state is None or state.health.last_poll_at is None or state.next_poll_at is None:
        return None
    if state.health.last_poll_at <= now + CLOCK_TOLERANCE:
        return None
    return now + max(state.next_poll_at - state.health.last_poll_at, timedelta(0))


def interval_seconds(
    config: FeedConfig, state: FeedState, now: datetime, daily_bytes: float = DAILY_BYTES
) -> tuple[float, str]:
    """The interval between two polls that succeed, and why, in words."""
    if config.interval_seconds is not None:
        return config.interval_seconds, "interval set for this feed"
    stated, spared = _stated_seconds(state), state.validators.usable
    permitted = stated if 0 < stated < cadence.FAST_SECONDS else cadence.FAST_SECONDS
    rhythm = cadence.rhythm_seconds(state.cadence, config.tier, now, permitted=permitted)
    found = [(rhythm, "its tier" if config.tier is not None else "its own rhythm")]
    if stated:
        found.append((stated, "as the publisher asks"))
    elif not spared:
        budget = max(cadence.budget_seconds(state.cadence, now, daily_bytes), cadence.FAST_SECONDS)
        found.append((budget, "every answer is a whole one: within its budget of bytes a day"))
    found.append((state.hints.limit_seconds, "the publisher said that it was asked too often"))
    seconds, reason = max(found, key=lambda each: each[0])
    return min(seconds, CAP_SECONDS), reason


def _stated_seconds(state: FeedState) -> float:
    """What the publisher states. WordPress writes "hourly" into every feed: alone, it says nothing of one that can
    answer "not modified"."""
    if state.hints.default_period and state.validators.usable:
        return state.hints.header_seconds or 0.0
    return state.hints.seconds


def _retry_seconds(config: FeedConfig, state: FeedState, now: datetime, daily_bytes: float) -> float:
    health = state.health
    known = state.cadence.first_success_at is not None
    interval = interval_seconds(config, state, now, daily_bytes)[0]
    if config.interval_seconds is not None:
        base = interval
    else:
        base = max(interval, RETRY_SECONDS) if known else FIRST_RETRY_SECONDS
    since = health.failing_since or now
    cap = RETRY_MOST_SECONDS if (now - since).total_seconds() < CAP_SECONDS else CAP_SECONDS
    doublings = health.failures if known else health.failures - 1
    return max(min(base * 2.0 ** min(doublings, 20), cap), min(base, CAP_SECONDS), state.hints.limit_seconds)


def _limit_eased(kept: PublisherHints, now: datetime) -> PublisherHints:
    """The limit a publisher has set, halved when it was kept for days without another complaint."""
    if kept.limited_at is None or now - kept.limited_at < LIMIT_HALVES_AFTER:
        return kept
    half = kept.limit_seconds / 2
    if half < cadence.FAST_SECONDS:
        return msgspec.structs.replace(kept, limit_seconds=0.0, limited_at=None)
    return msgspec.structs.replace(kept, limit_seconds=half, limited_at=now)


def _audit_seconds(state: FeedState, least: float) -> tuple[float, str]:
    """The interval while a trusted hub pushes: a day, or less where it is silent for longer than the feed ever is."""
    gap = cadence.lifetime_gap_seconds(state.cadence)
    seconds = CAP_SECONDS if gap is None else min(max(cadence.SILENT_GAPS * gap, least), CAP_SECONDS)
    return seconds, "its hub pushes; asked to see that it pushes everything"


def _rarely(state: FeedState, now: datetime, reason: str) -> FeedState:
    due = now + timedelta(seconds=GONE_RECHECK_SECONDS)
    return msgspec.structs.replace(state, next_poll_at=due, schedule_reason=reason)


def _outside(moment: datetime, kept: PublisherHints) -> datetime:
    """The first moment from ``moment`` on that lies in no skipped hour or day (both in GMT, Monday is 0)."""
    if len(set(kept.skip_hours)) >= 24 or len(set(kept.skip_days)) >= 7:
        return moment
    candidate = moment.astimezone(UTC)
    for _ in range(7 * 24 + 1):
        if candidate.hour not in kept.skip_hours and candidate.weekday() not in kept.skip_days:
            return candidate
        candidate = candidate.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment
