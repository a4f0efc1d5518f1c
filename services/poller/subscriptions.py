"""Subscriptions to the hubs that feeds name: asked for, confirmed, renewed, and what they push taken in.

Inner ring: through ports only. The steps themselves are in ``core/websub.py``; every change is written only where
nobody else has changed the subscription meanwhile, because the hub asks back while the request is still open.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from services.poller.core import hubtrust, websub
from services.poller.core.canonical import host_of
from services.poller.core.model import FeedConfig, FeedState, HubTrust, ParsedFeed
from services.poller.core.websub import Subscription
from services.poller.metrics import PollerMetrics
from services.poller.ports import FeedStore, HubClient, Push, PushStore
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

PushStatus = Literal["taken", "unsigned", "unknown", "full"]
PUSH_STATUSES: tuple[PushStatus, ...] = get_args(PushStatus)

SWEEP_LIMIT: Final = 20
ATTEMPTS: Final = 5  # to write what somebody else writes at the same moment
LEFT: Final = "left:"  # before the token: where a subscription is kept that its feed has no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """All subscriptions of the feeds that are listed. See also :class:`services.poller.ports.Hubs`.

    ``public_url`` is what hubs are given as the callback's beginning. ``usable`` says whether a hub may be asked: the
    secret goes to it, so that is TLS, or a host that the operator allowed.
    """

    public_url: str
    hubs: HubClient
    store: PushStore
    hosts: FeedStore
    metrics: PollerMetrics
    clock: Clock
    listed: Callable[[str], bool]
    usable: Callable[[str], bool]
    hurried: Callable[[str], bool] = lambda _: False
    gap_seconds: float = 5.0
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)

    async def promised(self, feed_id: str, now: datetime) -> datetime | None:
        found = await self.store.subscription(feed_id)
        return found.verified_at if found is not None and websub.active(found, now) else None

    async def named(
        self, config: FeedConfig, state: FeedState, headers: Mapping[str, str], feed: ParsedFeed, *, base: str
    ) -> HubTrust | None:
        found, now = websub.named(headers, feed, base=base, usable=self.usable), self.clock.now()
        trust = hubtrust.named(state.hub, found, now)
        if found is None or trust is None or hubtrust.given_up(trust, now):
            if state.hub is not None:
                await self.leave(config.id)
            return trust
        kept = await self.store.subscription(config.id)
        if kept is None or (kept.hub, kept.topic) != (found.hub, found.topic):
            await self.leave(config.id)
            made = websub.new(found, token=self.token(), secret=self.token(), now=self.clock.now())
            await self.store.replace(config.id, None, made)
        return trust

    async def leave(self, feed_id: str) -> None:
        """Have the feed no subscription any more, and its hub told so with the next sweeps."""
        kept = await self.store.subscription(feed_id)
        if kept is None:
            return
        await self.store.forget(feed_id)
        leaving = websub.left(kept, self.clock.now())
        if leaving is not None:
            await self.store.replace(f"{LEFT}{kept.token}", None, leaving)

    async def leave_unlisted(self) -> None:
        """Leave the hubs of all feeds that are not on the list any more."""
        for feed_id in await self.store.subscribed():
            if not feed_id.startswith(LEFT) and not self.listed(feed_id):
                await self.leave(feed_id)

    async def sweep(self) -> int:
        """Act on every subscription that is due: ask for it, ask again, renew it. How many there were."""
        due = await self.store.due_subscriptions(self.clock.now(), SWEEP_LIMIT)
        for feed_id in due:
            await self._act(feed_id)
        return len(due)

    async def _act(self, feed_id: str) -> None:
        kept, now = await self.store.subscription(feed_id), self.clock.now()
        if kept is None:
            await self.store.forget(feed_id)
        elif not (kept.leaving or self.listed(feed_id)):
            await self.leave(feed_id)
        elif kept.asking:
            await self._failed(feed_id, kept, "the hub did not ask back")
        else:
            host = host_of(kept.hub) or kept.hub
            polite = not self.hurried(kept.hub)
            wait = await self.hosts.take_host(host, now, self.gap_seconds) if polite else 0.0
            if wait > 0:
                await self.store.later(feed_id, now + timedelta(seconds=wait))
                return
            try:
                await self._ask(feed_id, kept)
            finally:
                if polite:
                    await self.hosts.release_host(host)

    async def _ask(self, feed_id: str, kept: Subscription) -> None:
        asking = websub.asked(kept, self.clock.now())
        if not await self.store.replace(feed_id, kept, asking):
            return  # somebody else acts on it
        answer = await self.hubs.post(kept.hub, websub.form(kept, f"{self.public_url.rstrip('/')}/{kept.token}"))
        if answer.status is not None and 200 <= answer.status < 300:
            return  # the hub asks back, or has asked back already
        now_kept = await self.store.subscription(feed_id)
        if now_kept is not None and now_kept.revision == asking.revision:
            await self._failed(feed_id, now_kept, answer.detail or answer.outcome)

    async def _failed(self, feed_id: str, kept: Subscription, reason: str) -> None:
        log.warning("hub_refused", hub=kept.hub, topic=kept.topic, reason=reason, failures=kept.failures + 1)
        self.metrics.subscriptions.labels("failed").inc()
        if kept.leaving and kept.failures + 1 >= websub.LEAVE_ATTEMPTS:
            await self.store.forget(feed_id)
            return
        await self.store.replace(feed_id, kept, websub.failed(kept, self.clock.now(), reason))

    async def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        """What to answer the hub that asks back; None where nothing was asked of it (404)."""
        feed_id = await self.store.feed_of(token)
        for _ in range(ATTEMPTS if feed_id is not None else 0):
            kept = await self.store.subscription(feed_id or "")
            if kept is None or kept.token != token:
                return None
            if kept.leaving:
                return await self._ended(feed_id or "", kept, query)
            if not self.listed(feed_id or ""):
                return None
            now = self.clock.now()
            refusal = websub.denied(kept, query, now)
            if refusal is not None:
                if await self.store.replace(feed_id or "", kept, refusal):
                    self.metrics.subscriptions.labels("denied").inc()
                    return ""
                continue
            found = websub.confirmed(kept, query, now)
            if found is None:
                return None
            if await self.store.replace(feed_id or "", kept, found[0]):
                log.info("hub_confirmed", hub=kept.hub, topic=kept.topic, lease_until=str(found[0].lease_until))
                self.metrics.subscriptions.labels("confirmed").inc()
                return found[1]
        return None

    async def _ended(self, feed_id: str, kept: Subscription, query: Mapping[str, str]) -> str | None:
        challenge = websub.ended(kept, query)
        if challenge is not None:
            log.info("hub_left", hub=kept.hub, topic=kept.topic)
            self.metrics.subscriptions.labels("left").inc()
            await self.store.forget(feed_id)
        return challenge

    async def take(self, token: str, body: bytes, *, signature: str | None, content_type: str | None) -> PushStatus:
        """Take in a push. Only one that is signed with the subscription's secret is kept."""
        status = await self._take(token, body, signature, content_type)
        self.metrics.pushes.labels(status).inc()
        return status

    async def _take(self, token: str, body: bytes, signature: str | None, content_type: str | None) -> PushStatus:
        feed_id = await self.store.feed_of(token)
        kept = await self.store.subscription(feed_id) if feed_id is not None and self.listed(feed_id) else None
        if kept is None or feed_id is None or kept.token != token:
            return "unknown"
        if not websub.signed(kept.secret, signature, body):
            log.warning("push_with_a_bad_signature", hub=kept.hub, topic=kept.topic)
            return "unsigned"
        push = Push(body=body, content_type=content_type, received_at=self.clock.now())
        return "taken" if await self.store.enqueue(feed_id, push) else "full"
