"""One poll: ask, take in, and only then remember.

The feed's state is written after the last acknowledgement of what the poll brought, so a crash anywhere before that
leads to asking again, never to a hole.
"""

import dataclasses
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from services.contracts import ids
from services.poller.core import cadence, policy
from services.poller.core.canonical import host_of
from services.poller.core.connectivity import Connectivity
from services.poller.core.model import FeedConfig, Fetched, Polled, Request
from services.poller.ingest import FeedIngest
from services.poller.metrics import PollerMetrics
from services.poller.ports import Claim, FeedStore, Fetcher, Hubs, Pages, Push
from services.poller.status import SUCCESSES, UNREACHABLE, Outcome
from services.runtime.process import failpoints
from services.runtime.process.clock import Clock

OFFLINE_RETRY_SECONDS: Final = 60.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Polls one claimed feed at a time; many run at once."""

    fetcher: Fetcher
    ingest: FeedIngest
    store: FeedStore
    metrics: PollerMetrics
    clock: Clock
    host_gap_seconds: float
    listed: Callable[[str], bool] = lambda _: False
    exempt_from_host_gap: Callable[[FeedConfig], bool] = lambda _: False
    jitter: Callable[[], float] = random.random
    hubs: Hubs | None = None
    pages: Pages | None = None
    daily_bytes: float = policy.DAILY_BYTES
    connectivity: Connectivity = dataclasses.field(default_factory=Connectivity)

    async def poll(self, claim: Claim, config: FeedConfig) -> Outcome | None:
        """Poll the feed, or take in what its hub pushed.

        None where its host has to be left alone for now: the feed is due again later.
        """
        if claim.pushed and (push := await self.store.queued(claim.feed_id)) is not None:
            return await self._take(push, claim, config)
        now = self.clock.now()
        request = policy.request(config, claim.state, now)
        host = host_of(request.url) or request.url
        polite = not self.exempt_from_host_gap(config)
        if polite and not self.connectivity.may_ask(now):
            await self.store.postpone(claim, now + timedelta(seconds=OFFLINE_RETRY_SECONDS))
            return None
        if config.page and (refused := await self._refused_by_robots(claim, config, request.url, polite)) is not None:
            return refused
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
        if polite and await self._put_off_while_offline(claim, fetched, host):
            return fetched.outcome
        whole = request.etag is None and request.last_modified is None
        polled, seen = await self.ingest.take(claim, config, fetched, polite=polite, whole=whole)
        if seen is not None:
            failpoints.reach("poller.acknowledged")
        self.metrics.missed.inc(cadence.may_have_missed(claim.state.cadence.items, polled))
        polled = await self._with_hub(claim, config, await self._merged(claim, config, polled), base=fetched.url)
        pause = policy.host_pause_seconds(polled, self.clock.now())
        if pause is not None:
            await self.store.pause_host(host, self.clock.now() + timedelta(seconds=pause))
        held = host if polite and fetched.outcome != "ok" else None
        return await self._finish(claim, config, polled, seen, host=held)

    async def _refused_by_robots(self, claim: Claim, config: FeedConfig, url: str, polite: bool) -> Outcome | None:
        """Why a page may not be asked for, with the poll ended; None where it may. A feed is there for programs."""
        gap = self.host_gap_seconds if polite else 0.0
        refused = await self.pages.refusal(url, gap_seconds=gap) if self.pages else None
        if refused is None:
            return None
        if polite and await self._put_off_while_offline(claim, Fetched(outcome=refused), host_of(url) or url):
            return refused
        return await self._finish(claim, config, Polled(outcome=refused), None)

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
        state = policy.after(config, claim.state, polled, now, self.jitter(), daily_bytes=self.daily_bytes)
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
        fetched = Fetched(outcome="ok", url=claim.state.moving.url or config.url, headers=headers, body=push.body)
        polled, seen = await self.ingest.take(
            claim, config, fetched, polite=not self.exempt_from_host_gap(config), whole=False
        )
        if self.hubs is not None:
            polled = dataclasses.replace(polled, hub_trusted=await self.hubs.after_push(config.id, polled))
        now = self.clock.now()
        await self.store.finish(claim, policy.after_push(config, claim.state, polled, now), seen)
        self.metrics.last_progress.set(now.timestamp())
        return polled.outcome

    async def _with_hub(self, claim: Claim, config: FeedConfig, polled: Polled, *, base: str) -> Polled:
        """Note whether the feed's hub pushes what this poll would have brought."""
        if self.hubs is None or polled.outcome not in SUCCESSES:
            return polled
        last = claim.state.health.last_success_at
        trusted = await self.hubs.after_poll(config, polled, base=base, last_success_at=last)
        return dataclasses.replace(polled, hub_trusted=trusted)

    async def _put_off_while_offline(self, claim: Claim, fetched: Fetched, host: str) -> bool:
        """Whether nobody at all answers us: then it is not this feed that has failed, and it is asked again soon.

        The operator's own hosts are left out: they may answer where the world does not.
        """
        now = self.clock.now()
        self.connectivity.record(host, fetched.outcome, now)
        if self.connectivity.offline_since is None or fetched.outcome not in UNREACHABLE:
            return False
        await self.store.release_host(host)
        await self.store.postpone(claim, now + timedelta(seconds=OFFLINE_RETRY_SECONDS))
        self.metrics.polls.labels(fetched.outcome).inc()
        return True

    async def _merged(self, claim: Claim, config: FeedConfig, polled: Polled) -> Polled:
        """Note where a feed that has moved for good asks what another feed of the list asks already."""
        url = claim.state.moving.url
        if url is None or polled.outcome not in SUCCESSES:
            return polled
        configured = ids.feed_id(url)
        owner = configured if self.listed(configured) else await self.store.owner_of(url, config.id)
        if owner == config.id or not self.listed(owner):
            return polled
        return dataclasses.replace(polled, duplicate_of=owner)
