"""What is compared: words without case, punctuation and typography.

``str.translate`` on non-ASCII text costs twenty times a regular expression's time, so it is not used.
"""

from __future__ import annotations

import re
import unicodedata

# Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han and their extensions: no spaces between words, so each character
# is a token. Hangul has spaces.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(r"[^\W_]+")
_MIXED_TOKEN = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


def fold(text: str) -> str:
    """NFKC and case-folded; lone surrogates, which hostile feeds carry, become U+FFFD."""
    if text.isascii():
        return text.lower()
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """The words of ``text``, folded; in scripts without spaces, its characters."""
    folded = fold(text)
    if folded.isascii() or not _UNSPACED_CHARACTER.search(folded):
        return _WORD.findall(folded)
    return _MIXED_TOKEN.findall(folded)


def is_unspaced(words: list[str]) -> bool:
    """Whether most of ``words`` are single characters of a script without spaces."""
    seen = words[:400]
    if "".join(seen).isascii():  # a tenth of the time, and most of what comes
        return False
    characters = sum(1 for word in seen if len(word) == 1 and _UNSPACED_CHARACTER.match(word))
    return 2 * characters > len(seen)
