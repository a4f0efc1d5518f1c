"""Whether two headlines of one story go back to one source, as far as headlines say. Pure.

Three signs: they are nearly the same words, they pass on one report, or they quote the same words. What officials,
police or witnesses say is no such sign: two outlets may have heard it.
"""

import itertools
import math
import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

MOST_CHARACTERS: Final = 300  # of a headline are read
NEAR: Final = 0.75  # of all telling words of two headlines are in both: edits of one; measured (eval_sources)
CONTAINED: Final = 0.5  # are enough where the longer has all words of the shorter in its order: it was lengthened
LEAST_WORDS: Final = 5  # a shorter headline ("Explosion in Tarvos") is written twice by chance,
LEAST_CONTAINED: Final = 6  # and to be lengthened it must say who did what
LEAST_SHARED: Final = 3  # telling words, where "a report" may be any
SPEECH: Final = 3  # words in a row that say whether a quotation is of a sentence

_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){2,4}")
_POSSESSIVE = re.compile(r"['’]s\b")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FUNCTION = frozenset(
    "a about after again against all an and any are as at be been but by can could did do does for from get had has "
    "have he her him his how i if in into is it it's its just may me might more my no not of off on or our out over "
    "says said say she should so some that the their them then there they this those to too up us was we we're were "
    "what when where which while who why will with would you your you're i'm don't".split()
) - {"us", "no", "not"}  # "US" is a state in headlines, and a denial is no edit
DENIALS = frozenset("no not never denies deny denied rejects refuses without".split())
_REPORT_WORDS = frozenset("report reports reported reportedly finds claims".split())
_COUNTED = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), start=1)
} | {"third": "3rd", "first": "1st", "second": "2nd", "fourth": "4th", "fifth": "5th"}

_NAME = r"(?:(?:the|The)\s)?([A-Z][\w.&-]*(?:\s[A-Z][\w.&-]*){0,3})"
_MEDIUM = (
    r"(?:the|The)?\s?(AP|AFP|Reuters|Bloomberg|CNN|BBC|CNBC|NBC|CBS|ABC|MSNBC|NPR|PBS|Fox|Axios|Politico|Semafor|FT|WSJ|"
    r"NYT|TASS|Xinhua|Kyodo|Nikkei|Spiegel|(?:[A-Z]\w+\s){1,3}(?:News|Times|Post|Journal|Press|Telegraph|Guardian|TV))\b"
)
_PASSED_ON = (
    re.compile(rf"(?:^|[,;:–—|])\s*{_NAME}\s[Rr]eport(?:s|ed)?(?:\s(?i:says?|finds?|claims?))?\s?(?=$|[;:.,])"),
    re.compile(rf"\b(?i:citing|according to)\s{_NAME}"),
    re.compile(rf"\b(?i:told|tells|telling)\s{_MEDIUM}"),
)
_SOME_REPORT = re.compile(
    r"(?:^|[,;:–—|])\s*(?i:media )?[Rr]eports?(?:\s(?i:says?|finds?|claims?))?\s?(?=$|[;:.])|\b[Rr]eportedly\b"
)
_LAST_WORD = re.compile(r"\s(?:Reports?|Sources?|Says?)$")
_SHORT_FOR = {
    "wsj": "wallstreetjournal", "nyt": "newyorktimes", "wapo": "washingtonpost", "ap": "associatedpress",
    "ft": "financialtimes", "afp": "agencefrancepresse",
}  # fmt: skip
_QUOTED = re.compile(r"(?:^|(?<=[\s(:—–-]))[‘'“\"](.{8,200}?)[’'”\"](?=$|[\s,.;:!?)—–-])")


class Headline(Struct, frozen=True):
    """What a headline tells of where it comes from.

    ``words`` are its telling words, ``in_order`` the same as they stand. ``reporter`` is who is said to report it: None
    where nobody is, empty where it is "a report". ``quoted`` is what its quotations are known again by; ``small``
    says that it is not written With Capitals, so that none of them is a name.
    """

    words: frozenset[str]
    in_order: tuple[str, ...]
    reporter: str | None
    quoted: frozenset[tuple[str, ...]]
    small: bool


@lru_cache(maxsize=4096)
def read(title: str) -> Headline:
    """What ``title`` tells."""
    title = " ".join(unicodedata.normalize("NFKC", title[:MOST_CHARACTERS]).split())
    words = tuple(_COUNTED.get(word, word) for word in _words(title) if word not in _FUNCTION)
    small = _has_small_words(_QUOTED.sub(" ", title))
    return Headline(
        words=frozenset(words),
        in_order=words,
        reporter=_reporter(title),
        quoted=frozenset(part for match in _QUOTED.finditer(title) for part in _parts(match[1], small=small)),
        small=small,
    )


