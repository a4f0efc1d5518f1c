"""The articles of a run: the same for the same seed, handed out once each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from services.contracts import ids
from tests.bench import corpus
from tests.bench.corpus import Item

SEED = 7
COPY_SHARE = 0.25  # 5,000 copies of 20,000 articles
RELEVANT_SHARE = 0.3
WORDS = 250
_COPY_WITHIN = 20  # a copy follows its original among the next so many articles


class EmptyPoolError(RuntimeError):
    """A row asked for more articles than there are: what it would have shown without them is nothing."""

    def __init__(self, groups: int) -> None:
        super().__init__(f"all {groups} articles of the pool were taken: give more with --groups")


@dataclass
class Pool:
    """``groups`` stories. :meth:`take` gives originals and copies for the topic, :meth:`take_single` one for a feed.

    The copies of a group are only handed out with it, never after another row has begun: what a store that was
    emptied has forgotten is then asked of nobody.
    """

    groups: int
    seed: int = SEED
    taken: int = 0
    copies: int = 0
    _source: Iterator[Item] = field(init=False)
    _chance: random.Random = field(init=False)
    _later: list[tuple[int, Item]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._source = corpus.items(self.groups, seed=self.seed, relevant_share=RELEVANT_SHARE, words=WORDS)
        self._chance = random.Random(self.seed + 1)

    @property
    def left(self) -> int:
        """Groups that nobody has taken."""
        return self.groups - self.taken

    def take_single(self) -> Item:
        """An original that gets no copy. Raises :class:`EmptyPoolError`."""
        item = next(self._source, None)
        if item is None:
            raise EmptyPoolError(self.groups)
        self.taken += 1
        return item

    def take(self) -> Item:
        """The next article for the topic: an original, or a copy of one of the last."""
        if self._later and self._later[0][0] <= self.taken:
            return self._later.pop(0)[1]
        item = self.take_single()
        if self._chance.random() < COPY_SHARE:
            self.copies += 1
            self._later.append((self.taken + self._chance.randrange(_COPY_WITHIN), a_copy(item, self.copies)))
            self._later.sort(key=lambda pair: pair[0])
        return item

    def take_late_copies(self) -> list[Item]:
        """The copies that are still owed, so that a row can end."""
        late, self._later = [item for _, item in self._later], []
        return late


def a_copy(item: Item, number: int) -> Item:
    """A reprint of ``item`` at another outlet, within the lines that such sites put around it."""
    outlet = f"reprint{number % 50}.example"
    url = f"https://{outlet}/{item.group}"
    site = number % 7
    text = f"Become a member of site {site} today!\n\n{item.article.text}\n\nRead more on site {site}. Add comment"
    article = msgspec.structs.replace(
        item.article,
        id=ids.article_id(canonical_url=url, feed="", guid=None, title=item.article.title),
        outlet=outlet,
        family=outlet,
        url=url,
        canonical_url=url,
        text=text,
        content_hash=ids.content_hash(item.article.title, text),
    )
    return Item(article, item.group, item.kind, copy=True)
