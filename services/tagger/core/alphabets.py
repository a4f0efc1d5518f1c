"""The folded copy of a text in any script: one character for each, lower case, equal letters made one.

English has a faster way for the same, see :mod:`services.tagger.core.fold`. Letters beyond the first 65,536 code points
stay as they are.
"""

import re
import unicodedata
from functools import cache

from services.tagger.core.fold import Folded, without_hidden
from services.tagger.core.grammar import Grammar

# Marks that are written or left out at will: invisible ones, tatweel and the vowel signs of Arabic.
_SILENT = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u0640\u064b-\u0655\u0670"
_HIDDEN = re.compile(rf"[{_SILENT}]+|(?<=[^\W_])[ \t\u00a0]{{2,}}(?=[^\W_])|[^\W\d_][\u0300-\u036f]{{1,8}}")
_MAYBE_HIDDEN = re.compile(rf"[{_SILENT}\u0300-\u036f\t]|  ")
_LATIN_END = 0x250  # below it, and in Latin Extended Additional, accents can be folded
_SPECIAL = {"ß": "s", "æ": "a", "ø": "o", "œ": "o", "ð": "d", "þ": "t", "ł": "l", "ı": "i", "đ": "d"}


class Alphabet:
    """How one language is folded."""

    def __init__(self, grammar: Grammar) -> None:
        same = {other: letter for others, letter in grammar.same_letters.items() for other in others}
        base = _base(accents=grammar.accents == "kept")
        self._table = "".join(same.get(letter, letter) for letter in base) if same else base

    def fold(self, text: str) -> Folded:
        """The folded copy of ``text``."""
        cuts: tuple[tuple[int, int], ...] = ()
        if _MAYBE_HIDDEN.search(text):
            text, cuts = without_hidden(text, _HIDDEN)
        return Folded(text, f" {text.translate(self._table)} ", cuts)


@cache
def _base(*, accents: bool) -> str:
    return "".join(_letter(code, accents=accents) for code in range(0x10000))


def _letter(code: int, *, accents: bool) -> str:
    """What a character is read as: itself in lower case, a digit as one of ours, all that is no letter as a space."""
    if 0xD800 <= code < 0xE000:
        return " "
    character = chr(code)
    one = unicodedata.normalize("NFKC", character)
    if len(one) == 1:
        character = one
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.digit(character))
    if kind[0] not in "LMN":
        return " "
    lower = character.lower()[0]
    if not accents and (ord(lower) < _LATIN_END or 0x1E00 <= ord(lower) < 0x2000):
        lower = unicodedata.normalize("NFD", lower)[0]
        return _SPECIAL.get(lower, lower)
    return "е" if lower == "ё" else lower
