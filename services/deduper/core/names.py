"""Whom a headline names. Two reports of one event name the same people, places and ships; reports that only share a
subject ("sign treaty of mutual defence") do not. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.text.normalise import normalise

MOST_NAMES = 8
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WITHIN = ("'", "’", "-")  # a word, between letters
_LEAD_CHARACTERS = 3000  # far enough to see whether a word of the headline is also written small
MONTHS = tuple("january february march april may june july august september october november december".split())
CALENDAR = frozenset({*"monday tuesday wednesday thursday friday saturday sunday".split(), *MONTHS})  # name nothing

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
    read = f"{title} {text[:_LEAD_CHARACTERS]}"
    for word in _WORD.findall(title):
        if not word[0].isupper():
            continue
        folded = normalise(word.removesuffix("'s").removesuffix("’s"))
        small = folded[0].islower() and is_written(folded, read)
        if len(folded) > 1 and not small and folded not in CALENDAR:
            called = aliases.get(folded)
            found[Name(called or frozenset({folded}), state=called is not None)] = None
    return tuple(found)[:MOST_NAMES]


def is_written(word: str, text: str) -> bool:
    """Whether ``word`` is one of the words of ``text``: most are found nowhere in it, so it is not cut into words."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _goes_on(text[at - 1 : at], text[at - 2 : at - 1]) and not _goes_on(
            text[end : end + 1], text[end + 1 : end + 2]
        ):
            return True
        at = text.find(word, at + 1)
    return False


def _goes_on(next_: str, after: str) -> bool:
    """Whether a word goes on with a character, or with a mark within it."""
    return _is_letter(next_) or (next_ in _WITHIN and _is_letter(after))


def _is_letter(character: str) -> bool:
    return character.isalnum() and not character.isdecimal()
