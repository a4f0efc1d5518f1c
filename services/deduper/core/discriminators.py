"""The numbers and names that tell two nearly equal texts apart: the 12th package is not the 13th.

``ordinals`` are those of title and lead, and the days and parts that the title counts: where both texts have some and
none is shared, they are two events. ``numbers`` are the title's other numbers, ``title_template`` the title with its
numbers and names taken out, and ``template_values`` the names. Where both titles have numbers, none is shared and the
text that is judged states none of the other's anywhere (``text_numbers``), or where one template has other values, the
texts differ in a fact, and neither is a copy of the other.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

import xxhash
from msgspec import Struct

from services.deduper.core.facts import LEAD_CHARACTERS
from services.deduper.core.names import MONTHS
from services.deduper.core.stem import stem
from services.deduper.core.text import fold
from services.text.normalise import normalise

MOST_KEPT = 2
COMMON = 30.0  # times in a million words
TEMPLATE_WORDS = 3  # a template of fewer plain words fits too many titles

_ORDINAL = re.compile(r"(\d(?<!\w\d)\d*)(?:st|nd|rd|th)\b")  # a digit first: the engine skips to the next one
# A series counts itself in its headline: "day 27 of the attacks", "horoscope for March 26".
_MONTH = "|".join(MONTHS)
_COUNTED = re.compile(
    rf"\b(?:day|week|part|episode|game|round|{_MONTH}) (\d[\d,]{{0,6}})\b|\b(\d{{1,2}}) (?:{_MONTH})\b"
)
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

Conflict = Literal["event", "facts"]


class Discriminators(Struct, frozen=True):
    """16-bit hashes; a template of 0 is none. ``text_numbers`` is not stored: only an article that is judged has it."""

    ordinals: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    title_template: int = 0
    template_values: int = 0
    text_numbers: frozenset[int] = frozenset()


NONE = Discriminators()


def discriminators_of(
    title: str, text: str, common: Mapping[str, float] = MappingProxyType({}), folded: str | None = None
) -> Discriminators:
    """The discriminators of one version of an article. ``folded`` is the folded text, where it is known.

    ``common`` is how often a word stem occurs in a million words: in a title that Capitalises Every Word it tells names
    from words.
    """
    head = normalise(f"{title}\n{text[:LEAD_CHARACTERS]}")
    folded_title = normalise(title)
    counted = [*_ORDINAL.finditer(folded_title), *_COUNTED.finditer(folded_title)]
    ordinals = {match.start(match.lastindex or 0) for match in counted}
    numbers = {m.group() for m in _NUMBER.finditer(folded_title) if m.start() not in ordinals}
    template, values = _title_template(title, common)
    return Discriminators(
        ordinals=_hashes({*_ORDINAL.findall(head), *_spelled(head), *(m[m.lastindex or 0] for m in counted)}),
        numbers=_hashes(numbers),
        title_template=template,
        template_values=values,
        text_numbers=frozenset(map(_hash, _NUMBER.findall(fold(text) if folded is None else folded)))
        if numbers
        else frozenset(),
    )


def _title_template(title: str, common: Mapping[str, float]) -> tuple[int, int]:
    """Hashes of the title's plain words and of its names; 0 and 0 where it has too few of them."""
    words = [word for word in _WORD.findall(title) if not word[0].isdigit()]
    capitalised = sum(1 for word in words if not word.islower()) > 0.6 * len(words)
    plain: list[str] = []
    values: list[str] = []
    for word in words:
        small = normalise(word)
        is_plain = word.islower() or (capitalised and common.get(stem(small), 0.0) >= COMMON)
        (plain if is_plain else values).append(small)
    if len(plain) < TEMPLATE_WORDS or not values:
        return 0, 0
    return _hash(" ".join(plain)) or 1, _hash(" ".join(values))


def _spelled(head: str) -> list[str]:
    """The ordinals written as words."""
    if not any(map(head.__contains__, _SPELLED)):
        return []
    return [_SPELLED[word] for word in re.findall(r"[a-z]+", head) if word in _SPELLED]


def conflict(mine: Discriminators, theirs: Discriminators, *, same_outlet: bool) -> Conflict | None:
    """In what two texts differ that matters, if in anything: they are of two events, or differ in facts of one.

    An outlet that fills one form with other names reports another event.
    """
    if _apart(mine.ordinals, theirs.ordinals):
        return "event"
    if _apart(mine.numbers, theirs.numbers) and mine.text_numbers.isdisjoint(theirs.numbers):
        return "facts"
    one_form = mine.title_template and mine.title_template == theirs.title_template
    if one_form and mine.template_values != theirs.template_values:
        return "event" if same_outlet else "facts"
    return None


def _apart(mine: tuple[int, ...], theirs: tuple[int, ...]) -> bool:
    return bool(mine) and bool(theirs) and set(mine).isdisjoint(theirs)


def _hashes(words: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({_hash(word) for word in words})[:MOST_KEPT])  # the same ones in whatever order they stand


def _hash(text: str) -> int:
    return int(xxhash.xxh32_intdigest(text.encode())) & 0xFFFF
