"""Whom a headline names. Two reports of one event name the same people, places and ships; reports that only share a
subject ("sign treaty of mutual defence") do not. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.deduper.core.text import fold

MOST_NAMES = 8
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LEAD_CHARACTERS = 3000  # far enough to see whether a word of the headline is also written small
# Capitals that name nothing: days and months.
_CALENDAR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)

Aliases = Mapping[str, frozenset[str]]
"""Word to every word that names the same (russia: russia, russian, russians, moscow). Folded, not stemmed."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a headline: the words it may be called by, and whether it is a state's."""

    words: frozenset[str]
    state: bool


def names_of(title: str, text: str, aliases: Aliases) -> tuple[Name, ...]:
    """The names in a headline.

    A name is a word with a capital that stands nowhere in headline or text without one: so headlines whose every word
    has a capital are read, too. In scripts without capitals there are none.
    """
    found: dict[Name, None] = {}
    written: set[str] = set()
    for word in _WORD.findall(title):
        if not word[0].isupper():
            continue
        folded = fold(word.removesuffix("'s").removesuffix("’s"))
        written = written or set(_WORD.findall(f"{title} {text[:_LEAD_CHARACTERS]}"))
        small = folded in written and folded[0].islower()
        if len(folded) > 1 and not small and folded not in _CALENDAR:
            called = aliases.get(folded)
            found[Name(called or frozenset({folded}), state=called is not None)] = None
    return tuple(found)[:MOST_NAMES]