def one_source(mine: Headline, theirs: Headline) -> str | None:
    """What shows that two headlines of one story go back to one source, for "{sign} {outlet}"; None where nothing."""
    if _is_edit(mine, theirs):
        return "nearly the headline of"
    if _same_report(mine, theirs):
        return "passes on the same report as"
    if _same_words_quoted(mine, theirs):
        return "quotes the same words as"
    return None


def signs(headline: Headline) -> set[Hashable]:
    """Two headlines for which :func:`one_source` finds something have one of these in common: by these they are found.

    Of nearly equal headlines the words that come first in some one order cannot all differ.
    """
    ordered = sorted(headline.words)
    first = ordered[: len(ordered) - math.ceil(CONTAINED * len(ordered)) + 1]
    return {*first, *headline.quoted, *(() if headline.reporter is None else ("a report",))}


def labels(names: Iterable[str]) -> set[str]:
    """How a headline may call a publisher. ``names`` are its outlet and family."""
    parts = {_squeezed(part) for name in names for part in (name, *name.split("."))}
    return {_SHORT_FOR.get(part, part) for part in parts}


def reports_of(headline: Headline, names: Iterable[str]) -> bool:
    """Whether a headline passes on what a publisher reported. ``names`` are its outlet and family."""
    if not headline.reporter:
        return False
    return headline.reporter in labels(names)


def _is_edit(mine: Headline, theirs: Headline) -> bool:
    """Whether one headline is an edit of the other: other numbers and a denial are no edits."""
    short, long = sorted((mine, theirs), key=lambda headline: len(headline.words))
    if len(short.words) < LEAST_WORDS:
        return False
    apart = mine.words ^ theirs.words
    if apart & DENIALS or (_numbers(mine.words - theirs.words) and _numbers(theirs.words - mine.words)):
        return False
    shared, all_words = len(short.words & long.words), len(short.words | long.words)
    if shared >= NEAR * all_words:
        return True
    return LEAST_CONTAINED <= shared >= CONTAINED * all_words and _stands_in(short.in_order, long.in_order)


def _stands_in(short: Sequence[str], long: Iterable[str]) -> bool:
    """Whether ``long`` has all words of ``short`` in their order."""
    rest = iter(long)
    return all(word in rest for word in short)


def _numbers(words: Iterable[str]) -> bool:
    return any(word[0].isdigit() for word in words)


def _same_report(mine: Headline, theirs: Headline) -> bool:
    """Whether two headlines pass on one report. Where one does not name whose, they must tell of the same."""
    if mine.reporter is None or theirs.reporter is None:
        return False
    if mine.reporter and theirs.reporter:
        return mine.reporter == theirs.reporter
    return len((mine.words & theirs.words) - _REPORT_WORDS) >= LEAST_SHARED


def _reporter(title: str) -> str | None:
    for expression in _PASSED_ON:
        if match := expression.search(title):
            name = _squeezed(_LAST_WORD.sub("", match[1]))
            return _SHORT_FOR.get(name, name)
    return "" if _SOME_REPORT.search(title) else None


def _squeezed(name: str) -> str:
    """A name without case, spaces and marks, so that it compares with a host: washingtonpost."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _words(title: str) -> list[str]:
    """Words folded; ``U.S.`` is one, a possessive falls off."""
    return list(map(str.casefold, _words_as_written(title)))


def _words_as_written(title: str) -> list[str]:
    title = _INITIALS.sub(lambda match: match[0].replace(".", ""), title)
    return _WORD.findall(_POSSESSIVE.sub("", title).replace("’", "'"))


def _same_words_quoted(mine: Headline, theirs: Headline) -> bool:
    """Whether two headlines quote the same words. Where both are written With Capitals a name (of a series, a song)
    looks like a quotation: there the words must be of a sentence."""
    shared = mine.quoted & theirs.quoted
    return bool(shared) and (mine.small or theirs.small or any(len(part) == SPEECH for part in shared))


def _parts(quotation: str, *, small: bool) -> Iterator[tuple[str, ...]]:
    """What a quotation is known again by: two telling words that follow each other, or the only one; in any form of
    the sentence around them ("over me", "hangs over her"). Names in it ("thank Ann Selwyn") are anybody's words.

    And runs of a sentence, which has telling words and others.
    """
    written = _words_as_written(quotation)
    telling = [word for word in written if word.casefold() not in _FUNCTION]
    for pair in itertools.pairwise(telling) if len(telling) > 1 else ((word,) for word in telling):
        if not small or any(word[0].islower() for word in pair):
            yield tuple(sorted(map(str.casefold, pair)))
    if not small or any(word[0].islower() for word in telling):
        for run in zip(*(written[at:] for at in range(SPEECH)), strict=False):
            folded = tuple(map(str.casefold, run))
            if 1 < sum(word not in _FUNCTION for word in folded) < SPEECH:
                yield folded


def _has_small_words(title: str) -> bool:
    """Whether a telling word is written small; else every word has a capital, and it tells nothing."""
    return any(word[0].islower() for word in _words_as_written(title) if word.casefold() not in _FUNCTION)
