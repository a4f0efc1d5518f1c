"""How much a word says: rare words name an event, common ones do not.

What is counted is how often a word stood in the recent articles that opened a story: an event's words tell no less of
it because a hundred outlets report it. The count starts from a prior (how common the word is in English at large), so
that the first article of a fresh process is weighed like the millionth. It is kept in the process, not in the store:
weights go into the vector an article is stored with, so two processes whose counts differ a little still compare
alike, and a verdict once given is remembered by version.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.deduper.core.names import Aliases

PRIOR_ARTICLES = 500  # how many articles the prior weighs
PRIOR_WORDS = 80  # of an article of this many words: the length of a lead, where events are named
RECENT_ARTICLES = 20_000  # then all counts are halved: news changes its words
MOST_WORDS = 100_000  # are counted: a month of English has more, most of them once
MOST_INFORMATION = 7.5  # one word, however rare, is no proof
LEAST_INFORMATION = 0.7  # half of all articles have it
WARM_ARTICLES = 500  # without a prior nothing is said before so many articles have been counted


@dataclass(slots=True)
class Vocabulary:
    """Word counts of one language. ``prior`` maps words to occurrences per million; empty where there is none.

    ``aliases`` maps a word to all that name the same: see :mod:`services.deduper.core.names`.
    """

    prior: Mapping[str, float] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=dict)
    articles: int = 0
    _expected: dict[str, float] = field(init=False, repr=False)
    _seen: dict[str, float] = field(init=False, repr=False)  # what the prior expects and what was counted

    def __post_init__(self) -> None:
        self._expected = {
            word: PRIOR_ARTICLES * (1 - math.exp(-often * 1e-6 * PRIOR_WORDS)) for word, often in self.prior.items()
        }
        self._seen = dict(self._expected)

    @property
    def ready(self) -> bool:
        """Whether its word can be relied on."""
        return bool(self.prior) or self.articles >= WARM_ARTICLES

    def __len__(self) -> int:
        return len(self._seen)

    def count(self, word: str) -> int:
        """How often a word has been counted."""
        return round(self._seen.get(word, 0.0) - self._expected.get(word, 0.0))

    def learn(self, counts: Mapping[str, int]) -> None:
        """Count one article by its words."""
        self.articles += 1
        if self.articles >= RECENT_ARTICLES:
            self._halve()
        if len(self._seen) >= MOST_WORDS:
            self._forget()
        seen, seen_of = self._seen, self._seen.get
        for word, often in counts.items():
            seen[word] = seen_of(word, 0.0) + often

    def weigh(self, counts: Mapping[str, int], most: int) -> list[tuple[float, str, float]]:
        """How much each word tells of an article: the ``most`` most telling ones, and they come first.

        Each is its weight, below zero so that the most telling sort first, the word, and how much it tells at each
        mention, at most :data:`MOST_INFORMATION`. Words that tell less than :data:`LEAST_INFORMATION` are left out.
        """
        # The inner loop of the whole service: one look-up a word, no logarithm where the result is known, and no words
        # sorted that are not among the most telling.
        log, seen_of, total = math.log, self._seen.get, self._total()
        common, unheard = total * math.exp(-LEAST_INFORMATION), total * math.exp(-MOST_INFORMATION)
        told = [
            (-rare if often == 1 else -(1 + log(often)) * rare, word, rare)
            for word, often in counts.items()
            if (now := seen_of(word, 0.0) + often + 0.3) < common
            for rare in (MOST_INFORMATION if now < unheard else log(total / now),)
        ]
        if len(told) > most:
            least = sorted([weight for weight, _, _ in told])[most - 1]
            told = [one for one in told if one[0] <= least]
        return sorted(told)[:most]

    def _total(self) -> int:
        """How many articles have been counted, the one that is weighed included."""
        return (PRIOR_ARTICLES if self.prior else 0) + self.articles + 2

    def _halve(self) -> None:
        self.articles //= 2
        self._keep({word: half for word in self._seen if (half := self.count(word) // 2)})

    def _forget(self) -> None:
        """Make room: the words that were counted least go. They weigh the most that a word can, and still will."""
        least, counted = 2, {word: count for word in self._seen if (count := self.count(word))}
        while len(counted) > MOST_WORDS // 2:
            counted = {word: count for word, count in counted.items() if count >= least}
            least *= 2
        self._keep(counted)

    def _keep(self, counted: Mapping[str, int]) -> None:
        self._seen = dict(self._expected)
        for word, count in counted.items():
            self._seen[word] = self._seen.get(word, 0.0) + count
