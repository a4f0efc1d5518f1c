"""When a feed is asked again, and with which validators: the whole politeness of the poller, as pure functions.

    next poll = now + interval, jittered late
    interval  = the operator's, else the longest hint of the publisher within [5 min, 24 h], else 60 min
                (24 h where the publisher gives neither a hint nor a validator: every answer would be a full one)
    quiet     = every poll in a row that brings nothing new adds 10 min, up to 2 h; one new item takes all of it back
    a failure = interval x (1 + weighted failures), at most 24 h; Retry-After where longer
    a hub     = while one pushes and is trusted (core/hubtrust.py), 24 h, or ten times the feed's own rhythm if shorter

Hints are read by ``core/hints.py``; ``skipHours`` and ``skipDays`` move a poll out of what they name. Validators are
opaque and travel in pairs: what one response brought replaces both. They are dropped after 8 days, because some servers
answer 304 for ever.
Sources: RFC 9110 (13.1, 15.4.5), RFC 9111 (4.3.4), rachelbythebay.com/w/2024/06/28/fsr, and the intervals of Miniflux
and of Media Cloud's rss-fetcher.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from services.poller.core import hints, hubtrust, rhythm
from services.poller.core.model import SUCCESSES, FeedConfig, FeedState, HubTrust, Outcome, Polled, Request

FLOOR_SECONDS: Final = 3600.0
HINTED_FLOOR_SECONDS: Final = 300.0
CAP_SECONDS: Final = 86_400.0
UNVALIDATED_SECONDS: Final = 86_400.0
VALIDATORS_SECONDS: Final = 8 * 86_400.0
GONE_RECHECK_SECONDS: Final = 30 * 86_400.0
MOVED_AFTER_SECONDS: Final = 86_400.0
MOVED_AFTER_POLLS: Final = 3
JITTER_SHARE: Final = 0.1
QUIET_STEP_SECONDS: Final = 600.0
QUIET_POLLS: Final = 3  # before the first step
QUIET_CAP_SECONDS: Final = 7200.0
CLOCK_TOLERANCE: Final = timedelta(seconds=60)  # pollers on machines whose clocks differ a little

# How much a failure weighs. What passes by itself weighs less, so that it is asked again sooner.
_WEIGHTS: Final[dict[Outcome, float]] = {
    "dns": 0.5,
    "tls": 0.5,
    "connect": 0.5,
    "timeout": 0.5,
    "http_5xx": 0.5,
    "rate_limited": 1.0,
    "empty": 0.5,
}


def request(config: FeedConfig, state: FeedState, now: datetime) -> Request:
    """What to ask: the stored validators, unless the whole document was last seen too long ago."""
    url = state.url or config.url
    if state.liar or state.full_at is None or (now - state.full_at).total_seconds() >= VALIDATORS_SECONDS:
        return Request(url=url)
    return Request(url=url, etag=state.etag, last_modified=state.last_modified)


def after(
    config: FeedConfig,
    state: FeedState,
    poll: Polled,
    now: datetime,
    jitter: float,
    *,
    unvalidated_seconds: float = UNVALIDATED_SECONDS,
) -> FeedState:
    """The state after a poll. ``jitter`` is a number in [0, 1): a poll is moved late by up to a tenth, never early.

    ``unvalidated_seconds`` is the interval of feeds that give neither a validator nor a hint.
    """
    state = msgspec.structs.replace(
        state,
        polls=state.polls + 1,
        last_poll_at=now,
        last_outcome=poll.outcome,
        last_status=poll.status,
        last_detail=poll.detail,
    )
    if poll.outcome == "gone":
        return _gone(state, now)
    if poll.same_as is not None:
        return _merged(state, poll.same_as, now)
    state = _succeeded(state, poll, now) if poll.outcome in SUCCESSES else _failed(state, poll, now)
    seconds, why = interval_seconds(config, state, unvalidated_seconds)
    return _scheduled(config, state, poll, now, jitter, seconds, why)


def after_push(config: FeedConfig, state: FeedState, push: Polled, now: datetime) -> FeedState:
    """The state after the feed's hub has pushed. Validators, failures and what a pull saw stay as they were.

    A push that cannot be read says at least that there is news: the feed is asked as soon as it may be at all.
    """
    hub, last, due = state.hub, state.last_poll_at, state.next_poll_at
    if hub is None or last is None or due is None:  # the feed has named another hub meanwhile
        return state
    if push.outcome != "ok":
        soon = max(now, last + timedelta(seconds=HINTED_FLOOR_SECONDS))
        if state.failures or soon >= due:
            return state
        return msgspec.structs.replace(state, next_poll_at=_outside(soon, state), why="its hub says that there is news")
    state = msgspec.structs.replace(
        state,
        hub=hubtrust.after_push(hub, push.item_ids, new=push.new_items, now=now),
        last_new_at=now if push.new_items else state.last_new_at,
        new_total=state.new_total + push.new_items,
        quiet_polls=0 if push.new_items else state.quiet_polls,
    )
    if state.failures or config.interval_seconds is not None or not hubtrust.trusted(state.hub):
        return state
    seconds, why = _audit(state, FLOOR_SECONDS)
    moment = min(now + timedelta(seconds=seconds), last + timedelta(seconds=CAP_SECONDS))
    return msgspec.structs.replace(state, next_poll_at=max(due, _outside(moment, state)), why=why)


def host_pause_seconds(poll: Polled, now: datetime) -> float | None:
    """How long no feed of this host may be asked: what Retry-After says on 429 and 503."""
    if poll.status in (429, 503):
        return hints.retry_after((poll.headers or {}).get("retry-after"), now)
    return None


def due_by_this_clock(state: FeedState | None, now: datetime) -> datetime | None:
    """When to poll a feed whose last poll lies in the future: the clock was ahead then and has been set back."""
    if state is None or state.last_poll_at is None or state.next_poll_at is None:
        return None
    if state.last_poll_at <= now + CLOCK_TOLERANCE:
        return None
    return now + max(state.next_poll_at - state.last_poll_at, timedelta(0))


def interval_seconds(
    config: FeedConfig, state: FeedState, unvalidated_seconds: float = UNVALIDATED_SECONDS
) -> tuple[float, str]:
    """The interval between two polls that succeed, and why, in words."""
    if config.interval_seconds is not None:
        return config.interval_seconds, "interval set for this feed"
    hinted = max(state.header_hint_seconds or 0.0, state.body_hint_seconds or 0.0)
    if hinted > 0:
        return min(max(hinted, HINTED_FLOOR_SECONDS), CAP_SECONDS), "as the publisher asks"
    if state.liar or not (state.etag or state.last_modified):
        return unvalidated_seconds, (
            "every answer is a full one: the publisher gives neither a validator that can be trusted nor an interval"
        )
    return FLOOR_SECONDS, "the publisher names no interval"


def _audit(state: FeedState, least: float) -> tuple[float, str]:
    """The interval while a trusted hub pushes: a day, or less where it is silent for longer than the feed ever is."""
    gap = rhythm.gap_seconds(state)
    seconds = CAP_SECONDS if gap is None else min(max(rhythm.SILENT_GAPS * gap, least), CAP_SECONDS)
    return seconds, "its hub pushes; asked to see that it pushes everything"


def _gone(state: FeedState, now: datetime) -> FeedState:
    return msgspec.structs.replace(
        state,
        gone=True,
        failing_since=state.failing_since or now,
        next_poll_at=now + timedelta(seconds=GONE_RECHECK_SECONDS),
        why="the publisher says it is gone; looked at again once a month",
    )


def _merged(state: FeedState, other: str, now: datetime) -> FeedState:
    return msgspec.structs.replace(
        state,
        same_as=other,
        next_poll_at=now + timedelta(seconds=GONE_RECHECK_SECONDS),
        why="moved to an address that another feed of the list asks already",
    )


def _succeeded(state: FeedState, poll: Polled, now: datetime) -> FeedState:
    headers = poll.headers or {}
    state = msgspec.structs.replace(
        _moved(state, poll, now),
        failures=0.0,
        failing_since=None,
        gone=False,
        last_success_at=now,
        not_modified=state.not_modified + (poll.outcome == "not_modified"),
        items=poll.items if poll.outcome == "ok" else state.items,
        first_success_at=state.first_success_at or now,
        last_new_at=now if poll.new_items else state.last_new_at,
        new_total=state.new_total + (poll.new_items if state.last_success_at else 0),
        quiet_polls=0 if poll.new_items else state.quiet_polls + 1,
        missed=state.missed + rhythm.missed(state, poll),
        liar=state.liar or poll.hidden_by_304,
        same_as=None,
        hub=_audited(state, poll, now),
    )
    if poll.outcome == "not_modified":
        return msgspec.structs.replace(
            state,
            etag=headers.get("etag") or state.etag,
            last_modified=headers.get("last-modified") or state.last_modified,
            header_hint_seconds=hints.of_headers(headers) or state.header_hint_seconds,
        )
    feed = poll.feed
    state = msgspec.structs.replace(
        state,
        etag=headers.get("etag") if poll.complete else None,
        last_modified=headers.get("last-modified") if poll.complete else None,
        full_at=now if poll.complete else None,
        body_hash=poll.body_hash if poll.complete else None,
        header_hint_seconds=hints.of_headers(headers),
    )
    if feed is None:  # the same bytes as before: what the document said of itself still stands
        return state
    return msgspec.structs.replace(
        state,
        body_hint_seconds=hints.of_document(feed),
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        title=feed.title or state.title,
    )


def _audited(state: FeedState, poll: Polled, now: datetime) -> HubTrust | None:
    hub = poll.hub if poll.feed is not None else state.hub
    if hub is None:
        return None
    before = state.last_success_at
    return hubtrust.after_pull(hub, poll.new_ids, now, since=poll.pushes_since, last_pull_at=before)


def _failed(state: FeedState, poll: Polled, now: datetime) -> FeedState:
    return msgspec.structs.replace(
        state,
        failures=state.failures + _WEIGHTS.get(poll.outcome, 0.5 if poll.status == 404 else 1.0),
        failing_since=state.failing_since or now,
        moved_to=None,
        moved_since=None,
        moved_count=0,
    )


def _moved(state: FeedState, poll: Polled, now: datetime) -> FeedState:
    """A permanent redirect changes the stored address only when several polls over a day agree on the target."""
    target = poll.permanent_url
    if target is None:
        return msgspec.structs.replace(state, moved_to=None, moved_since=None, moved_count=0)
    if target != state.moved_to or state.moved_since is None:
        return msgspec.structs.replace(state, moved_to=target, moved_since=now, moved_count=1)
    count = state.moved_count + 1
    if count >= MOVED_AFTER_POLLS and (now - state.moved_since).total_seconds() >= MOVED_AFTER_SECONDS:
        return msgspec.structs.replace(state, url=target, moved_to=None, moved_since=None, moved_count=0)
    return msgspec.structs.replace(state, moved_count=count)


def _scheduled(
    config: FeedConfig, state: FeedState, poll: Polled, now: datetime, jitter: float, seconds: float, why: str
) -> FeedState:
    slack = min(max(0, state.quiet_polls - QUIET_POLLS) * QUIET_STEP_SECONDS, QUIET_CAP_SECONDS)
    if poll.pushes_since is not None and hubtrust.trusted(state.hub) and config.interval_seconds is None:
        seconds, why = _audit(state, seconds)
    elif slack and config.interval_seconds is None:
        seconds, why = min(seconds + slack, CAP_SECONDS), f"{why}; it has been quiet"
    if state.failures:
        seconds = min(seconds * (1 + state.failures), max(CAP_SECONDS, seconds))
        why = f"backing off after {poll.outcome}"
    retry_after = host_pause_seconds(poll, now)
    if retry_after is not None and retry_after > seconds:
        seconds, why = retry_after, "as Retry-After says"
    moment = now + timedelta(seconds=seconds * (1 + JITTER_SHARE * jitter))
    return msgspec.structs.replace(state, next_poll_at=_outside(moment, state), why=why)


def _outside(moment: datetime, state: FeedState) -> datetime:
    """The first moment from ``moment`` on that lies in no skipped hour or day (both in GMT, Monday is 0)."""
    if len(set(state.skip_hours)) >= 24 or len(set(state.skip_days)) >= 7:
        return moment
    candidate = moment.astimezone(UTC)
    for _ in range(7 * 24 + 1):
        if candidate.hour not in state.skip_hours and candidate.weekday() not in state.skip_days:
            return candidate
        candidate = candidate.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment
