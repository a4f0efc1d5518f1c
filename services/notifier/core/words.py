"""Text folded so that words can be looked for: case, width and punctuation do not matter, the borders of words do."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]+")
# Scripts that write words without spaces between them: there a word is looked for anywhere.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BORDER = " \n "


def fold(text: str) -> str:
    """The words of ``text`` with one space around each; empty where it has none."""
    words = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return f" {' '.join(words)} " if words else ""


def haystack(texts: list[str]) -> str:
    """Several texts in which to look at once; no phrase spans two of them."""
    return _BORDER.join(folded for text in texts if (folded := fold(text)))


def contains(folded: str, phrase: str) -> bool:
    """Whether a folded ``phrase`` stands in a folded text, whole words only."""
    return (phrase.strip() if _UNSPACED.search(phrase) else phrase) in folded
