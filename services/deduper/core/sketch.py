"""Sampled shingles: a small, order-free fingerprint of a text that survives cutting, wrapping and light editing.

Every run of three words is hashed to 64 bits and kept when it falls below 2^64/16 (FracMinHash; Broder's mod-p
sketch). Which shingles are kept does not depend on the rest of the text, so a part of an article keeps its part of
the sketch; MinHash signatures do not have this, which is why they miss shortened copies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import xxhash

from services.deduper.core.text import is_unspaced, tokens

SHINGLE_WORDS = 3
SHINGLE_CHARACTERS = 5  # in scripts without spaces; three characters are often one word
SAMPLE_LIMIT = 2**64 // 16
SMALLEST_KEPT = 16  # a text too short for the sample is kept by its 16 smallest hashes
_QUOTATION = re.compile(r'“[^“”"\n]{20,}|"[^"“”\n]{20,}"')  # within a paragraph; what goes on in the next has no end
_BETWEEN = " wqzxjqzxw "  # no word
MOST_KEPT = 128  # about 2,000 words; a longer text lowers its threshold instead of filling the store


EVERYTHING = 2**64 - 1


TOP_SHIFT = 32  # thresholds are compared by the 32 highest bits: four bytes each in the store


@dataclass(frozen=True, slots=True)
class Sketch:
    """``hashes`` ascending. ``threshold`` is the largest hash that this text would have kept: what lies below the
    lower threshold of two texts can be compared. ``quoted`` are those within quotation marks: they speak for a
    newcomer, and are not stored."""

    hashes: tuple[int, ...]
    threshold: int
    quoted: frozenset[int] = frozenset()


EMPTY = Sketch((), 0)


def sketch(words: list[str], text: str = "") -> Sketch:
    """The sketch of a text given as tokens, and as it is written where quotations are to be known."""
    hashes = _hashes(words)
    sampled = {value for value in hashes if value < SAMPLE_LIMIT}
    if len(sampled) > MOST_KEPT:
        kept = tuple(sorted(sampled)[:MOST_KEPT])
        threshold = kept[-1]
    elif len(sampled) >= SMALLEST_KEPT:
        kept, threshold = tuple(sorted(sampled)), SAMPLE_LIMIT
    else:
        distinct = sorted(set(hashes))
        kept = tuple(distinct[:SMALLEST_KEPT])
        threshold = EVERYTHING if len(kept) == len(distinct) else max(kept[-1], SAMPLE_LIMIT)
    return Sketch(kept, threshold, frozenset(kept).intersection(_quoted(text)))


def _quoted(text: str) -> list[int]:
    """The shingles that lie within quotation marks, and some from one to the next, which no text has."""
    if "“" not in text and '"' not in text:
        return []
    return _hashes(tokens(_BETWEEN.join(_QUOTATION.findall(text))))


def _hashes(words: list[str]) -> list[int]:
    """Of every shingle, in order."""
    encoded = " ".join(words).encode().split(b" ")
    if is_unspaced(words):
        runs = map(b"".join, zip(*(encoded[n:] for n in range(SHINGLE_CHARACTERS)), strict=False))
    else:
        runs = map(b" ".join, zip(encoded, encoded[1:], encoded[2:], strict=False))
    return list(map(xxhash.xxh3_64_intdigest, runs))
