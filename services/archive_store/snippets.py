"""The piece of a text that holds what was searched, and where in it. Pure.

Places are given as numbers, never as markup: who shows them makes its own, and nothing of a text is ever HTML.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.archive_store import tokens
from services.archive_store.query import Term

_WIDTH: Final = 240  # characters, about three lines
_BEFORE: Final = 60
_GAP = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """``text`` with the places [start, end) of what was found in it, in characters."""

    text: str
    marks: tuple[tuple[int, int], ...]


class _Folding(dict[int, str]):
    """Each character as the index compares it, for ``str.translate``: one for one, so that places stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFD", character)[0].lower()
        self[code] = plain if len(plain) == 1 else character
        return self[code]


_folding = _Folding()


def pattern(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """What finds any of ``terms`` in a folded text; None where there are none."""
    return re.compile("|".join(map(_one, terms))) if terms else None


def marked(text: str, wanted: re.Pattern[str] | None) -> Snippet:
    """All of ``text``, with the places."""
    return Snippet(text, tuple(found.span() for found in wanted.finditer(text.translate(_folding))) if wanted else ())


def snippet(text: str, wanted: re.Pattern[str] | None) -> Snippet:
    """The piece of ``text`` around the first place, cut at spaces."""
    found = wanted.search(text.translate(_folding)) if wanted else None
    start = max(0, found.start() - _BEFORE) if found else 0
    if start:
        start = text.find(" ", start, found.start() if found else None) + 1 or start
    end = min(len(text), start + _WIDTH)
    if end < len(text):
        end = (
            max(text.rfind(" ", start + _WIDTH // 2, end), found.end() if found else 0)
            if " " in text[start:end]
            else end
        )
    piece = marked(" ".join(text[start:end].split()), wanted)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    moved = tuple((at + len(before), until + len(before)) for at, until in piece.marks)
    return Snippet(before + piece.text + after, moved)


def _one(term: Term) -> str:
    words = [re.escape(word.translate(_folding)) for word in _GAP.split(term.text) if word]
    body = r"[\W_]+".join(words)
    if tokens.is_unspaced(term.text):
        return body
    return rf"(?<!\w){body}" + (r"\w*" if term.begins else r"(?!\w)")
