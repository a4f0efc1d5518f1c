"""WebSub (W3C recommendation of 23 January 2018), the subscriber's side, as pure functions.

A feed names its hub and its own address (the topic) in Link headers or in the document. A subscription is asked for
with a callback that nobody can guess and a secret; the hub asks the callback whether that was meant, and the answer
repeats its challenge only while a request of ours is open for that topic. What a hub pushes counts when it is signed
with the secret; anything else is ignored.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from msgspec import Struct

from services.poller.core import hints
from services.poller.core.canonical import absolute
from services.poller.core.model import ParsedFeed
from services.poller.websub.hub_audit import HubAudit

LEASE_SECONDS: Final = 10 * 86_400  # what is asked for; the hub decides
LEASE_UNSAID_SECONDS: Final = 86_400.0  # a hub that names no lease, which it must
LEASE_LEAST_SECONDS: Final = 300.0
LEASE_MOST_SECONDS: Final = 90 * 86_400.0
RENEW_AT_SHARE: Final = 0.75  # of a lease: the last quarter is for attempts that fail
PATIENCE_SECONDS: Final = 600.0  # for the hub to ask back
RETRY_SECONDS: Final = 3600.0
RETRY_MOST_SECONDS: Final = 86_400.0
DENIED_SECONDS: Final = 7 * 86_400.0
LEAVE_ATTEMPTS: Final = 3  # after these the lease runs out by itself
METHODS: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})

State = Literal["pending", "active", "denied"]


class HubLink(Struct, frozen=True):
    """The hub that a feed names, and what the feed is called there."""

    hub: str
    topic: str


class Subscription(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One feed's subscription. ``revision`` grows with every change, so that two writers notice each other.

    ``asking``: a request is open, and a challenge for ``topic`` may be repeated. ``leaving``: that request ends the
    subscription. ``next_at`` is when somebody has to act: ask, ask again, renew.
    """

    hub: str
    topic: str
    token: str
    secret: str
    next_at: datetime
    revision: int = 0
    state: State = "pending"
    asking: bool = False
    leaving: bool = False
    verified_at: datetime | None = None
    lease_until: datetime | None = None
    failures: int = 0
    reason: str | None = None
    audit: HubAudit = HubAudit()


def find_hub(
    headers: Mapping[str, str], feed: ParsedFeed, *, base: str, usable: Callable[[str], bool]
) -> HubLink | None:
    """The hub and topic of a feed; None where it names no hub that is ``usable``. Headers go before the document."""
    links = hints.parse_links(headers.get("link", ""))
    hubs = [url for url, rels in links if "hub" in rels] or list(feed.hubs)
    selves = [url for url, rels in links if "self" in rels] or ([feed.self_url] if feed.self_url else [])
    topic = next((found for url in selves if (found := absolute(base, url))), base)
    hub = next((found for url in hubs if (found := absolute(base, url)) and usable(found)), None)
    return HubLink(hub, topic) if hub is not None else None


def new_subscription(found: HubLink, *, token: str, secret: str, now: datetime) -> Subscription:
    """A subscription that has to be asked for at once."""
    return Subscription(hub=found.hub, topic=found.topic, token=token, secret=secret, next_at=now)


def request_form(subscription: Subscription, callback: str) -> dict[str, str]:
    """What is sent to the hub."""
    if subscription.leaving:
        return {"hub.callback": callback, "hub.mode": "unsubscribe", "hub.topic": subscription.topic}
    return {
        "hub.callback": callback,
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic,
        "hub.lease_seconds": str(LEASE_SECONDS),
        "hub.secret": subscription.secret,
    }


def requested(subscription: Subscription, now: datetime) -> Subscription:
    """A request leaves now: until the hub has asked back, or its time is over, its challenge may be repeated."""
    return _next(subscription, asking=True, next_at=_in(now, PATIENCE_SECONDS))


def unsubscribing(subscription: Subscription, now: datetime) -> Subscription | None:
    """The subscription as one that the hub is to end; None where it has none: never confirmed, denied, run out."""
    if not is_active(subscription, now):
        return None
    return _next(subscription, leaving=True, asking=False, failures=0, reason=None, next_at=now)


def after_failure(subscription: Subscription, now: datetime, reason: str) -> Subscription:
    """The request came to nothing: it is made again after an hour, after two, and so on up to a day."""
    pause = min(RETRY_SECONDS * 2 ** min(subscription.failures, 10), RETRY_MOST_SECONDS)
    return _next(
        subscription, asking=False, failures=subscription.failures + 1, reason=reason[:300], next_at=_in(now, pause)
    )


def confirm(subscription: Subscription, query: Mapping[str, str], now: datetime) -> tuple[Subscription, str] | None:
    """The subscription after the hub has asked back, and the challenge to repeat; None where nothing was asked for."""
    challenge = query.get("hub.challenge", "")
    meant = query.get("hub.mode") == "subscribe" and query.get("hub.topic") == subscription.topic
    if not (subscription.asking and meant and challenge) or subscription.leaving:
        return None
    said = query.get("hub.lease_seconds", "")
    lease = float(said) if said.isascii() and said.isdigit() and len(said) < 12 else LEASE_UNSAID_SECONDS
    lease = min(max(lease, LEASE_LEAST_SECONDS), LEASE_MOST_SECONDS)
    since = subscription.verified_at if is_active(subscription, now) else None
    changed = _next(
        subscription,
        state="active",
        asking=False,
        failures=0,
        reason=None,
        verified_at=since or now,
        lease_until=_in(now, lease),
        next_at=_in(now, lease * RENEW_AT_SHARE),
    )
    return changed, challenge


def confirm_end(subscription: Subscription, query: Mapping[str, str]) -> str | None:
    """The challenge to repeat to a hub that asks whether the subscription is to end; None where it is not."""
    challenge = query.get("hub.challenge", "")
    meant = query.get("hub.mode") == "unsubscribe" and query.get("hub.topic") == subscription.topic
    return challenge if subscription.leaving and subscription.asking and meant and challenge else None


def after_denial(subscription: Subscription, query: Mapping[str, str], now: datetime) -> Subscription | None:
    """The subscription after the hub has said that it will not push; None where this is no such message."""
    if query.get("hub.mode") != "denied" or query.get("hub.topic") != subscription.topic:
        return None
    reason = f"the hub denies it: {query.get('hub.reason') or 'no reason given'}"[:300]
    return _next(
        subscription, state="denied", asking=False, lease_until=None, reason=reason, next_at=_in(now, DENIED_SECONDS)
    )


def with_audit(subscription: Subscription, audit: HubAudit) -> Subscription:
    """The subscription with what the audit of its hub came to."""
    return _next(subscription, audit=audit)


def is_active(subscription: Subscription | None, now: datetime) -> bool:
    """Whether the hub has promised to push now."""
    return (
        subscription is not None
        and subscription.state == "active"
        and subscription.lease_until is not None
        and now < subscription.lease_until
    )


def is_signed(secret: str, header: str | None, body: bytes) -> bool:
    """Whether ``header`` (``X-Hub-Signature: method=hex``) is that of ``body``; compared in constant time."""
    method, _, given = (header or "").strip().partition("=")
    if method.lower() not in METHODS or not given.isascii():
        return False
    return hmac.compare_digest(hmac.new(secret.encode(), body, method.lower()).hexdigest(), given.strip().lower())


def _next(subscription: Subscription, **changes: object) -> Subscription:
    return msgspec.structs.replace(subscription, revision=subscription.revision + 1, **changes)


def _in(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
