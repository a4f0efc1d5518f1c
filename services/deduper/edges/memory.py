"""The index in this process: for ``wirewatch dedupe``, for tests and to measure with. Values stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from services.contracts.stories import StoryMember
from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.index import check_and_insert
from services.deduper.core.lookup import Query
from services.deduper.core.records import Head, Key
from services.deduper.core.verdict import Decision
from services.deduper.core.view import View
from services.deduper.errors import IndexLostError


class MemorySnapshot:
    """See :class:`services.deduper.ports.Snapshot`. All is loaded."""

    def __init__(self, store: MemoryStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket
        self._values = store.buckets.setdefault(bucket, {})
        self.head = store.heads.get(bucket, Head())

    def get(self, key: Key) -> Any:
        return self._values.get(key)

    async def load(self, keys: Collection[Key]) -> None:
        return

    async def commit(self, head: Head, changes: Mapping[Key, Any]) -> bool:
        return self.commit_now(head, changes)

    def commit_now(self, head: Head, changes: Mapping[Key, Any]) -> bool:
        """See :meth:`commit`."""
        held = self._store.heads.get(self._bucket, Head())
        if held not in (self.head, head):
            return False
        self.head = head
        self._values.update(changes)
        for (kind, of), value in changes.items():
            if kind == "member":
                self._store.stories.setdefault((self._bucket, of[0]), {})[of[1]] = value
        self._store.heads[self._bucket] = head
        return True


class MemoryStore:
    """See :class:`services.deduper.ports.IndexStore`."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[Key, Any]] = {}
        self.heads: dict[str, Head] = {}
        self.stories: dict[tuple[str, str], dict[str, StoryMember]] = {}
        self.complete = True
        self.builder: str | None = None

    async def open(self, bucket: str, now_s: int, *, incomplete: bool = False) -> MemorySnapshot:
        if not self.complete and not incomplete:
            raise IndexLostError
        return MemorySnapshot(self, bucket)

    async def built(self) -> bool:
        return self.complete

    async def claim(self, worker: str, *, again: bool = False) -> bool:
        if not again:
            self.builder = worker
        return self.builder == worker

    async def set_built(self, worker: str) -> bool:
        if self.builder != worker:
            return False
        self.complete, self.builder = True, None
        return True

    async def set_lost(self) -> None:
        self.complete = False

    def flush(self) -> None:
        """Lose everything, as a server does."""
        self.buckets.clear()
        self.heads.clear()
        self.stories.clear()
        self.complete, self.builder = False, None

    def members(self, bucket: str, story_id: str) -> tuple[StoryMember, ...]:
        """The members of a story, in order of arrival; empty where there is no such story."""
        return tuple(self.stories.get((bucket, story_id), {}).values())


class MemoryIndex:
    """Check-and-insert in one step, where nothing can come between. ``window_s`` in seconds."""

    def __init__(self, window_s: int) -> None:
        self.store = MemoryStore()
        self._window_s = window_s

    def check_and_insert(self, item: Fingerprint, now_s: int) -> Decision:
        """The verdict on ``item`` at ``now_s`` (Unix seconds), remembered."""
        snapshot = MemorySnapshot(self.store, item.bucket)
        view = View(snapshot, snapshot.head, self._window_s, now_s)
        decision = check_and_insert(Query(view, item))
        snapshot.commit_now(view.head, view.changes)
        return decision
