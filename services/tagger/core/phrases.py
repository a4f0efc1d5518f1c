"""What a phrase of a pack means: the strings it stands for, and how a match of each is checked.

``sign~`` every form of the word; ``deploy*`` every word that begins so (last word only); ``(a|the|)`` one of these or,
with an empty part, nothing; ``=US`` exactly these letters. A word written with a capital must have one in the text.
"""

import math
import re
from dataclasses import dataclass
from itertools import product
from typing import Literal, Protocol

from services.tagger.core.fold import fold
from services.tagger.core.inflect import forms, plural, verb_forms

_CHOICE = re.compile(r"\(([^()]*)\)")
_MOST_FORMS = 3000
SYNTAX = "write words, word~ for all its forms, word* at the end, (a|the|) for a choice, =Word for exact letters"


Edge = Literal["border", "word_end", "open", "no_latin"]
"""What stands at an end of a needle: the border of a word; ``word_end``: the rest of the word, whatever it is;
anything; or, of a Latin word in a script without spaces, no other Latin letter."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One string to look for. ``folded`` holds the borders that it must have.

    ``capitals`` are the offsets that must be upper case in the text; ``exact`` are the letters it must have.
    """

    folded: str
    capitals: tuple[int, ...]
    exact: str | None
    left: Edge = "border"
    right: Edge = "border"


class Wording(Protocol):
    """How the phrases of a language are read. All raise :class:`ValueError` with what is wrong with a phrase."""

    def check(self, phrase: str) -> None:
        """Raise what :meth:`needles` would, sooner."""

    def needles(self, phrase: str) -> tuple[Needle, ...]:
        """Every string that a phrase stands for."""

    def nouns(self, phrase: str) -> tuple[Needle, ...]:
        """The strings of a noun phrase."""

    def verbs(self, phrase: str) -> tuple[tuple[Needle, str], ...]:
        """The strings of a verb, each with its form (see :class:`services.tagger.core.compiled.ActWord`)."""


class EnglishWording:
    """English makes the forms of its words by rule: see :mod:`services.tagger.core.inflect`."""

    def check(self, phrase: str) -> None:
        """See :class:`Wording`."""
        needles(phrase)

    def needles(self, phrase: str) -> tuple[Needle, ...]:
        """See :class:`Wording`."""
        return needles(phrase)

    def nouns(self, phrase: str) -> tuple[Needle, ...]:
        """See :class:`Wording`: in the singular and the plural."""
        return noun_needles(phrase)

    def verbs(self, phrase: str) -> tuple[tuple[Needle, str], ...]:
        """See :class:`Wording`: of a verb given in its plain form."""
        return verb_needles(phrase)


def needles(phrase: str) -> tuple[Needle, ...]:
    """Every string that ``phrase`` stands for. Raises :class:`ValueError` with what is wrong with it."""
    exact = phrase.startswith("=")
    body = (phrase[1:] if exact else phrase).strip()
    if not body:
        raise ValueError("it holds no words")
    found = [_needle(text, exact=exact) for text in _inflected(body)]
    return tuple({(n.folded, n.exact): n for n in found}.values())


def noun_needles(phrase: str) -> tuple[Needle, ...]:
    """The strings of a noun phrase, in the singular and the plural."""
    if phrase.startswith("="):
        return needles(phrase)
    found: list[Needle] = []
    for text in choices(phrase.strip()):
        found += needles(text)
        head, _, last = text.rpartition(" ")
        if last.isalpha() and last.islower() and (not last.endswith("s") or last.endswith("ss")):
            found += needles(f"{head} {plural(last)}".strip())
    return tuple({(n.folded, n.exact): n for n in found}.values())


def verb_needles(phrase: str) -> tuple[tuple[Needle, str], ...]:
    """The strings of a verb given in its plain form, each with what form it is (see :func:`inflect.verb_forms`)."""
    found: dict[tuple[str, str | None], tuple[Needle, str]] = {}
    for text in choices(phrase.strip()):
        head, _, rest = text.partition(" ")
        for word, form in verb_forms(head).items():
            for needle in needles(f"{word} {rest}".strip()):
                found.setdefault((needle.folded, needle.exact), (needle, form))
    return tuple(found.values())


def _inflected(body: str) -> list[str]:
    texts: list[str] = []
    for chosen in choices(body):
        options = [forms(word[:-1]) if word.endswith("~") else (word,) for word in chosen.split()]
        count = math.prod(len(choices) for choices in options)
        texts += [" ".join(words) for words in product(*options)] if count <= _MOST_FORMS else []
        if count > _MOST_FORMS or len(texts) > _MOST_FORMS:
            raise ValueError(f"it stands for more than {_MOST_FORMS} strings; use fewer choices")
    return texts


def choices(body: str) -> list[str]:
    """The texts that ``(a|b|)`` stands for. Raises :class:`ValueError`."""
    parts = _CHOICE.split(body)
    if any(mark in part for part in parts[::2] for mark in "()|"):
        raise ValueError("a parenthesis is not closed or holds another one, or | stands outside of parentheses")
    options = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    if math.prod(len(choices) for choices in options) > _MOST_FORMS:
        raise ValueError(f"it stands for more than {_MOST_FORMS} strings; use fewer choices")
    return ["".join(parts) for parts in product(*options)]


def _needle(text: str, *, exact: bool) -> Needle:
    prefix = text.endswith("*")
    text = text[:-1] if prefix else text
    if "*" in text or "~" in text or "=" in text:
        raise ValueError("* stands only at the end of the phrase, ~ at the end of a word, = at the beginning")
    if not fold(text).data.strip():
        raise ValueError("it holds no letter or digit")
    while not exact and not text[0].isalnum():
        text = text[1:]  # "'s aid": what stands before the first word is a border, whatever it is
    folded = fold(text).data
    capitals = capitals_of(text)
    right: Edge = "word_end" if prefix else "border"
    return Needle(folded[:-1] if prefix else folded, () if exact else capitals, text if exact else None, right=right)


def capitals_of(text: str) -> tuple[int, ...]:
    """Where words of ``text`` begin with a capital."""
    if text == text.lower():
        return ()
    return tuple(
        index for index, letter in enumerate(text) if letter.isupper() and (index == 0 or not text[index - 1].isalnum())
    )
