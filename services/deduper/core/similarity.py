"""Same event in other words: how alike two articles are by the rare words, names and days they share. Pure.

Two reports score by the cosine of their term vectors, by the rarity of the three rarest terms they share, and by the
cosine of their titles. The weights were fitted by logistic regression on half of 700 events and checked on the other
half (docs/measurements/dedupe.md).
"""

from collections.abc import Container
from typing import NamedTuple

from services.deduper.core.records import StoredVector
from services.deduper.core.terms import KEY_MASK, RARITY_ONE, WEIGHT_ONE, Term, TermVector

RARITY_PART = 0.2
TITLE_PART = 0.2
FULL_SCORE = 1.65  # the most that the three parts can add up to
MOST_SHARED_WORDS = 5  # are named on a link


class EntityOverlap(NamedTuple):
    """Of those whom an article names in its headline: how many there are and how many the other text speaks of."""

    named: int
    shared: int
    states: int
    states_shared: int

    @property
    def state_missing(self) -> bool:
        """Whether the other text leaves out any of the states: China's treaty with Chile is not Japan's with China."""
        return self.states_shared < self.states

    @property
    def none_shared(self) -> bool:
        """Whether the other text speaks of none of them, or leaves out any of the states."""
        return self.state_missing or (self.named > 0 and self.shared == 0)

    @property
    def states_disjoint(self) -> bool:
        """Whether the headline is about two or more states, and the other text about none of them."""
        return self.states > 1 and self.states_shared == 0


class TextMatch(NamedTuple):
    """How an article compares with one stored text: ``score`` from 0 to 1, the terms of it that both have."""

    score: float
    shared: tuple[Term, ...]
    entities: EntityOverlap


def compare_texts(mine: TermVector, theirs: StoredVector) -> TextMatch:
    """How alike an article and a stored one are by their words."""
    weights = {packed >> 8: packed & 0xFF for packed in theirs.terms}
    product = titles = 0
    shared = []
    for term in mine.terms:
        found = weights.get(term.key & KEY_MASK)
        if found is None:
            continue
        shared.append(term)
        both = term.weight * (found & 0x7F)
        product += both
        if term.titled and found & 0x80:
            titles += both
    rarity = sum(sorted([term.rarity for term in shared], reverse=True)[:3])
    norms = mine.title_norm * theirs.title_norm
    heading = titles / norms if norms else 0.0
    parts = product / WEIGHT_ONE**2 + RARITY_PART * (rarity / (10 * RARITY_ONE)) + TITLE_PART * heading
    return TextMatch(parts / FULL_SCORE, tuple(shared), compare_entities(mine, weights))


def compare_entities(mine: TermVector, theirs: Container[int]) -> EntityOverlap:
    """Whom of the headline another text speaks of. ``theirs`` are the 24-bit keys of its terms."""
    shared = [state for keys, state in mine.names if any(key in theirs for key in keys)]
    return EntityOverlap(len(mine.names), len(shared), sum([state for _, state in mine.names]), sum(shared))


def packed_terms(vector: TermVector) -> tuple[int, ...]:
    """What is kept of each term: 24 bits of its key, a bit for the title, 7 of its weight."""
    return tuple([(term.key & KEY_MASK) << 8 | term.titled << 7 | term.weight for term in vector.terms])
