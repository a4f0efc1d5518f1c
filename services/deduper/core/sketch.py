"""Sampled shingles: a small, order-free fingerprint of a text that survives cutting, wrapping and light editing.

Every run of three words is hashed to 64 bits and kept when it falls below 2^64/8 (FracMinHash; Broder's mod-p
sketch). Which shingles are kept does not depend on the rest of the text, so a part of an article keeps its part of
the sketch; MinHash signatures do not have this, which is why they miss shortened copies.

The smallest of them, a quarter, are its blocking hashes: by these a text is found. Texts that share one are then
compared by all that was kept.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import xxhash

from services.deduper.core.text import is_unspaced, tokens

SHINGLE_WORDS = 3
SHINGLE_CHARACTERS = 5  # in scripts without spaces; three characters are often one word
SAMPLE_LIMIT = 2**64 // 8
SMALLEST_KEPT = 32  # a text too short for the sample is kept by its 32 smallest hashes
USUAL_KEPT = 64  # about 500 words; a text that is a little longer lowers its threshold instead of asking for more room
LONG = 80  # hashes in the sample of a text, from which on it is given that room
MOST_KEPT = 128  # about 1,000 words; a longer text lowers its threshold
BLOCKING_LIMIT = 2**64 // 32
LEAST_BLOCKING = 12  # of a text that is too short to have that many below the limit
_QUOTATION = re.compile(r'“[^“”"\n]{20,}|"[^"“”\n]{20,}"')  # within a paragraph; what goes on in the next has no end
_BETWEEN = " wqzxjqzxw "  # no word
EVERYTHING = 2**64 - 1
STORED_MASK = 0xFFFF  # of a hash in a stored sketch: two of 64 that have nothing in common share one in 16 times
TOP_SHIFT = 32  # thresholds are compared by the 32 highest bits: four bytes each in the store


@dataclass(frozen=True, slots=True)
class Sketch:
    """``hashes`` ascending. ``threshold`` is the largest hash that this text would have kept: what lies below the lower
    threshold of two texts can be compared.

    ``places`` is for each hash its rank in the order of the text, ``quotations`` what stands within quotation marks.
    Both speak for an article that is judged, and are not stored.
    """

    hashes: tuple[int, ...]
    threshold: int
    places: tuple[int, ...]
    quotations: tuple[str, ...] = ()

    def quoted(self) -> frozenset[int]:
        """Those of ``hashes`` that lie within quotation marks. Seldom asked for, and not kept."""
        return frozenset(self.hashes).intersection(_hashes(tokens(_BETWEEN.join(self.quotations))))

    def blocking_hashes(self, mask: int) -> list[int]:
        """The bits of ``mask`` of those hashes that a text is found by: the first ones."""
        most = max(LEAST_BLOCKING, bisect_left(self.hashes, BLOCKING_LIMIT))
        return [value & mask for value in self.hashes[:most]]


EMPTY = Sketch((), 0, ())


def sketch(words: list[str], text: str = "") -> Sketch:
    """The sketch of a text given as tokens, and as it is written where quotations are to be known."""
    return sample(_hashes(words), _quotations(text))


def sample(hashes: Sequence[int], quotations: tuple[str, ...] = ()) -> Sketch:
    """The sketch of the shingles with these hashes, in the order of the text. ``quotations`` stand in it."""
    sampled = list(dict.fromkeys([value for value in hashes if value < SAMPLE_LIMIT]))
    most = MOST_KEPT if len(sampled) >= LONG else USUAL_KEPT
    if len(sampled) > most:
        kept = tuple(sorted(sampled)[:most])
        threshold = kept[-1]
    elif len(sampled) >= SMALLEST_KEPT:
        kept, threshold = tuple(sorted(sampled)), SAMPLE_LIMIT
    else:
        sampled = list(dict.fromkeys(hashes))
        kept = tuple(sorted(sampled)[:SMALLEST_KEPT])
        threshold = EVERYTHING if len(kept) == len(sampled) else max(kept[-1], SAMPLE_LIMIT)
    known = frozenset(kept)
    places = {value: place for place, value in enumerate(filter(known.__contains__, sampled))}
    return Sketch(kept, threshold, tuple([places[value] for value in kept]), quotations)


def in_boilerplate(places: Sequence[int], blocking: Sequence[bool]) -> list[bool]:
    """For each hash whether it is boilerplate, as ``blocking`` says of the first of them.

    Any other is where the nearest blocking hashes before and behind it in the text are.
    """
    if not any(blocking):
        return [False] * len(places)
    marks: list[bool | None] = [None] * len(places)
    for place, one in zip(places, blocking, strict=False):
        marks[place] = one
    before, behind = _nearest(marks), _nearest(marks[::-1])[::-1]
    of_place = [one is not False and other is not False for one, other in zip(before, behind, strict=True)]
    return [of_place[place] for place in places]


def _nearest(marks: Sequence[bool | None]) -> list[bool | None]:
    """Of each place the mark there, or the last one before it."""
    found: list[bool | None] = []
    last: bool | None = None
    for mark in marks:
        last = last if mark is None else mark
        found.append(last)
    return found


def _quotations(text: str) -> tuple[str, ...]:
    return tuple(_QUOTATION.findall(text)) if "“" in text or '"' in text else ()


def _hashes(words: list[str]) -> list[int]:
    """Of every shingle, in order."""
    encoded = " ".join(words).encode().split(b" ")
    if is_unspaced(words):
        runs = map(b"".join, zip(*(encoded[n:] for n in range(SHINGLE_CHARACTERS)), strict=False))
    else:
        runs = map(b" ".join, zip(encoded, encoded[1:], encoded[2:], strict=False))
    return list(map(xxhash.xxh3_64_intdigest, runs))
