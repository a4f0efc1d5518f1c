"""What the deduper asks of the world: a store of bytes or values that commits only what was judged on its latest state,
and the topics as a log to make that store again from."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.records import Head, Key
from services.deduper.core.verdict import Decision
from services.deduper.core.view import Pages
from services.runtime.messages.delivery import Delivery


class Snapshot(Pages, Protocol):
    """What is stored of one language, as it was when :attr:`head` was read, and as far as it has been loaded."""

    head: Head

    async def load(self, keys: Collection[Key]) -> None:
        """Load what of ``keys`` has not been loaded. Waits for as long as the store is away."""

    async def commit(self, head: Head, changes: Mapping[Key, Any]) -> bool:
        """Write all of ``changes`` and the new head, or nothing where the store's head is not :attr:`head` any more.
        What was written is read from then on, and another commit goes on from there.

        Safe to repeat with the same ``head``. Waits for as long as the store is away.
        """


class IndexStore(Protocol):
    """The memory of what was seen. It decides nothing."""

    async def open(self, bucket: str, now_s: int, *, incomplete: bool = False) -> Snapshot:
        """The latest state of a language. ``now_s`` (Unix seconds) says what is old enough not to be read.

        Raises :class:`~services.deduper.errors.IndexLostError` where the index has not been built, unless
        ``incomplete`` is asked for, to build it.
        """

    async def built(self) -> bool:
        """Whether the index holds all that the topics say of the window: not so in a new, lost or flushed store."""

    async def claim(self, worker: str, *, again: bool = False) -> bool:
        """Take the right to build the index, or prolong it: one worker has it, for half a minute.

        ``again`` only prolongs it: false says that the store was flushed since, or that another worker has it.
        """

    async def set_built(self, worker: str) -> bool:
        """Note that the index is complete. False, and nothing noted, where ``worker`` has no right to build it."""

    async def set_lost(self) -> None:
        """Note that the index lacks something."""


class StoryIndex(Protocol):
    """Verdicts, each remembered."""

    async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
        """A decision for each article, in order.

        Safe to repeat: the same version of the same article again gets the same verdict and story, marked known.
        Waits for as long as the store is away, or the index is being rebuilt.
        """


class ArticleLog(Protocol):
    """``articles.unique`` and ``articles.duplicates`` as they are now."""

    def read(self, since: datetime) -> AsyncIterator[tuple[Sequence[Delivery], float]]:
        """All messages since a time, each partition in order, in batches, with how much has been read (0 to 1)."""
