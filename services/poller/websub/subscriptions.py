"""Subscriptions to the hubs that feeds name: asked for, confirmed, renewed, and what they push taken in.

Inner ring: through ports only. The steps themselves are in ``protocol.py``; every change is written only where
nobody else has changed the subscription meanwhile, because the hub asks back while the request is still open.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from services.poller.core.canonical import host_of
from services.poller.core.model import FeedConfig, Fetched, Polled
from services.poller.metrics import PollerMetrics
from services.poller.ports import FeedStore, Push
from services.poller.status import PushStatus, SubscriptionEvent
from services.poller.websub import protocol
from services.poller.websub.hub_audit import HubAudit
from services.poller.websub.protocol import Subscription
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

SWEEP_LIMIT: Final = 20
SWEEP_SECONDS: Final = 1.0
ATTEMPTS: Final = 5  # to write what somebody else writes at the same moment
LEFT: Final = "left:"  # before the token: where a subscription is kept that its feed has no more


class PushStore(Protocol):
    """Subscriptions to hubs, and what the hubs pushed. Waits while its server is away."""

    async def subscription(self, feed_id: str) -> Subscription | None:
        """The feed's subscription."""

    async def replace(self, feed_id: str, before: Subscription | None, after: Subscription) -> bool:
        """Store ``after`` unless somebody has changed ``before`` meanwhile; False then."""

    async def forget(self, feed_id: str) -> None:
        """Remove the subscription: its callback is unknown from now on."""

    async def subscribed(self) -> Sequence[str]:
        """All feeds that have a subscription."""

    async def feed_of(self, token: str) -> str | None:
        """Whose callback has this token."""

    async def due_subscriptions(self, now: datetime, limit: int) -> Sequence[str]:
        """Feeds whose subscription somebody has to act on; this process has a minute for it."""

    async def later(self, feed_id: str, until: datetime) -> None:
        """Act on the subscription at ``until``, without a change to it."""

    async def enqueue(self, feed_id: str, push: Push) -> bool:
        """Keep a push and make its feed due now. False where too much waits already."""


