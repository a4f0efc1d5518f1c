"""Takes what is due out of the outbox and sends it: attempt, wait for the answer, note it; else back off.

Each channel is served by itself, one notification after the other, so that a slow or broken one keeps nobody waiting. A
channel that fails cools down as a whole, longer each time: a thousand waiting deliveries are not a thousand attempts.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifier.core import deliveries, schedule
from services.notifier.core.deliveries import MAX_IN_DIGEST, Notification
from services.notifier.core.schedule import ReleaseTime
from services.notifier.core.watches import ActiveWatches, ChannelKind, Route
from services.notifier.errors import SendError
from services.notifier.metrics import NotifierMetrics
from services.notifier.ports import Batch, Claimed, EnqueueRequest, Outbox, Sender
from services.runtime.process import tasks, telemetry
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

LEASE_SECONDS = 120.0  # longer than any attempt: after a crash somebody else may try then
LONGEST_ASKED_SECONDS = 3600.0  # a longer Retry-After is cut to this
TICK_SECONDS = 0.5
_AHEAD = timedelta(days=7)  # what is due longest is sent first: a test goes before all that waits


@dataclass(frozen=True, slots=True)
class _Cooldown:
    """A channel that failed: how often in a row, until when it is left alone, and what it said."""

    failures: int
    until: datetime
    error: str


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Run it with :meth:`run`; :meth:`round` is one turn of it. ``use`` may be called at any time.

    ``look`` takes the file of watches if it has changed: a test may be of a watch that was just saved.
    """

    watches: ActiveWatches
    outbox: Outbox
    senders: Mapping[ChannelKind, Sender]
    dead_after: timedelta
    clock: Clock
    metrics: NotifierMetrics
    look: Callable[[], Awaitable[None]]
    _cooldowns: dict[str, _Cooldown] = field(default_factory=dict)
    _serving: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False

    def use(self, watches: ActiveWatches) -> None:
        """Send through these channels from now on; those that cool down are tried at once, as they may be mended."""
        self.watches = watches
        self._cooldowns.clear()
        self.wake()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Send what is due until :meth:`stop` is called. Raises what ends the service of a channel: a defect."""
        while not self._stopping:
            await self.begin_round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._woken.wait()
                self._woken.clear()

    async def stop(self, *, within_seconds: float) -> None:
        """Begin nothing more, and give what is under way some time. What is cut off is sent again later."""
        self._stopping = True
        self.wake()
        under_way = set(self._serving.values())
        if under_way:
            _, left = await asyncio.wait(under_way, timeout=within_seconds)
            await tasks.end(left)

    async def round(self) -> None:
        """Flush what is due into digests, and serve every channel until nothing is due or it fails."""
        await self.begin_round()
        serving = list(self._serving.values())
        if serving:
            await asyncio.gather(*serving)
        self._reap()

    async def begin_round(self) -> None:
        """The same, with the channels being served in the background."""
        self._reap()
        await self._queue_tests()
        for batch in await self.outbox.due_batches(now=self.clock.now()):
            await self._close_batch(batch)
        for channel_id in sorted({*self.watches.routes, *await self.outbox.channels()}):
            cooldown = self._cooldowns.get(channel_id)
            cooling = cooldown is not None and cooldown.until > self.clock.now()
            if channel_id not in self._serving and not cooling and not self._stopping:
                self._serving[channel_id] = asyncio.create_task(self._serve(channel_id), name=f"channel.{channel_id}")
        due, held = await self.outbox.sizes()
        self.metrics.queue.labels("due").set(due)
        self.metrics.queue.labels("held").set(held)
        self.metrics.failing.set(len(self._cooldowns))

    def _reap(self) -> None:
        for channel_id, task in list(self._serving.items()):
            if task.done():
                del self._serving[channel_id]
                task.result()

    async def _queue_tests(self) -> None:
        """Tests pass by quiet hours, limits and digests, and are tried once."""
        now = self.clock.now()
        requests = await self.outbox.take_tests()
        if requests:
            await self.look()
        for request in requests:
            watch = self.watches.file.watch(request.watch_id)
            if watch is None:
                log.warning("test_of_no_watch", watch=request.watch_id)
                continue
            release = ReleaseTime(at=now - _AHEAD, how="now", unlimited=True)
            tests = [
                deliveries.test_of(request, watch_name=watch.name, channel_id=channel, queued_at=now)
                for channel in watch.channels
            ]
            await self.outbox.enqueue(
                [EnqueueRequest(notification=test, release=release, per_hour=None) for test in tests], now=now
            )
            for test in tests:
                self._cooldowns.pop(test.channel_id, None)  # whoever asks wants to know now
                self.metrics.delivery(self._kind(test.channel_id), "queued")

    # ------------------------------------------------------------------ digests

    async def _close_batch(self, batch: Batch) -> None:
        """Make the digest of a batch, unless the hours are quiet by the watches that hold now."""
        now = self.clock.now()
        watch = self.watches.file.watch(batch.watch_id)
        opened = schedule.quiet_until(watch.quiet, now) if watch is not None else None
        if opened is not None:
            await self.outbox.postpone(batch, at=opened)
            return
        notifications = await self.outbox.collected(batch, limit=MAX_IN_DIGEST)
        digest = deliveries.digest_of(notifications, queued_at=now) if notifications else None
        if await self.outbox.close_batch(batch, digest, now=now) and digest is not None:
            self.metrics.delivery(self._kind(batch.channel_id), "digested", len(digest.members))

    # ------------------------------------------------------------------ one channel

    async def _serve(self, channel_id: str) -> None:
        while not self._stopping:
            claimed = await self.outbox.claim(channel_id, now=self.clock.now(), lease_seconds=LEASE_SECONDS)
            if claimed is None or not await self._deliver(claimed):
                return

    async def _deliver(self, claimed: Claimed) -> bool:
        """One attempt. Whether the channel may be given the next notification."""
        notification = claimed.notification
        route = self.watches.routes.get(notification.channel_id)
        if route is None:
            await self._give_up(notification, "the watch file has no such channel any more")
            return True
        cooldown = self._cooldowns.get(route.id)
        if cooldown is not None and self._expired(notification):
            await self._give_up(notification, cooldown.error)
            return True
        try:
            await self._attempt(notification, route)
        except SendError as error:
            return await self._failed(claimed, error)
        self._cooldowns.pop(route.id, None)
        if await self.outbox.sent(notification, now=self.clock.now()):
            self.metrics.delivery(route.channel.kind, "sent")
            log.info(
                "delivered", watch=notification.watch_id, channel=notification.channel_id, delivery=notification.id
            )
        return True

    async def _attempt(self, notification: Notification, route: Route) -> None:
        began, status = self.clock.monotonic(), "failed"
        try:
            await self.senders[route.channel.kind].send(notification, route)
            status = "sent"
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # A defect in making or sending one message must not stop the others; its text may hold what it choked on.
            log.error("sending_failed", delivery=notification.id, channel=route.id, error=type(error).__name__)
            raise SendError(f"a defect ({type(error).__name__})", of_channel=False) from error
        finally:
            seconds = self.clock.monotonic() - began
            self.metrics.delivery_seconds.labels(route.channel.kind).observe(seconds)
            if telemetry.enabled():
                parent = deliveries.traceparent_of(notification)
                telemetry.attempted(route.channel.kind, notification.id, parent, status, seconds)

    async def _failed(self, claimed: Claimed, error: SendError) -> bool:
        notification, now, detail = claimed.notification, self.clock.now(), str(error)
        if error.of_channel:
            before = self._cooldowns.get(notification.channel_id)
            failures = (before.failures if before else 0) + 1
            seconds = self._pause(failures, error)
            self._cooldowns[notification.channel_id] = _Cooldown(failures, now + timedelta(seconds=seconds), detail)
        else:
            seconds = self._pause(claimed.attempts + 1, error)
        if notification.test or self._expired(notification):
            await self._give_up(notification, detail)
        else:
            await self.outbox.retry(notification, at=now + timedelta(seconds=seconds), error=detail)
            self.metrics.delivery(self._kind(notification.channel_id), "retried")
            log.warning(
                "delivery_failed",
                channel=notification.channel_id,
                delivery=notification.id,
                error=detail,
                again_in=seconds,
            )
        return not error.of_channel

    def _pause(self, failures: int, error: SendError) -> float:
        return max(schedule.backoff_seconds(failures), min(error.after_seconds or 0.0, LONGEST_ASKED_SECONDS))

    def _expired(self, notification: Notification) -> bool:
        return self.clock.now() - notification.queued_at >= self.dead_after

    async def _give_up(self, notification: Notification, error: str) -> None:
        if await self.outbox.dead(notification, now=self.clock.now(), error=error):
            self.metrics.delivery(self._kind(notification.channel_id), "dead")
            log.error("delivery_dead", channel=notification.channel_id, delivery=notification.id, error=error)

    def _kind(self, channel_id: str) -> ChannelKind | None:
        route = self.watches.routes.get(channel_id)
        return route.channel.kind if route is not None else None
