"""How much a word says: rare words name an event, common ones do not.

What is counted is in how many of the recent articles a word stood. The count starts from a prior (how common the word
is in English at large), so that the first article of a fresh process is weighed like the millionth. It is kept in the
process, not in the store: weights go into the vector an article is stored with, so two processes whose counts differ
a little still compare alike, and a verdict once given is remembered by version.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.deduper.core.names import Aliases

PRIOR_ARTICLES = 500  # how many articles the prior weighs
PRIOR_WORDS = 80  # of an article of this many words: the length of a lead, where events are named
RECENT_ARTICLES = 20_000  # then all counts are halved: news changes its words
MOST_INFORMATION = 7.5  # one word, however rare, is no proof
LEAST_INFORMATION = 0.7  # half of all articles have it
WARM_ARTICLES = 500  # without a prior nothing is said before so many articles have been counted


@dataclass(slots=True)
class Vocabulary:
    """Article counts of one language. ``prior`` maps words to occurrences per million; empty where there is none.

    ``aliases`` maps a word to all that name the same: see :mod:`services.deduper.core.names`.
    """

    prior: Mapping[str, float] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=dict)
    articles: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    _expected: dict[str, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._expected = {
            word: PRIOR_ARTICLES * (1 - math.exp(-often * 1e-6 * PRIOR_WORDS)) for word, often in self.prior.items()
        }

    def observe(self, words: Iterable[str]) -> None:
        """Count one article by its distinct words."""
        self.articles += 1
        self.counts.update(words)
        if self.articles >= RECENT_ARTICLES:
            self.articles //= 2
            self.counts = Counter({word: count // 2 for word, count in self.counts.items() if count > 1})

    @property
    def ready(self) -> bool:
        """Whether its word can be relied on."""
        return bool(self.prior) or self.articles >= WARM_ARTICLES

    def information(self, words: Iterable[str]) -> dict[str, float]:
        """The inverse document frequency of ``words`` in natural units, at most :data:`MOST_INFORMATION`."""
        weight = PRIOR_ARTICLES if self.prior else 0
        total = weight + self.articles + 1
        # The inner loop of the whole room: names looked up once, and no call for a minimum.
        log, count_of, expected_of, most = math.log, self.counts.get, self._expected.get, MOST_INFORMATION
        return {
            word: most if (value := log(total / (expected_of(word, 0.0) + count_of(word, 0) + 0.3))) > most else value
            for word in words
        }