class HubClient(Protocol):
    """Asks hubs; never raises for what the world answers."""

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        """Send a form."""


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
    exempt_from_host_gap: Callable[[str], bool] = lambda _: False
    gap_seconds: float = 5.0
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)

    async def after_poll(
        self, config: FeedConfig, polled: Polled, *, base: str, last_success_at: datetime | None
    ) -> bool:
        if polled.feed is not None:
            await self._follow(config, polled, base)
        now = self.clock.now()

        def audited(kept: Subscription) -> HubAudit:
            if not protocol.is_active(kept, now) or kept.verified_at is None:
                return HubAudit(missed_at=kept.audit.missed_at)  # it has promised nothing now
            # what a pull finds counts where the pull before it came after the promise
            counts = last_success_at is not None and last_success_at >= kept.verified_at
            return kept.audit.after_pull(polled.new_ids if counts else (), now)

        return await self._audit(config.id, audited)

    async def after_push(self, feed_id: str, polled: Polled) -> bool:
        now = self.clock.now()
        if polled.outcome != "ok":
            return await self._audit(feed_id, lambda kept: kept.audit)
        return await self._audit(
            feed_id, lambda kept: kept.audit.after_push(polled.item_ids, new=polled.new_items, now=now)
        )

    async def _follow(self, config: FeedConfig, polled: Polled, base: str) -> None:
        """Subscribe to the hub that a document names where that is news, and leave the one it named before."""
        if polled.feed is None:
            return
        found = protocol.find_hub(polled.headers or {}, polled.feed, base=base, usable=self.usable)
        kept = await self.store.subscription(config.id)
        if kept is not None and found is not None and (kept.hub, kept.topic) == (found.hub, found.topic):
            return
        if kept is not None:
            await self.leave(config.id)
        if found is not None:
            made = protocol.new_subscription(found, token=self.token(), secret=self.token(), now=self.clock.now())
            await self.store.replace(config.id, None, made)

    async def _audit(self, feed_id: str, change: Callable[[Subscription], HubAudit]) -> bool:
        """Store what the audit comes to; whether the hub has promised to push and is trusted."""
        now = self.clock.now()
        for _ in range(ATTEMPTS):
            kept = await self.store.subscription(feed_id)
            if kept is None:
                return False
            audit = change(kept)
            if audit == kept.audit or await self.store.replace(feed_id, kept, protocol.with_audit(kept, audit)):
                return protocol.is_active(kept, now) and audit.trusted(now)
        return False

    async def leave(self, feed_id: str) -> None:
        """End the feed's subscription; the next sweeps unsubscribe from its hub."""
        kept = await self.store.subscription(feed_id)
        if kept is None:
            return
        await self.store.forget(feed_id)
        leaving = protocol.unsubscribing(kept, self.clock.now())
        if leaving is not None:
            await self.store.replace(f"{LEFT}{kept.token}", None, leaving)

    async def leave_unlisted(self) -> None:
        """Leave the hubs of all feeds that are not on the list any more."""
        for feed_id in await self.store.subscribed():
            if not feed_id.startswith(LEFT) and not self.listed(feed_id):
                await self.leave(feed_id)

    async def keep(self, paused: Callable[[], bool]) -> None:
        """Look after the subscriptions until cancelled; ``paused`` says when a server is away."""
        while True:
            if paused() or not await self.sweep():
                await self.clock.sleep(SWEEP_SECONDS)

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
            polite = not self.exempt_from_host_gap(kept.hub)
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
        asking = protocol.requested(kept, self.clock.now())
        if not await self.store.replace(feed_id, kept, asking):
            return  # somebody else acts on it
        answer = await self.hubs.post(
            kept.hub, protocol.request_form(kept, f"{self.public_url.rstrip('/')}/{kept.token}")
        )
        if answer.status is not None and 200 <= answer.status < 300:
            return  # the hub asks back, or has asked back already
        now_kept = await self.store.subscription(feed_id)
        if now_kept is not None and now_kept.revision == asking.revision:
            await self._failed(feed_id, now_kept, answer.detail or answer.outcome)

    async def _failed(self, feed_id: str, kept: Subscription, reason: str) -> None:
        log.warning("hub_refused", hub=kept.hub, topic=kept.topic, reason=reason, failures=kept.failures + 1)
        self.metrics.subscriptions.labels("failed").inc()
        if kept.leaving and kept.failures + 1 >= protocol.LEAVE_ATTEMPTS:
            await self.store.forget(feed_id)
            return
        await self.store.replace(feed_id, kept, protocol.after_failure(kept, self.clock.now(), reason))

    async def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        """What to answer the hub that asks back; None where nothing was asked of it (404)."""
        feed_id = await self.store.feed_of(token)
        if feed_id is None:
            return None
        for _ in range(ATTEMPTS):
            kept = await self.store.subscription(feed_id)
            if kept is None or kept.token != token:
                return None
            if kept.leaving:
                return await self._ended(feed_id, kept, query)
            if not self.listed(feed_id):
                return None
            changed, answer, event = _answered(kept, query, self.clock.now())
            if changed is None:
                return None
            if await self.store.replace(feed_id, kept, changed):
                log.info("hub_answered", event_of=event, hub=kept.hub, topic=kept.topic)
                self.metrics.subscriptions.labels(event).inc()
                return answer
        return None

    async def _ended(self, feed_id: str, kept: Subscription, query: Mapping[str, str]) -> str | None:
        challenge = protocol.confirm_end(kept, query)
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
        if not protocol.is_signed(kept.secret, signature, body):
            log.warning("push_with_a_bad_signature", hub=kept.hub, topic=kept.topic)
            return "unsigned"
        push = Push(body=body, content_type=content_type, received_at=self.clock.now())
        return "taken" if await self.store.enqueue(feed_id, push) else "full"


def _answered(
    kept: Subscription, query: Mapping[str, str], now: datetime
) -> tuple[Subscription | None, str, SubscriptionEvent]:
    """The subscription after a hub has denied or asked back, what to answer it, and what that was."""
    denied = protocol.after_denial(kept, query, now)
    if denied is not None:
        return denied, "", "denied"
    confirmed = protocol.confirm(kept, query, now)
    return (confirmed[0], confirmed[1], "confirmed") if confirmed is not None else (None, "", "confirmed")
