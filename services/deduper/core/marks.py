"""The numbers and names that tell two nearly equal texts apart: the 12th package is not the 13th.

``series`` are ordinals of title and lead: where both texts have some and none is shared, they are two events.
``numbers`` are the title's other numbers, ``skeleton`` and ``slots`` the title with its numbers and names taken out,
and the names: where both titles have numbers, none is shared and the newcomer states (``stated``) none of the other's
anywhere, or where one skeleton has other slots, the texts differ in a fact, and neither is a copy of the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import xxhash

from services.deduper.core.event import stem
from services.deduper.core.facts import LEAD_CHARACTERS
from services.deduper.core.text import fold

MOST_KEPT = 2
COMMON = 30.0  # times in a million words
SKELETON_WORDS = 3  # a skeleton of fewer plain words fits too many titles

_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_SPELLED = {
    word: str(number)
    for number, word in enumerate(
        "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
        "sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=3,
    )
}

Conflict = Literal["series", "facts"]


@dataclass(frozen=True, slots=True)
class Marks:
    """16-bit hashes; a skeleton of 0 is none. ``stated`` is not stored: it speaks for a newcomer only."""

    series: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    skeleton: int = 0
    slots: int = 0
    stated: frozenset[int] = frozenset()


def marks_of(title: str, text: str, common: Mapping[str, float] = MappingProxyType({})) -> Marks:
    """The marks of one version of an article. ``common`` is how often a word stem occurs in a million words: in a title
    that Capitalises Every Word it tells names from words."""
    head = fold(f"{title}\n{text[:LEAD_CHARACTERS]}")
    series = dict.fromkeys([*_ORDINAL.findall(head), *_spelled(head)])
    folded = fold(title)
    ordinals = {match.start() for match in _ORDINAL.finditer(folded)}
    numbers = dict.fromkeys(m.group() for m in _NUMBER.finditer(folded) if m.start() not in ordinals)
    words = _WORD.findall(title)
    letters = [word for word in words if not word[0].isdigit()]
    capitalised = sum(1 for word in letters if not word.islower()) > 0.6 * len(letters)
    plain: list[str] = []
    slots: list[str] = []
    for word in letters:
        small = fold(word)
        is_plain = word.islower() or (capitalised and common.get(stem(small), 0.0) >= COMMON)
        (plain if is_plain else slots).append(small)
    named = len(plain) >= SKELETON_WORDS and bool(slots)
    return Marks(
        series=_hashes(series),
        numbers=_hashes(numbers),
        skeleton=_hash(" ".join(plain)) or 1 if named else 0,
        slots=_hash(" ".join(slots)) if named else 0,
        stated=frozenset(map(_hash, _NUMBER.findall(fold(text)))) if numbers else frozenset(),
    )


def _spelled(head: str) -> list[str]:
    """The ordinals written as words."""
    if not any(map(head.__contains__, _SPELLED)):
        return []
    return [_SPELLED[word] for word in re.findall(r"[a-z]+", head) if word in _SPELLED]


def conflict(mine: Marks, theirs: Marks, *, home: bool) -> Conflict | None:
    """In what two texts differ that matters, if in anything.

    An outlet (``home``: both are of one) that fills one form with other names reports another event.
    """
    if _apart(mine.series, theirs.series):
        return "series"
    if _apart(mine.numbers, theirs.numbers) and not mine.stated & set(theirs.numbers):
        return "facts"
    if mine.skeleton and mine.skeleton == theirs.skeleton and mine.slots != theirs.slots:
        return "series" if home else "facts"
    return None


def _apart(mine: tuple[int, ...], theirs: tuple[int, ...]) -> bool:
    return bool(mine) and bool(theirs) and not set(mine) & set(theirs)


def _hashes(words: dict[str, None]) -> tuple[int, ...]:
    return tuple(sorted({_hash(word) for word in words})[:MOST_KEPT])  # the same ones in whatever order they stand


def _hash(text: str) -> int:
    return int(xxhash.xxh32_intdigest(text.encode())) & 0xFFFF
