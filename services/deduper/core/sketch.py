"""Sampled shingles: a small, order-free fingerprint of a text that survives cutting, wrapping and light editing.

Every run of three words, or of so many characters of a script without spaces that two texts share one by chance as
seldom, is hashed to 64 bits and kept when it falls below 2^64/8 (FracMinHash; Broder's mod-p sketch). Which shingles
are kept does not depend on the rest of the text, so a part of an article keeps its part of the sketch; MinHash
signatures do not have this, which is why they miss shortened copies.

The smallest of them, a quarter, are its blocking hashes: by these a text is found. Texts that share one are then
compared by all that was kept.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import xxhash
from msgspec import Struct

from services.deduper.core.text import encoded_words, fold, is_unspaced

# Of the shingles of two texts on other events one in a thousand is shared: 1.1 of English, .6 of Chinese, .9 of
# Japanese (123 documents each). That of Thai and its neighbours follows from the length of their words.
SHINGLE_WORDS, SHINGLE_HAN, SHINGLE_KANA, SHINGLE_LETTERS = 3, 5, 7, 12
KANA_SHARE = 0.2  # of characters: from here on it is Japanese
SAMPLE_LIMIT = 2**64 // 8
SMALLEST_KEPT = 32  # a text too short for the sample is kept by its 32 smallest hashes
USUAL_KEPT = 64  # about 500 words; a text that is a little longer lowers its threshold instead of asking for more room
LONG = 80  # hashes in the sample of a text, from which on it is given that room
MOST_KEPT = 128  # about 1,000 words; a longer text lowers its threshold
BLOCKING_LIMIT = 2**64 // 32
LEAST_BLOCKING = 12  # of a text that is too short to have that many below the limit
_QUOTATION = re.compile(r'“[^“”"\n]{20,}|"[^"“”\n]{20,}"')  # within a paragraph; what goes on in the next has no end
_KANA, _HAN = re.compile("[\u3040-\u30ff]"), re.compile("[\u3400-\u9fff]")
_BETWEEN = " wqzxjqzxw "  # no word
EVERYTHING = 2**64 - 1
STORED_MASK = 0xFFFF  # of a hash in a stored sketch: two of 64 that have nothing in common share one in 16 times
TOP_SHIFT = 32  # thresholds are compared by the 32 highest bits: four bytes each in the store


class Sketch(Struct, frozen=True):
    """``hashes`` ascending. ``threshold`` is the largest hash that this text would have kept: what lies below the lower
    threshold of two texts can be compared.

    ``places`` is for each hash where in the text its shingle begins, in words, ``text`` the text as it is written;
    ``length`` is that of a shingle.
    Both speak for an article that is judged, and are not stored.
    """

    hashes: tuple[int, ...]
    threshold: int
    places: tuple[int, ...]
    length: int = SHINGLE_WORDS
    text: str = ""

    def quoted(self) -> frozenset[int]:
        """Those of ``hashes`` that lie within quotation marks. Seldom asked for, and not kept."""
        quotations = fold(_BETWEEN.join(_QUOTATION.findall(self.text)))
        return frozenset(self.hashes).intersection(_hashes(encoded_words(quotations), self.length))

    def blocking_hashes(self, mask: int) -> list[int]:
        """The bits of ``mask`` of those hashes that a text is found by: the first ones."""
        most = max(LEAST_BLOCKING, bisect_left(self.hashes, BLOCKING_LIMIT))
        return [value & mask for value in self.hashes[:most]]


EMPTY = Sketch((), 0, ())


def sketch(words: list[bytes], length: int | None = None, text: str = "") -> Sketch:
    """The sketch of a text given as its encoded words, and as it is written where quotations are to be known.
    ``length`` is that of its shingles, where it is known."""
    length = length or shingle_length(words)
    return sample(_hashes(words, length), length, text)


def sample(hashes: Sequence[int], length: int = SHINGLE_WORDS, text: str = "") -> Sketch:
    """The sketch of the shingles of a text, in its order, given as hashes."""
    places = {value: place for place, value in enumerate(hashes) if value < SAMPLE_LIMIT}
    threshold = SAMPLE_LIMIT
    if len(places) >= SMALLEST_KEPT:
        kept = sorted(places)[: MOST_KEPT if len(places) >= LONG else USUAL_KEPT]
        if len(kept) < len(places):
            threshold = kept[-1]
    else:
        places = {value: place for place, value in enumerate(hashes)}
        kept = sorted(places)[:SMALLEST_KEPT]
        threshold = EVERYTHING if len(kept) == len(places) else max(kept[-1], SAMPLE_LIMIT)
    return Sketch(tuple(kept), threshold, tuple([places[value] for value in kept]), length, text)


def in_boilerplate(places: Sequence[int], blocking: Sequence[bool]) -> list[bool]:
    """For each hash whether it is boilerplate, as ``blocking`` says of the first of them.

    Any other is where the nearest blocking hashes before and behind it in the text are.
    """
    if not any(blocking):
        return [False] * len(places)
    known = sorted(zip(places, blocking, strict=False))
    found = []
    for place in places:
        behind, after = bisect_left(known, (place, False)), bisect_right(known, (place, True))
        found.append(all(mark for _, mark in known[max(0, after - 1) : after] + known[behind : behind + 1]))
    return found


def shingle_length(words: list[bytes]) -> int:
    """How many words a shingle has; in scripts without spaces, how many characters."""
    seen = b" ".join(words[:400])
    if seen.isascii() or not is_unspaced(seen.decode().split(" ")):
        return SHINGLE_WORDS
    characters = seen.decode().replace(" ", "")
    if len(_KANA.findall(characters)) >= KANA_SHARE * len(characters):
        return SHINGLE_KANA
    return SHINGLE_HAN if _HAN.search(characters) else SHINGLE_LETTERS


def _hashes(words: list[bytes], length: int) -> list[int]:
    """Of every shingle, in order."""
    between = b" " if length == SHINGLE_WORDS else b""
    runs = map(between.join, zip(*(words[n:] for n in range(length)), strict=False))
    return list(map(xxhash.xxh3_64_intdigest, runs))
