"""One poll: ask, take in, and only then remember.

The feed's state is written after the last acknowledgement of what the poll brought, so a crash anywhere before that
leads to asking again, never to a hole.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import timedelta

from services.contracts import ids
from services.poller.core import policy, rhythm
from services.poller.core.canonical import host_of
from services.poller.core.model import SUCCESSES, FeedConfig, Fetched, Outcome, Polled, Request
from services.poller.intake import Intake
from services.poller.metrics import PollerMetrics
from services.poller.ports import Claim, FeedStore, Fetcher, Hubs, Push
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Polls one claimed feed at a time; many run at once."""

    fetcher: Fetcher
    intake: Intake
    store: FeedStore
    metrics: PollerMetrics
    clock: Clock
    host_gap_seconds: float
    listed: Callable[[str], bool] = lambda _: False
    unhurried: Callable[[FeedConfig], bool] = lambda _: True
    jitter: Callable[[], float] = random.random
    hubs: Hubs | None = None
    unvalidated_seconds: float = policy.UNVALIDATED_SECONDS

    async def poll(self, claim: Claim, config: FeedConfig) -> Outcome | None:
        """Poll the feed, or take in what its hub pushed.

        None where its host has to be left alone for now: the feed is due again later.
        """
        if claim.pushed and (push := await self.store.queued(claim.feed_id)) is not None:
            return await self._take(push, claim, config)
        now = self.clock.now()
        request = policy.request(config, claim.state, now)
        host = host_of(request.url) or request.url
        polite = self.unhurried(config)
        wait = await self.store.take_host(host, now, self.host_gap_seconds) if polite else 0.0
        if wait > 0:
            await self.store.postpone(claim, now + timedelta(seconds=wait))
            return None
        self.metrics.lateness_seconds.observe(max(0.0, (now - claim.due_at).total_seconds()))
        started = self.clock.monotonic()
        fetched = await self._fetched(request, host if polite else None)
        failpoints.reach("poller.fetched")
        self.metrics.fetch_seconds.observe(self.clock.monotonic() - started)
        self.metrics.received.inc(fetched.wire_bytes)
        whole = request.etag is None and request.last_modified is None
        polled, seen = await self.intake.take(claim, config, fetched, polite=polite, whole=whole)
        if seen is not None:
            failpoints.reach("poller.acknowledged")
        self.metrics.missed.inc(rhythm.missed(claim.state, polled))
        polled = await self._audited(claim, config, await self._merged(claim, config, polled), base=fetched.url)
        pause = policy.host_pause_seconds(polled, self.clock.now())
        if pause is not None:
            await self.store.pause_host(host, self.clock.now() + timedelta(seconds=pause))
        held = host if polite and fetched.outcome != "ok" else None
        return await self._finish(claim, config, polled, seen, host=held)

    async def _fetched(self, request: Request, host: str | None) -> Fetched:
        """The answer. A ``host`` that was taken is free again where there is more to do than to remember it."""
        try:
            fetched = await self.fetcher.feed(request)
        except BaseException:
            if host is not None:
                await self.store.release_host(host)
            raise
        if fetched.outcome == "ok" and host is not None:
            await self.store.release_host(host)
        return fetched

    async def give_up(self, claim: Claim, config: FeedConfig, defect: Exception) -> Outcome:
        """End a poll that a defect of ours ended: a failure of the feed, asked again later, nothing remembered."""
        polled = Polled(outcome="parse_error", detail=f"a defect of Wirewatch: {type(defect).__name__}")
        return await self._finish(claim, config, polled, None)

    async def _finish(
        self, claim: Claim, config: FeedConfig, polled: Polled, seen: bytes | None, *, host: str | None = None
    ) -> Outcome:
        now = self.clock.now()
        state = policy.after(
            config, claim.state, polled, now, self.jitter(), unvalidated_seconds=self.unvalidated_seconds
        )
        await self.store.finish(claim, state, seen, host=host)
        failpoints.reach("poller.remembered")
        self.metrics.polls.labels(polled.outcome).inc()
        if polled.outcome == "too_large":
            self.metrics.caps.labels("body").inc()
        self.metrics.last_progress.set(now.timestamp())
        return polled.outcome

    async def _take(self, push: Push, claim: Claim, config: FeedConfig) -> Outcome:
        """Read and publish a push as if it were a poll; nothing is asked of the publisher's feed."""
        headers = {"content-type": push.content_type} if push.content_type else {}
        fetched = Fetched(outcome="ok", url=claim.state.url or config.url, headers=headers, body=push.body)
        polled, seen = await self.intake.take(claim, config, fetched, polite=self.unhurried(config), whole=False)
        now = self.clock.now()
        await self.store.finish(claim, policy.after_push(config, claim.state, polled, now), seen)
        self.metrics.last_progress.set(now.timestamp())
        return polled.outcome

    async def _audited(self, claim: Claim, config: FeedConfig, polled: Polled, *, base: str) -> Polled:
        """Note the hub that the document names, and whether it has promised to push."""
        if self.hubs is None or polled.outcome not in SUCCESSES:
            return polled
        hub = claim.state.hub
        if polled.feed is not None:
            hub = await self.hubs.named(config, claim.state, polled.headers or {}, polled.feed, base=base)
        since = await self.hubs.promised(config.id, self.clock.now()) if hub is not None else None
        return dataclasses.replace(polled, hub=hub, pushes_since=since)

    async def _merged(self, claim: Claim, config: FeedConfig, polled: Polled) -> Polled:
        """Note where a feed that has moved for good asks what another feed of the list asks already."""
        url = claim.state.url
        if url is None or polled.outcome not in SUCCESSES:
            return polled
        configured = ids.feed_id(url)
        owner = configured if self.listed(configured) else await self.store.owner_of(url, config.id)
        if owner == config.id or not self.listed(owner):
            return polled
        return dataclasses.replace(polled, same_as=owner)
