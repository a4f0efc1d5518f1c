"""Looks again at the pages of alerts: notes them from ``alerts``, asks for those that are due, publishes what changed.

A finding is published before it is remembered, and its version is named by what was found, so a look that is done
twice is harmless.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from services.contracts import codec
from services.contracts.messages import Alert
from services.poller.core.rechecks import WatchedPage, after_look, failed, pages_of
from services.poller.metrics import PollerMetrics
from services.poller.ports import Pages
from services.poller.publishing import outgoing
from services.runtime.messages.delivery import Delivery
from services.runtime.ports import Publisher
from services.runtime.process import tasks
from services.runtime.process.clock import Clock
from services.runtime.process.logging import get

log = get(__name__)

AT_ONCE: Final = 4
IDLE_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 600.0  # for one page, its host's turn included: less than the lease


@dataclass(frozen=True, slots=True)
class PageClaim:
    """A page that this process may look at until its lease ends."""

    token: str
    page: WatchedPage


class WatchedPages(Protocol):
    """The pages that are looked at again, shared by all pollers. Waits while its server is away."""

    async def add(self, page: WatchedPage) -> bool:
        """Have a page looked at now. False where it is known, also if its looks are done, or where too many wait."""

    async def claim(self, now: datetime, limit: int) -> Sequence[PageClaim]:
        """Pages that are due, leased to this process."""

    async def take_turn(self, now: datetime, a_day: int) -> bool:
        """Count a look; False where there were ``a_day`` today already."""

    async def finish(self, claim: PageClaim, page: WatchedPage | None, due: datetime | None) -> None:
        """Keep the page for its next look; None: its looks are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecker:
    """:meth:`take` is given what comes on ``alerts``; :meth:`run` looks until it is cancelled.

    ``busy`` says that feeds are waiting to be polled, or nothing may be asked: then nobody looks.
    """

    store: WatchedPages
    pages: Pages
    publisher: Publisher
    metrics: PollerMetrics
    clock: Clock
    after: Sequence[timedelta]
    a_day: int
    host_gap_seconds: float
    busy: Callable[[], bool]

    async def take(self, batch: Sequence[Delivery]) -> None:
        """Note the pages of new high and critical alerts. What cannot be read, others set aside."""
        for delivery in batch:
            try:
                alert = codec.decode(delivery.value, Alert)
            except codec.UndecodableError:
                continue
            for page in pages_of(alert, self.clock.now()):
                await self.store.add(page)

    async def run(self) -> None:
        """Look at what is due, a few pages at once; never returns."""
        looks: set[asyncio.Task[None]] = set()
        try:
            while True:
                free = 0 if self.busy() else AT_ONCE - len(looks)
                for claim in await self.store.claim(self.clock.now(), free) if free else ():
                    task = asyncio.create_task(self.look(claim))
                    looks.add(task)
                    task.add_done_callback(looks.discard)
                await self.clock.sleep(IDLE_SECONDS)
        finally:
            await tasks.end(looks)

    async def look(self, claim: PageClaim) -> None:
        """One look at one page. A defect of ours costs this look, not the next."""
        page, now = claim.page, self.clock.now()
        if not await self.store.take_turn(now, self.a_day):
            self.metrics.rechecks.labels("put_off").inc()
            await self.store.finish(claim, page, _tomorrow(now, page.article_id))
            return
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                found = await self.pages.look(page.url, gap_seconds=self.host_gap_seconds)
            text = found.page.text if found.page is not None else None
            step = after_look(page, found.answer, text, self.clock.now(), self.after)
        except TimeoutError:
            step = failed(page, self.clock.now(), self.after)
        except Exception:
            log.exception("look_ended_by_a_defect", article=page.article_id, url=page.url)
            step = failed(page, self.clock.now(), self.after)
        if step.article is not None:
            refused = await self.publisher.publish([outgoing(step.article)])
            log.info("page_differs", article=page.article_id, url=page.url, outcome=step.outcome, refused=len(refused))
        await self.store.finish(claim, step.page, step.due)
        self.metrics.rechecks.labels(step.outcome).inc()


def _tomorrow(now: datetime, article_id: str) -> datetime:
    """Some time in the first hour of the next day (UTC), so that not all come at once."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    spread = int.from_bytes(hashlib.blake2b(article_id.encode(), digest_size=2).digest(), "big")
    return midnight + timedelta(seconds=spread % 3600)
