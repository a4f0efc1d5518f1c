"""Several workers of the deduper on one language, interleaved as a test wants them, killed at any step."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Generator, Mapping, Sequence
from typing import Any

from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.records import Head, Key, Version
from services.deduper.core.verdict import Decision
from services.deduper.edges.memory import MemorySnapshot, MemoryStore
from services.deduper.judge import Judge
from tests.support.clock import FakeClock
from tests.support.stories import WINDOW_S


class Turn:
    """Gives the turn away: the one who awaits it goes on when it is stepped again."""

    def __await__(self) -> Generator[None]:
        yield


class SlowSnapshot(MemorySnapshot):
    """A snapshot as of its opening, each of whose calls takes a turn before and after."""

    def __init__(self, store: SlowStore, bucket: str) -> None:
        super().__init__(store, bucket)
        self._slow = store

    async def load(self, keys: Collection[Key]) -> None:
        await Turn()

    async def commit(self, head: Head, changes: Mapping[Key, Any]) -> bool:
        await Turn()
        done = self.commit_now(head, changes)
        if done:
            versions = [version.hash for key, value in changes.items() for version in _versions(key, value)]
            self._slow.commits.append((head.commit, frozenset(versions)))
        await Turn()
        return done


class SlowStore(MemoryStore):
    """The in-process store. ``commits`` are the successful ones in order, each with the versions that it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[tuple[str, frozenset[int]]] = []

    async def open(self, bucket: str, now_s: int, *, incomplete: bool = False) -> MemorySnapshot:
        await Turn()
        return SlowSnapshot(self, bucket)


class Worker:
    """Takes batches one after the other. A kill loses what it was at, and the batch is delivered again."""

    def __init__(self, store: SlowStore, batches: Sequence[tuple[int, Sequence[Fingerprint]]]) -> None:
        self.decisions: dict[int, Sequence[Decision]] = {}
        self.batch_of: dict[str, int] = {}
        self._store = store
        self._left = list(batches)
        self._judge = Judge(store, FakeClock(), window_s=WINDOW_S, rebuild=_never)
        self._running: Coroutine[Any, Any, Sequence[Decision]] | None = None

    @property
    def done(self) -> bool:
        return not self._left

    def step(self) -> None:
        """Go on until the next call of the store."""
        if self.done:
            return
        number, batch = self._left[0]
        self._running = self._running or self._judge.decide(batch)
        committed = len(self._store.commits)
        try:
            self._running.send(None)
        except StopIteration as ended:
            self.decisions[number] = ended.value
            self._running = None
            self._left.pop(0)
        for commit, _ in self._store.commits[committed:]:
            self.batch_of[commit] = number

    def kill(self) -> None:
        """End what is under way; another process takes its place."""
        if self._running:
            self._running.close()
        self._running = None
        self._judge = Judge(self._store, FakeClock(), window_s=WINDOW_S, rebuild=_never)


def _versions(key: Key, value: Any) -> Sequence[Version]:
    """The versions of an article that something written tells of."""
    match key[0]:
        case "record":
            return (value.first,)
        case "history":
            return tuple(value)
    return ()


async def _never() -> None:
    raise AssertionError("nothing was lost")
