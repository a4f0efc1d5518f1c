"""What looking again needs of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.poller.core.rechecks import WatchedPage


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
