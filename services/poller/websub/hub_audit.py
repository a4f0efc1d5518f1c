"""How far a hub is trusted: once it has pushed news, its feed is asked seldom, and those polls audit it.

One rule: a hub that missed something is not trusted for a week. A pull that finds what was not pushed puts it in doubt;
what nobody pushes within ten minutes and until the next pull was missed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

GRACE: Final = timedelta(minutes=10)
DISTRUSTED_FOR: Final = timedelta(days=7)
MAX_UNPUSHED: Final = 50


class HubAudit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the audit of one subscription remembers. ``unpushed`` are articles that a pull found before any push."""

    pushed_at: datetime | None = None  # when it pushed news last
    unpushed: tuple[str, ...] = ()
    doubted_at: datetime | None = None
    missed_at: datetime | None = None

    def trusted(self, now: datetime) -> bool:
        """Whether its pushes may stand for polls."""
        missed = self.missed_at is not None and now - self.missed_at < DISTRUSTED_FOR
        return self.pushed_at is not None and not self.unpushed and not missed

    def after_push(self, ids: Collection[str], *, new: int, now: datetime) -> HubAudit:
        """The audit after a push of items ``ids``, ``new`` of which were not known."""
        left = tuple(name for name in self.unpushed if name not in ids)
        news = new > 0 or len(left) < len(self.unpushed)
        return msgspec.structs.replace(
            self,
            pushed_at=now if news else self.pushed_at,
            unpushed=left,
            doubted_at=self.doubted_at if left else None,
        )

    def after_pull(self, new: Sequence[str], now: datetime) -> HubAudit:
        """The audit after a pull that found ``new`` items which the hub should have pushed."""
        after = self
        if self.unpushed and self.doubted_at is not None and now - self.doubted_at >= GRACE:
            after = msgspec.structs.replace(self, unpushed=(), doubted_at=None, missed_at=now)
        if not new:
            return after
        return msgspec.structs.replace(
            after,
            unpushed=(*after.unpushed, *new)[:MAX_UNPUSHED],
            doubted_at=after.doubted_at if after.unpushed else now,
        )
