"""Same event in other words: the rare words, names and numbers two reports share, and when they were published.

Each article is reduced to its :data:`MOST_TERMS` most telling terms, weighted by frequency (title words count double)
and rarity. Two reports score by the cosine of these vectors, by the rarity of the three rarest terms they share, and
by the cosine of their titles; a story scores by the mean over its first members. The weights were fitted by logistic
regression on half of 700 events and checked on the other half (docs/measurements/dedupe.md).

All arithmetic is on small integers in one order, so that the process and the script agree to the last bit.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import msgspec
import xxhash

from services.deduper.core.days import days_of
from services.deduper.core.names import names_of
from services.deduper.core.text import is_unspaced, tokens
from services.deduper.core.vocabulary import Vocabulary

MOST_TERMS = 40
POSTED_TERMS = 10  # of them are in the index; the rest are compared
ASKED_TERMS = 12  # of the newcomer's are looked up
WEIGHT_ONE = 127  # a weight of 1 as an integer: seven bits, the eighth says "in the title"
RARITY_ONE = 30  # units of information as an integer: 7.5 becomes 225
MOST_SHARED_WORDS = 5  # are named on a link
RARITY_PART = 0.2
TITLE_PART = 0.2
FULL_SCORE = 1.65  # the most that the three parts can add up to

_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){2,}")
_SECOND_INITIAL = re.compile(r"\.[A-Za-z]\.")
_POSSESSIVE = re.compile(r"['’]s\b")


class Term(msgspec.Struct, frozen=True):
    """One telling word. ``key`` is 48 bits of its hash, ``weight`` 1 to 127, ``rarity`` in :data:`RARITY_ONE`."""

    word: str
    key: int
    weight: int
    rarity: int
    titled: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What an article is about. ``terms`` by weight, highest first; ``title_norm`` the length of the titled part.

    ``days`` are the weekdays it names (:mod:`services.deduper.core.days`). ``names`` are whom its headline names: the
    24-bit keys of the words each may be called by, and whether it is a state.
    """

    terms: tuple[Term, ...]
    title_norm: int
    days: int = 0
    names: tuple[tuple[frozenset[int], bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Vector:
    """An event as it is stored: 24 bits of each key to weight and whether it stood in the title."""

    weights: dict[int, tuple[int, bool]]
    title_norm: int
    days: int = 0


NOTHING = Event((), 0)
KEY_MASK = 0xFFFFFF


def vector(event: Event) -> Vector:
    """What is kept of an event to compare with."""
    return Vector(
        {term.key & KEY_MASK: (term.weight, term.titled) for term in event.terms}, event.title_norm, event.days
    )


def words_of(text: str) -> list[str]:
    """Word stems. ``U.S.`` is one word, possessives fall off; in scripts without spaces, pairs of characters."""
    text = _POSSESSIVE.sub("", text)
    if _SECOND_INITIAL.search(text):  # a quarter of the time of looking for initials where there are none
        text = _INITIALS.sub(lambda match: match.group().replace(".", ""), text)
    found = tokens(text)
    if is_unspaced(found):
        return [a + b for a, b in itertools.pairwise(found)]
    return list(map(stem, found))


def counts_of(text: str, words: list[str]) -> dict[str, int]:
    """How often each of :func:`words_of` the text is in it. ``words`` are its tokens.

    Where a possessive falls off, one ``s`` less is counted; where initials are one word, that and not its letters. So
    the text is cut into words once.
    """
    initials = _initials(text)
    if initials is None or is_unspaced(words):
        return Counter(words_of(text))
    counts = Counter(map(stem, words))
    gone = ["s"] * len(_POSSESSIVE.findall(text)) if "'s" in text or "’s" in text else []
    for word in initials:
        gone += word
        counts[stem(word)] += 1
    counts.subtract(gone)
    for letter in gone:
        if counts[letter] <= 0:
            del counts[letter]
    return counts


def _initials(text: str) -> list[str] | None:
    """The initials in a text as words, folded; None where one is glued to what stands beside it."""
    found: list[str] = []
    if "'s." in text or "’s." in text:
        return None  # without its possessives this may have more
    second = _SECOND_INITIAL.search(text)
    while second:
        run = _INITIALS.match(text, max(0, second.start() - 1))
        if run:
            if text[run.end() : run.end() + 1].isalnum():
                return None
            found.append(run.group().replace(".", "").lower())
        second = _SECOND_INITIAL.search(text, run.end() if run else second.start() + 1)
    return found


_MOST_WORDS = 100_000  # are kept with what was made of them


class _Stems(dict[str, str]):
    """Words to their stems, made when first asked for: a look-up takes half of the time of a call."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_WORDS:
            self.clear()
        made = self[word] = _stem(word)
        return made


_STEMS = _Stems()
stem = _STEMS.__getitem__


def _stem(word: str) -> str:
    """English inflections cut off: crude, but the same on both sides."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def event(title: str, text: str, vocabulary: Vocabulary, words: list[str] | None = None) -> Event:
    """The terms of an article, weighed by ``vocabulary``, which counts the article. ``words`` are the text's tokens,
    where they are known."""
    title_words = words_of(title)
    counts = counts_of(text, tokens(text) if words is None else words)
    for word in title_words:
        counts[word] = counts.get(word, 0) + 2
    weighed = vocabulary.observe(counts)
    if not vocabulary.ready:
        return NOTHING
    weighed.sort()
    kept = weighed[:MOST_TERMS]
    norm = math.sqrt(sum([weight * weight for weight, _, _ in kept])) or 1.0
    titled = frozenset(title_words)
    terms: dict[int, Term] = {}
    for less, word, rare in kept:
        key = key_of(word)
        low = key & KEY_MASK
        if low not in terms:  # weights are positive, and none is above the norm
            terms[low] = Term(
                word, key, round(WEIGHT_ONE * -less / norm) or 1, round(RARITY_ONE * rare), word in titled
            )
    titles = round(math.sqrt(sum([term.weight**2 for term in terms.values() if term.titled])))
    names = tuple(
        (frozenset(key_of(stem(word)) & KEY_MASK for word in name.words), name.state)
        for name in names_of(title, text, vocabulary.aliases)
    )
    return Event(tuple(terms.values()), titles, days_of(title, text), names)


@lru_cache(maxsize=_MOST_WORDS)
def key_of(word: str) -> int:
    """48 bits that stand for a word."""
    return xxhash.xxh3_64_intdigest(b"term\x1f" + word.encode()) & 0xFFFF_FFFF_FFFF


class Met(NamedTuple):
    """Of those whom a newcomer names in its headline: how many there are and how many the other text speaks of."""

    named: int
    met: int
    states: int
    states_met: int

    @property
    def foreign(self) -> bool:
        """Whether the other text leaves out any of the states: China's treaty with Chile is not Japan's with China."""
        return self.states_met < self.states

    @property
    def strangers(self) -> bool:
        """Whether the other text speaks of none of them, or leaves out any of the states."""
        return self.foreign or (self.named > 0 and self.met == 0)

    @property
    def other_states(self) -> bool:
        """Whether the headline is about two or more states, and the other text about none of them."""
        return self.states > 1 and self.states_met == 0


def names_met(mine: Event, theirs: Vector) -> Met:
    """Whom of the newcomer's headline the other text speaks of."""
    met = [state for keys, state in mine.names if not keys.isdisjoint(theirs.weights)]
    return Met(len(mine.names), len(met), sum(state for _, state in mine.names), sum(met))


def likeness(mine: Event, theirs: Vector) -> tuple[float, int]:
    """Score (0 to 1) and number of shared terms of a newcomer and a stored vector."""
    product = titles = count = 0
    rarest: list[int] = []
    for term in mine.terms:
        found = theirs.weights.get(term.key & KEY_MASK)
        if found is None:
            continue
        count += 1
        product += term.weight * found[0]
        rarest.append(term.rarity)
        if term.titled and found[1]:
            titles += term.weight * found[0]
    rarity = sum(sorted(rarest, reverse=True)[:3])
    norms = mine.title_norm * theirs.title_norm
    heading = titles / norms if norms else 0.0
    parts = product / WEIGHT_ONE**2 + RARITY_PART * (rarity / (10 * RARITY_ONE)) + TITLE_PART * heading
    return parts / FULL_SCORE, count


def shared_words(mine: Event, theirs: Vector) -> tuple[str, ...]:
    """The most telling words that both have."""
    return tuple(term.word for term in mine.terms if term.key & KEY_MASK in theirs.weights)[:MOST_SHARED_WORDS]
