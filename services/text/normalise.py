"""Text made comparable: case, width and punctuation do not matter, the borders of words do."""

import re
import unicodedata

from services.text.words import has_word_borders

_WORD = re.compile(r"[^\W_]+")


def normalise(text: str) -> str:
    """NFKC and case-folded; lone surrogates, which hostile feeds carry, become question marks."""
    if text.isascii():
        return text.lower()
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", text).casefold()


def spaced_words(text: str) -> str:
    """The words of ``text``, normalised, with one space around each; empty where it has none."""
    words = _WORD.findall(normalise(text))
    return f" {' '.join(words)} " if words else ""


def has_phrase(spaced: str, phrase: str) -> bool:
    """Whether a text has a phrase, both from :func:`spaced_words`: whole words only, where words have borders."""
    return (phrase if has_word_borders(phrase) else phrase.strip()) in spaced
