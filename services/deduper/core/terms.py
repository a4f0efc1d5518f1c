"""What an article is about, as its :data:`MOST_TERMS` most telling words. Pure.

A word is weighted by frequency (title words count double) and rarity. All arithmetic is on small integers in one order,
so that a vector that was stored compares as one that was just made.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Mapping

import msgspec
import xxhash

from services.deduper.core.days import days_of
from services.deduper.core.names import names_of
from services.deduper.core.stem import stem
from services.deduper.core.text import is_unspaced, tokens
from services.deduper.core.vocabulary import Vocabulary

MOST_TERMS = 40
POSTED_TERMS = 10  # of them are in the index; the rest are compared
ASKED_TERMS = 12  # of an article that is judged are looked up
WEIGHT_ONE = 127  # a weight of 1 as an integer: seven bits, the eighth says "in the title"
RARITY_ONE = 30  # units of information as an integer: 7.5 becomes 225
ORDINARY = 300.0  # times in a million words of English
KEY_MASK = 0xFFFFFF
READ_CHARACTERS = 1500  # of a text: about the first 250 words, where it says what has happened
_LONGEST_WORD = 40

_YEAR = re.compile(r"(?:19|20)\d\d")
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){2,}")
_SECOND_INITIAL = re.compile(r"\.[A-Za-z]\.")
_POSSESSIVE = re.compile(r"['’]s\b")


class Term(msgspec.Struct, frozen=True):
    """One telling word. ``key`` is 48 bits of its hash, ``weight`` 1 to 127, ``rarity`` in :data:`RARITY_ONE`.

    ``place`` is its place in the headline, from 1, and 0 where it only stands in the text. ``ordinary`` is a word of
    English at large ("about", "make", "decision"), however seldom it is in the news, or a year.
    """

    word: str
    key: int
    weight: int
    rarity: int
    place: int = 0
    ordinary: bool = False

    @property
    def titled(self) -> bool:
        """Whether it stands in the headline."""
        return self.place > 0


class TermVector(msgspec.Struct, frozen=True):
    """``terms`` by weight, highest first; ``title_norm`` the length of the titled part.

    ``days`` are the weekdays it names (:mod:`services.deduper.core.days`). ``names`` are whom its headline names: the
    24-bit keys of the words each may be called by, and whether it is a state.
    """

    terms: tuple[Term, ...]
    title_norm: int
    days: int = 0
    names: tuple[tuple[frozenset[int], bool], ...] = ()


EMPTY = TermVector((), 0)


def words_of(text: str) -> list[str]:
    """Word stems. ``U.S.`` is one word, possessives fall off; in scripts without spaces, pairs of characters."""
    if "'s" in text or "’s" in text:
        text = _POSSESSIVE.sub("", text)
    if _SECOND_INITIAL.search(text):  # a quarter of the time of looking for initials where there are none
        text = _INITIALS.sub(lambda match: match.group().replace(".", ""), text)
    found = tokens(text)
    if is_unspaced(found):
        return [a + b for a, b in itertools.pairwise(found)]
    return list(map(stem, found))


def count_words(title: str, text: str) -> dict[str, int]:
    """How often each word is in the beginning of an article, those of the title twice more."""
    counts = Counter(words_of(beginning(text)))
    for word in words_of(title):
        counts[word] += 2
    return counts


def beginning(text: str) -> str:
    """The part of a text that names its event. It ends with a word."""
    if len(text) <= READ_CHARACTERS:
        return text
    end = text.find(" ", READ_CHARACTERS, READ_CHARACTERS + _LONGEST_WORD)
    return text[: end if end >= 0 else READ_CHARACTERS]


def term_vector(title: str, text: str, counts: Mapping[str, int], vocabulary: Vocabulary) -> TermVector:
    """The terms of an article, weighed by ``vocabulary``. ``counts`` are those of :func:`count_words`."""
    if not vocabulary.ready:
        return EMPTY
    kept = vocabulary.weigh(counts, MOST_TERMS)
    norm = math.sqrt(sum([weight * weight for weight, _, _ in kept])) or 1.0
    places = {word: place for place, word in enumerate(words_of(title), 1)}
    terms: dict[int, Term] = {}
    place_of, prior_of = places.get, vocabulary.prior.get
    for less, word, rare in kept:
        key = key_of(word)
        low = key & KEY_MASK
        if low not in terms:  # weights are positive, and none is above the norm
            weight, rarity = round(WEIGHT_ONE * -less / norm) or 1, round(RARITY_ONE * rare)
            ordinary = prior_of(word, 0.0) >= ORDINARY or (len(word) == 4 and _YEAR.fullmatch(word) is not None)
            terms[low] = Term(word, key, weight, rarity, place_of(word, 0), ordinary)
    titles = round(math.sqrt(sum([term.weight**2 for term in terms.values() if term.place])))
    names = tuple(
        (frozenset(key_of(stem(word)) & KEY_MASK for word in name.words), name.state)
        for name in names_of(title, text, vocabulary.aliases)
    )
    return TermVector(tuple(terms.values()), titles, days_of(title, text), names)


def key_of(word: str) -> int:
    """48 bits that stand for a word. Made anew each time: it takes less than to look it up among many."""
    return int(xxhash.xxh3_64_intdigest(b"term\x1f" + word.encode())) & 0xFFFF_FFFF_FFFF
