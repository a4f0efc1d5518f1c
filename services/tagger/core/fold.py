"""A copy of the text that patterns are matched on, and the way back to the original.

Matching wants lower case, no accents and no punctuation; evidence wants the characters that were written. The folded
copy has exactly one character for each of ``norm``, so a span in one is a span in the other. ``norm`` is the text
itself, except where that would hide words (decomposed accents, zero-width characters, soft hyphens, runs of spaces):
there ``norm`` is shorter, and ``cuts`` says where.

This is the way for English (other languages: :mod:`services.tagger.core.alphabets`). It goes through Windows-1252,
because ``bytes.translate`` folds 1 GB/s where ``str.translate`` does 20 MB/s on text with one typographic quote in it.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

# A letter that Windows-1252 does not have: part of a word, equal only to its like.
_OTHER_LETTER = ord("~")
_TATWEEL = "\u0640"  # a letter to Unicode, a stroke to readers
_ZERO_WIDTH = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_HIDDEN = re.compile(
    rf"[{_ZERO_WIDTH}]+"  # invisible
    r"|(?<=[^\W_])[ \t\u00a0]{2,}(?=[^\W_])"  # a run of spaces between two words
    r"|[^\W\d_][\u0300-\u036f]{1,8}"  # a letter with its accents written apart
)
_WIDE_SPACE = re.compile(r"[\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_WIDE_PUNCTUATION = re.compile(r"[\u2010-\u2027\u2030-\u205e\u2190-\u2bff\u3001-\u3011\uff01-\uff0f]")


def _table(question: int) -> bytes:
    table = bytearray()
    for code in range(256):
        character = bytes([code]).decode("cp1252", "replace")
        base = unicodedata.normalize("NFD", character)[0].lower()
        special = {"ß": "s", "æ": "a", "ø": "o", "œ": "o", "ð": "d", "þ": "t", "ł": "l", "ÿ": "y"}
        base = special.get(base, base)
        table.append(ord(base) if base.isascii() and base.isalnum() else ord(" "))
    table[ord("?")] = question
    return bytes(table)


_PLAIN = _table(ord(" "))
_LOSSY = _table(_OTHER_LETTER)


@dataclass(frozen=True, slots=True)
class Folded:
    """``data[1 + i]`` is the folded character ``norm[i]``: a space is added at both ends, so that every word has
    a border. ``cuts`` are (place in ``norm``, characters left out up to there), rising; empty for nearly all texts."""

    norm: str
    data: str
    cuts: tuple[tuple[int, int], ...] = ()

    def raw(self, position: int) -> int:
        """The place in the original text of place ``position`` in ``norm``."""
        if not self.cuts:
            return position
        index = bisect_right(self.cuts, (position, 1 << 60))
        return position + (self.cuts[index - 1][1] if index else 0)


def fold(text: str) -> Folded:
    """The folded copy of ``text``."""
    cuts: tuple[tuple[int, int], ...] = ()
    if text.isascii():
        if "  " in text or "\t" in text:
            text, cuts = without_hidden(text)
        return Folded(text, _bordered(text.encode("ascii"), _PLAIN), cuts)
    if "  " in text or "\u00ad" in text:
        text, cuts = without_hidden(text)
    try:
        return Folded(text, _bordered(text.encode("cp1252"), _PLAIN), cuts)
    except UnicodeEncodeError:
        if not cuts:
            text, cuts = without_hidden(text)
        simple = _WIDE_PUNCTUATION.sub(" ", _WIDE_SPACE.sub(" ", text)).replace("?", " ")
        return Folded(text, _bordered(simple.encode("cp1252", "replace"), _LOSSY), cuts)


def _bordered(encoded: bytes, table: bytes) -> str:
    return f" {encoded.translate(table).decode('ascii')} "


def without_hidden(text: str, hidden: re.Pattern[str] = _HIDDEN) -> tuple[str, tuple[tuple[int, int], ...]]:
    """``text`` without what ``hidden`` finds, and where it was cut."""
    parts: list[str] = []
    cuts: list[tuple[int, int]] = []
    end = length = lost = 0
    for match in hidden.finditer(text):
        found = match.group()
        shown = _shown(found)
        if len(shown) == len(found):
            continue
        parts += (text[end : match.start()], shown)
        length += match.start() - end + len(shown)
        lost += len(found) - len(shown)
        cuts.append((length, lost))
        end = match.end()
    if not cuts:
        return text, ()
    return "".join((*parts, text[end:])), tuple(cuts)


def _shown(found: str) -> str:
    if found[0] in " \t\u00a0":
        return " "
    return unicodedata.normalize("NFC", found) if found[0].isalpha() and found[-1] != _TATWEEL else ""
