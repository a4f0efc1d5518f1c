"""The feeds: the list in its file, and how each stands in the poller's store."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from redis.asyncio import Redis

from services.cli.feeds import lists
from services.poller.core import opml
from services.poller.core.cadence import items_a_day
from services.poller.core.diagnosis import FAILED_POLLS
from services.poller.core.health import bad_since, health
from services.poller.core.model import FeedConfig
from services.poller.core.state import FeedState
from services.poller.edges.redis import read_states, wish
from services.poller.status import TIERS
from services.runtime.errors import TransientError, UsageError
from services.runtime.process.clock import Clock
from services.runtime.redis.connection import FAILURES

_READ_ONLY = "This api has no feed list to edit: set WIREWATCH_API_FEEDS to the file that the poller reads."


class Feeds:
    """The feed list in ``path``. Without one the shipped list is shown, and nothing is changed."""

    def __init__(self, path: Path | None, redis: Redis, clock: Clock) -> None:
        self._path = path
        self._redis = redis
        self._clock = clock
        self._writing = asyncio.Lock()

    async def listed(self) -> Mapping[str, Any]:
        """``editable``, ``tiers``, and ``feeds``: each with its health."""
        feeds = (await asyncio.to_thread(self._edited)).feeds
        try:
            states = await read_states(self._redis, [feed.id for feed in feeds])
        except FAILURES as error:
            raise TransientError(f"Redis cannot be read: {error}") from error
        now = self._clock.now()
        rows = [_row(feed, state, now) for feed, state in zip(feeds, states, strict=True)]
        return {"editable": self._path is not None, "tiers": TIERS, "feeds": rows}

    async def exported(self) -> str:
        """The list as OPML."""
        return opml.write((await asyncio.to_thread(self._edited)).feeds, title=lists.TITLE)

    async def add(self, url: str, *, title: str | None, folder: str | None, tier: str | None) -> int:
        """Add one feed. Raises :class:`UsageError` where it is none or there already."""
        made = lists.outline({"xmlUrl": url, "text": title or url, "wirewatchTier": tier}, folder)
        if not await self._change(lambda edited: edited.add(made)):
            raise UsageError(f"{url} is in the list already.")
        return 1

    async def imported(self, document: str) -> int:
        """Add the feeds of an OPML document that are not there yet; how many."""
        feeds = opml.parse(document.encode(), name="the file")
        return await self._change(lambda edited: edited.add(feeds))

    async def remove(self, urls: Sequence[str]) -> int:
        """Remove feeds; how many there were."""
        return await self._change(lambda edited: sum(edited.remove(url) for url in urls))

    async def set(self, urls: Sequence[str], **fields: object) -> int:
        """Change fields of feeds, such as ``tier`` and ``paused``; how many there were."""
        wanted = set(urls)

        def change(edited: lists.Edited) -> int:
            edited.feeds = [
                msgspec.structs.replace(feed, **fields) if feed.url in wanted else feed for feed in edited.feeds
            ]
            return sum(feed.url in wanted for feed in edited.feeds)

        return await self._change(change)

    async def poll(self, urls: Sequence[str]) -> int:
        """Have the poller ask feeds now; how many."""
        wanted = set(urls)
        ids = [feed.id for feed in (await asyncio.to_thread(self._edited)).feeds if feed.url in wanted]
        try:
            await wish(self._redis, ids)
        except FAILURES as error:
            raise TransientError(f"Redis cannot be written: {error}") from error
        return len(ids)

    async def _change(self, change: Callable[[lists.Edited], int]) -> int:
        if self._path is None:
            raise UsageError(_READ_ONLY)

        def changed() -> int:
            edited = self._edited()
            count = change(edited)
            if count:
                edited.write()
            return count

        async with self._writing:
            return await asyncio.to_thread(changed)

    def _edited(self) -> lists.Edited:
        if self._path is None or not self._path.is_file():
            return lists.Edited(self._path or Path(), "the shipped list", lists.load([]))
        return lists.Edited.opened(self._path, {})


def _row(feed: FeedConfig, state: FeedState | None, now: Any) -> dict[str, Any]:
    name = health(state, now)
    row: dict[str, Any] = {**msgspec.to_builtins(feed), "health": "paused" if feed.paused else name}
    if state is None:
        return row
    word = FAILED_POLLS.get(state.health.last_outcome or "", (None,))[0] if state.health.failures else None
    return row | {
        "problem": word,
        "detail": state.health.last_detail if state.health.failures else None,
        "since": bad_since(state, name),
        "last_success_at": state.health.last_success_at,
        "last_new_at": state.cadence.last_new_at,
        "next_poll_at": state.next_poll_at,
        "why_then": state.schedule_reason,
        "items_a_day": items_a_day(state.cadence, now),
        "delay_seconds": state.cadence.delay_seconds,
    }
