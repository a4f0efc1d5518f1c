"""What is compared: words without case, punctuation and typography.

Most English text is ASCII but for its quotation marks and dashes. There ``str.translate`` and ``split`` take a tenth of
a regular expression's time; on other text they take twenty times as much, so the expression is used.
"""

import re

from services.text.normalise import normalise
from services.text.words import UNSPACED

# In scripts without spaces each character is a token. Hangul has spaces.
_UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}]")
_WORD = re.compile(r"[^\W_]+")
_TYPOGRAPHY = "’“”—–‘…\u00a0"  # nothing that NFKC would make a letter or digit of
_ASCII_WORDS = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))  # by code
_ASCII_BYTES = _ASCII_WORDS.encode().ljust(256)
# Letters that outlets write in two ways: forms of alef, Persian keyboards, vowel signs and the stretch of Arabic, and
# its digits; Turkish capitals, of which the small letters cannot be told.
_ARABIC_ALEF, _DOTLESS, _DOT = "ا", "ı", "i\u0307"
_ARABIC: dict[int, int | None] = {}
_ARABIC |= str.maketrans("أإآٱىیکةۀ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "ااااييكهه01234567890123456789")
_ARABIC |= dict.fromkeys((0x0640, 0x0670, *range(0x064B, 0x0653)))
_MIXED_TOKEN = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")


def plain(text: str) -> str:
    """The text with typographic marks as spaces where that leaves ASCII, else the text itself: what has the same words,
    and is faster to read."""
    if text.isascii():
        return text
    straight = text
    for mark in _TYPOGRAPHY:
        straight = straight.replace(mark, " ")
    return straight if straight.isascii() else text


def fold(text: str) -> str:
    """The text folded, in the form that has the same words and is faster to read."""
    return normalise(plain(text))


def tokens(text: str) -> list[str]:
    """The words of ``text``, folded; in scripts without spaces, its characters."""
    return words_in(fold(text))


def words_in(folded: str) -> list[str]:
    """:func:`tokens` of a text that is folded already."""
    if folded.isascii():
        return folded.translate(_ASCII_WORDS).split()
    if _ARABIC_ALEF in folded:
        folded = folded.translate(_ARABIC)
    if _DOTLESS in folded or _DOT in folded:
        folded = folded.replace(_DOTLESS, "i").replace(_DOT, "i")
    if not _UNSPACED_CHARACTER.search(folded):
        return _WORD.findall(folded)
    return _MIXED_TOKEN.findall(folded)


def encoded_words(folded: str) -> list[bytes]:
    """:func:`words_in`, in UTF-8, in which they are hashed: in two thirds of the time."""
    if folded.isascii():
        return folded.encode().translate(_ASCII_BYTES).split()
    return [word.encode() for word in words_in(folded)]


def is_unspaced(words: list[str]) -> bool:
    """Whether most of ``words`` are single characters of a script without spaces."""
    seen = words[:400]
    if "".join(seen).isascii():  # a tenth of the time, and most of what comes
        return False
    characters = sum(1 for word in seen if len(word) == 1 and _UNSPACED_CHARACTER.match(word))
    return 2 * characters > len(seen)
