"""The loop around the judge: read what a batch asks for, judge it in order, commit it in parts; read what is left again
where another worker has committed to its language meanwhile. Ports only.

Workers judge in parallel and commit one after the other, so what they decide equals some serial order.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest

from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.index import check_and_insert
from services.deduper.core.lookup import Query, posting_keys, stages
from services.deduper.core.records import Head, Key, NotLoadedError
from services.deduper.core.verdict import Decision
from services.deduper.core.view import View
from services.deduper.errors import IndexLostError
from services.deduper.ports import IndexStore, Snapshot
from services.runtime.process.clock import Clock

COMMITTED_AT_ONCE = 8  # articles: with 32 a commit takes up to 20 ms of the store


class Judge:
    """See :class:`services.deduper.ports.StoryIndex`. ``rebuild`` makes a lost index again, from the topics."""

    def __init__(
        self, store: IndexStore, clock: Clock, *, window_s: int, rebuild: Callable[[], Awaitable[object]]
    ) -> None:
        self._store = store
        self._clock = clock
        self._window_s = window_s
        self._rebuild = rebuild
        self._worker = uuid.uuid4().hex[:12]
        self._commits = 0
        self._reached: dict[str, int] = {}  # by bucket: how many articles the store has held

    async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
        buckets: dict[str, list[int]] = {}
        for at, item in enumerate(batch):
            buckets.setdefault(item.bucket, []).append(at)
        decisions: dict[int, Decision] = {}
        for bucket, places in buckets.items():
            found = await self._decide(bucket, [batch[at] for at in places])
            decisions.update(zip(places, found, strict=True))
        return [decisions[at] for at in range(len(batch))]

    async def _decide(self, bucket: str, items: Sequence[Fingerprint]) -> list[Decision]:
        """The decisions on articles of one language."""
        decisions: list[Decision] = []
        while len(decisions) < len(items):
            try:
                decisions += await self._committed(bucket, items[len(decisions) :])
            except IndexLostError:
                await self._rebuild()
                self._reached.clear()
        return decisions

    async def _committed(self, bucket: str, items: Sequence[Fingerprint]) -> list[Decision]:
        """The decisions on the first of ``items``: as many as were committed before another worker was."""
        now_s = int(self._clock.now().timestamp())
        snapshot = await self._store.open(bucket, now_s)
        await self._check(bucket, snapshot.head)
        view = View(snapshot, snapshot.head, self._window_s, now_s)
        queries = await prefetch(snapshot, view, items)
        decisions: list[Decision] = []
        for first in range(0, len(queries), COMMITTED_AT_ONCE):
            some = [await judge_one(snapshot, query) for query in queries[first : first + COMMITTED_AT_ONCE]]
            if changes := view.take_changes():
                self._commits += 1
                view.head = view.head._replace(commit=f"{self._worker}-{self._commits}")
                if not await snapshot.commit(view.head, changes):
                    break
            self._reached[bucket] = view.head.owners + view.head.copies
            decisions += some
        return decisions

    async def _check(self, bucket: str, head: Head) -> None:
        """Raise :class:`IndexLostError` where the store holds less than it has held: it went back to an older copy."""
        if head.owners + head.copies < self._reached.get(bucket, 0):
            await self._store.set_lost()
            raise IndexLostError


async def prefetch(snapshot: Snapshot, view: View, items: Sequence[Fingerprint]) -> list[Query]:
    """Load what judging ``items`` will read, in as many calls as there are stages. Returns their queries."""
    nothing: set[Key] = set()
    postings = [posting_keys(item) for item in items]
    await snapshot.load(nothing.union(*postings))
    queries = [Query(view, item, keys) for item, keys in zip(items, postings, strict=True)]
    for keys in zip_longest(*map(stages, queries), fillvalue=nothing):
        await snapshot.load(nothing.union(*keys))
    return queries


async def judge_one(snapshot: Snapshot, query: Query) -> Decision:
    """The decision on an article. What an article before it in the batch has brought up is loaded now."""
    while True:
        try:
            return check_and_insert(query.again() if query.is_outdated else query)
        except NotLoadedError as error:
            await snapshot.load([error.key])
