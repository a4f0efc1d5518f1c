"""A story store in this process, and texts made of words that tests can cut and wrap."""

from __future__ import annotations

import random
from collections.abc import Sequence

from services.contracts.stories import StoryMember
from services.deduper.core.fingerprint import Fingerprint
from services.deduper.core.verdict import Decision
from services.deduper.edges.memory import MemoryIndex
from services.deduper.ports import IndexStore
from services.runtime.process.clock import Clock

WINDOW_S = 96 * 3600
_CONSONANTS, _VOWELS = "bcdfghklmnprstvz", "aeiou"


async def mark_built(store: IndexStore) -> None:
    """Note that a new store lacks nothing."""
    await store.claim("test")
    await store.set_built("test")


class MemoryStories:
    """The in-process index behind the handler's port."""

    def __init__(self, clock: Clock, window_s: int = WINDOW_S) -> None:
        self.index = MemoryIndex(window_s)
        self._clock = clock

    async def decide(self, batch: Sequence[Fingerprint]) -> Sequence[Decision]:
        now_s = int(self._clock.now().timestamp())
        return [self.index.check_and_insert(item, now_s) for item in batch]

    async def members(self, bucket: str, story_id: str) -> Sequence[StoryMember]:
        """The members of a story."""
        return self.index.store.members(bucket, story_id)


def prose(seed: int, words: int) -> str:
    """``words`` made-up words in sentences; another seed shares no run of three words with it."""
    draw = random.Random(seed)
    made = ["".join(draw.choice(_CONSONANTS) + draw.choice(_VOWELS) for _ in range(3)) for _ in range(words)]
    sentences = [" ".join(made[at : at + 12]).capitalize() + "." for at in range(0, words, 12)]
    return " ".join(sentences)
