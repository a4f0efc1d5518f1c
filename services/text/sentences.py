"""Sentences of news text, fast, and bounded on text that has none.

A sentence ends at a line end or at ``.``, ``!``, ``?`` before a capital, a digit or a quote, unless the stop belongs
to an abbreviation or an initial; the space between may be missing, as it often is in scraped text. A sentence of more
than :data:`LONGEST` characters is cut at a space: lists and hostile text must not make one unit that every rule has to
walk.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]

LONGEST = 1200

# One set of characters comes first, so that the engine skips from one to the next: half the time of an alternation.
_AFTER_STOP = r"[\"\u201d\u2019')\]]{0,3}[%s]+(?=[\"\u201c\u2018'(\[\u2022\u2013\u2014-]{0,2}[A-Z0-9\u00c0-\u00de])"
# Scraped pages lose the space between paragraphs: "on Friday.The minister".
_GLUED = r"|(?<=[a-z\u00df-\u00ff%\u201d\"\u2019)][.!?])[\"\u201d\u2019]?(?=[\"\u201c\u2018]?[A-Z][a-z])"
_BORDER = re.compile(r"[\n.!?\u2026](?:(?<=\n)\s*|(?<!\n)" + _AFTER_STOP % r" \t\u00a0" + _GLUED + ")")
# Where empty lines part the paragraphs, a single line end is only where a line was broken.
_SOFT_BORDER = re.compile(r"[\n.!?\u2026](?:(?<=\n)[ \t\r]*\n\s*|(?<!\n)" + _AFTER_STOP % r" \n\t\u00a0" + _GLUED + ")")
_OPENING = "(\u201c\"\u2018'["
# The same for every script: stops of Chinese, Arabic and Indic writing end a sentence whatever follows, and after a
# full stop letters of scripts without capitals begin one.
_WIDE_STOP = "\u3002\uff01\uff1f\u061f\u06d4\u0964"
_BEGINS = (
    r"A-Z0-9\u00c0-\u00de\u0130\u015e\u0400-\u042f\u0490\u0531-\u0556\u05d0-\u05ea\u0620-\u06d3\u06f0-\u06f9"
    r"\u0900-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
)
_AFTER_WIDE = (
    rf"(?:(?<=[{_WIDE_STOP}])[\"\u201d\u2019\u300d\u300f\u300b\u00bb]?\s*"
    rf"|[\"\u201d\u2019\u00bb')\]]{{0,3}}[%s]+"
    rf"(?=[\"\u201c\u2018\u00ab\u201e'(\[\u2022\u2013\u2014-]{{0,2}} ?[{_BEGINS}]))"
)
_WIDE_BORDER = re.compile(rf"[\n.!?\u2026{_WIDE_STOP}](?:(?<=\n)\s*|(?<!\n)" + _AFTER_WIDE % r" \t\u00a0" + ")")
_WIDE_SOFT_BORDER = re.compile(
    rf"[\n.!?\u2026{_WIDE_STOP}](?:(?<=\n)[ \t\r]*\n\s*|(?<!\n)" + _AFTER_WIDE % r" \n\t\u00a0" + ")"
)
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr sen rep gov gen lt col maj capt cmdr sgt adm vice rear brig cpl pvt prof rev hon st jr sr"
    " jan feb mar apr jun jul aug sept sep oct nov dec mt ft inc corp ltd co dept e.g i.e fla calif va md pa wash ga"
    " vs tex ariz conn mass mich minn ens min pres amb u.s u.k u.n e.u d.c a.m p.m est".split()
)
# After "U.S." these begin a new sentence; anything else ("U.S. Navy") goes on.
_OPENERS = re.compile(
    r"[\"\u201c]?(?:The|A|An|It|He|She|They|We|But|And|In|On|At|As|For|If|This|That|These|However|Meanwhile|Earlier)\b"
)


@dataclass(frozen=True, slots=True)
class Ends:
    """Where sentences of a language end. ``wide``: in any script; ``abbreviations`` end none."""

    wide: bool = False
    abbreviations: frozenset[str] = frozenset()


ENGLISH = Ends()


def split(text: str, start: int, end: int, *, limit: int, ends: Ends = ENGLISH) -> list[Span]:
    """The spans of the first ``limit`` sentences in ``text[start:end]``, without white space at either end."""
    return _split(text, start, end, _border_of(text, start, end, ends), limit, ends)


def around(
    text: str, start: int, end: int, places: Sequence[int], *, first: int, limit: int, ends: Ends = ENGLISH
) -> list[Span]:
    """The ``first`` sentences, and of the rest those of paragraphs that hold one of ``places`` (rising).

    They are what :func:`split` gives, with the sentences of other paragraphs left out: most of an article is never
    asked for, and cutting it costs more than looking for triggers in it.
    """
    border = _border_of(text, start, end, ends)
    spans = _split(text, start, end, border, first, ends)
    if len(spans) < first:
        return spans
    mark = "\n\n" if border in (_SOFT_BORDER, _WIDE_SOFT_BORDER) else "\n"
    done = spans[-1][1]
    for place in places:
        if not done <= place < end:
            continue
        before, after = text.rfind(mark, done, place), text.find(mark, place, end)
        stop = end if after < 0 else after
        spans += _split(text, done if before < 0 else before, stop, border, limit - len(spans), ends)
        done = stop
        if len(spans) >= limit:
            break
    return spans


def _border_of(text: str, start: int, end: int, ends: Ends) -> re.Pattern[str]:
    soft = text.find("\n\n", start, end) >= 0
    if ends.wide:
        return _WIDE_SOFT_BORDER if soft else _WIDE_BORDER
    return _SOFT_BORDER if soft else _BORDER


def _split(text: str, start: int, end: int, border: re.Pattern[str], limit: int, ends: Ends) -> list[Span]:
    spans: list[Span] = []
    begin = start
    for match in border.finditer(text, start, end):
        stop = match.start()
        if text[stop] != "\n":
            if text[stop] == "." and _joins(text[stop + 1]) and _abbreviated(text, begin, stop, match.end(), ends):
                continue
            stop = match.end()
        _add(text, begin, stop, spans)
        begin = match.end()
        if len(spans) >= limit:
            return spans[:limit]
    _add(text, begin, end, spans)
    return spans[:limit]


def _joins(after: str) -> bool:
    """Whether what follows a stop may go on: no quote or parenthesis closes."""
    return after.isspace() or after.isupper()


def _abbreviated(text: str, begin: int, stop: int, after: int, ends: Ends) -> bool:
    space = max(text.rfind(" ", max(begin, stop - 24), stop), text.rfind("\n", max(begin, stop - 24), stop))
    word = text[max(begin, stop - 24) if space < 0 else space + 1 : stop].lstrip(_OPENING)
    if len(word) == 1 and word.isupper():
        return True
    lowered = word.lower()
    if lowered in ends.abbreviations:
        return True
    if lowered not in _ABBREVIATIONS:
        return False
    return not ("." in lowered and _OPENERS.match(text, after))


def _add(text: str, begin: int, stop: int, spans: list[Span]) -> None:
    while begin < stop and text[begin].isspace():
        begin += 1
    while stop > begin and text[stop - 1].isspace():
        stop -= 1
    while stop - begin > LONGEST:
        cut = text.rfind(" ", begin + LONGEST // 2, begin + LONGEST)
        cut = cut if cut > 0 else begin + LONGEST
        spans.append((begin, cut))
        begin = cut
        while begin < stop and text[begin].isspace():
            begin += 1
    if stop > begin:
        spans.append((begin, stop))
