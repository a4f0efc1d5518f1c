"""How far a hub is trusted: it has to earn it, and pulls go on to audit it.

A hub is trusted once it has pushed news since its last miss: one push at first, twice as many after each miss. Then a
feed is asked only once a day, or sooner where the hub has been silent for ten times the feed's own rhythm. A pull that
finds what was not pushed puts it in doubt, and polling goes on as without a hub; what nobody pushes within ten minutes
and until the next pull was missed, and the trust is gone. A hub that has not won it back within two weeks is left, and
tried again a month later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.poller.core.model import HubTrust
from services.poller.core.websub import Named

GRACE_SECONDS: Final = 600.0
MAX_DOUBTFUL: Final = 50
_MOST_DOUBLINGS: Final = 4
GIVEN_UP_AFTER: Final = timedelta(days=14)
TRIED_AGAIN_AFTER: Final = timedelta(days=30)


def trusted(hub: HubTrust | None) -> bool:
    """Whether pushes may stand for polls."""
    return hub is not None and not hub.doubtful and hub.good >= 1 << min(hub.misses, _MOST_DOUBLINGS)


def given_up(hub: HubTrust, now: datetime) -> bool:
    """Whether nobody listens to the hub any more: it lost its trust long ago."""
    return hub.untrusted_since is not None and now - hub.untrusted_since >= GIVEN_UP_AFTER


def named(hub: HubTrust | None, found: Named | None, now: datetime) -> HubTrust | None:
    """The trust after a document that names ``found``: another hub begins anew, one given up is tried again in time."""
    if found is None:
        return None
    if hub is None or (hub.url, hub.topic) != (found.hub, found.topic):
        return HubTrust(url=found.hub, topic=found.topic)
    if hub.untrusted_since is not None and now - hub.untrusted_since >= GIVEN_UP_AFTER + TRIED_AGAIN_AFTER:
        return msgspec.structs.replace(hub, untrusted_since=now)
    return hub


def after_push(hub: HubTrust, ids: Collection[str], *, new: int, now: datetime) -> HubTrust:
    """The trust after a push of items ``ids``, ``new`` of which were not known."""
    left = tuple(name for name in hub.doubtful if name not in ids)
    news = new > 0 or len(left) < len(hub.doubtful)
    hub = msgspec.structs.replace(
        hub,
        good=hub.good + news,
        pushes=hub.pushes + 1,
        last_push_at=now,
        doubtful=left,
        doubted_at=hub.doubted_at if left else None,
    )
    return msgspec.structs.replace(hub, untrusted_since=None) if trusted(hub) else hub


def after_pull(
    hub: HubTrust, new: Sequence[str], now: datetime, *, since: datetime | None, last_pull_at: datetime | None
) -> HubTrust:
    """The trust after a pull that found ``new`` items which nobody had pushed.

    ``since``: when the hub promised to push; None where it does not now, and then a pull says nothing about it. What a
    pull finds counts only where the pull before it came after that promise.
    """
    if since is None:
        return msgspec.structs.replace(hub, doubtful=(), doubted_at=None)
    if hub.doubtful and hub.doubted_at is not None and (now - hub.doubted_at).total_seconds() >= GRACE_SECONDS:
        since_when = hub.untrusted_since or now
        hub = msgspec.structs.replace(
            hub, good=0, misses=hub.misses + 1, doubtful=(), doubted_at=None, untrusted_since=since_when
        )
    if last_pull_at is None or last_pull_at < since or not new:
        return hub
    return msgspec.structs.replace(
        hub, doubtful=(*hub.doubtful, *new)[:MAX_DOUBTFUL], doubted_at=hub.doubted_at if hub.doubtful else now
    )
