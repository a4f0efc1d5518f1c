"""What a title says of its article: whether it reports or comments, how it counts, which words are its own. Pure.

The words of each language are data (``titles`` in ``seeds/severity.yaml``).
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct

from services.text.titles import is_column

ANY = "*"  # among the announcers: whatever stands before a colon tells of no comment
DEFAULT_LANGUAGE = "en"  # of a title whose language is not known

_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5
_QUESTION = re.compile(r"[?؟？]\s*$")
_SPEAKER = re.compile(r"^([A-Z][a-z]+(?: [A-Z][a-z]+)?): ")
_QUOTE = re.compile(r"^[‘'“\"][^‘“”\"]{12,}[’'”\"](?= |$)")
_NUMBER = re.compile(r"(?<![\w.,$€£-])\d{1,3}(?!\w|%|-|[.,]\d)")


class TitleWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, eq=False):
    """The words of one language. In phrases, ``*`` at the end of a word stands for any ending, alone for any word.

    ``openers`` begin a question or an explainer, ``labels`` a column; ``announcers`` stand before a colon without
    being a speaker. ``reactions`` tell of somebody's reaction, but for what ``no_reactions`` name. ``ordinals`` and
    ``numbers`` count from two; an ordinal before one of ``not_counted`` counts something else. ``common`` are words
    that half of the news share, ``loud`` those that a sober headline does without. ``asides`` open a clause that tells
    what else goes on ("as ...", "after ..."), unless one of ``tolls`` says in the news what came of it; ``roundups``
    label an article that tells several things.
    """

    openers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    announcers: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    no_reactions: tuple[str, ...] = ()
    ordinals: tuple[str, ...] = ()
    not_counted: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    loud: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    tolls: tuple[str, ...] = ()
    roundups: tuple[str, ...] = ()


Titles = Mapping[str, TitleWords]


class _Patterns:
    """The words of one language as they are looked for."""

    def __init__(self, words: TitleWords) -> None:
        self.opener = _any_of((*words.openers, *words.labels), at_start=True)
        self.reaction = _any_of(words.reactions)
        self.no_reaction = _any_of(words.no_reactions)
        self.announcers = frozenset(word.casefold() for word in words.announcers)
        self.ordinals = {word: str(number) for number, word in enumerate(words.ordinals, start=2)}
        self.numbers = {word: str(number) for number, word in enumerate(words.numbers, start=2)}
        self.number = _any_of(words.numbers)
        others = "|".join(map(re.escape, words.not_counted)) or "$^"
        named = "".join(f"|{re.escape(word)}" for word in words.ordinals)
        self.ordinal = re.compile(rf"\b(\d{{1,3}}(?=(?:st|nd|rd|th)\b){named})\w*\b(?! (?:{others})\b)", re.IGNORECASE)
        self.common = frozenset(word[:_STEM] for word in words.common)
        self.aside = re.compile(rf"(?<=\w) (?:{'|'.join(words.asides) or '$^'}) .*?(?= [-–—] |[;:]|$)", re.IGNORECASE)
        self.toll = _any_of(words.tolls)
        roundups = "|".join(words.roundups) or "$^"
        self.roundup = re.compile(rf"^(?:[\w’'-]+ ){{0,4}}(?:{roundups}) ?[:|]|[-–—:|] ?(?:{roundups})$", re.IGNORECASE)
        self.loud = frozenset(word.casefold() for word in words.loud)


def is_comment(title: str, language: str | None, titles: Titles, *, deed: Iterable[str] = ()) -> bool:
    """Whether a title asks, explains, comments or tells of a reaction instead of reporting the deed.

    ``deed`` are words of the deed itself, which are no reaction: where an ally is scolded, "slams" is what happened.
    """
    patterns = _patterns(language, titles)
    for words in deed:
        title = title.replace(words, "")
    title = patterns.no_reaction.sub("", title)
    speaker = _SPEAKER.match(title)
    return bool(
        _QUESTION.search(title)
        or is_column(title)
        or _QUOTE.search(title)
        or patterns.opener.search(title)
        or patterns.reaction.search(title)
        or (speaker and patterns.announcers.isdisjoint({ANY, speaker[1].casefold(), speaker[1].split()[0].casefold()}))
    )


def ordinals(text: str, language: str | None, titles: Titles) -> tuple[str, ...]:
    """Which of a series a text tells of: "fourth strike", "10th strike"."""
    patterns = _patterns(language, titles)
    found = (match[1].casefold() for match in patterns.ordinal.finditer(text))
    return tuple(sorted({patterns.ordinals.get(word, word) for word in found}))


def numbers(title: str, language: str | None, titles: Titles) -> tuple[str, ...]:
    """How many a title tells of, from two on: ships, dead. No sums of money, dates or shares."""
    patterns = _patterns(language, titles)
    found = {patterns.numbers[match[0].casefold()] for match in patterns.number.finditer(title)}
    return tuple(sorted(found | {n for n in _NUMBER.findall(title) if int(n) > 1}))


def own_words(title: str, language: str | None, titles: Titles, *, names: Iterable[str]) -> tuple[str, ...]:
    """The words of a title that carry meaning, cut to stems, without those of ``names``."""
    common = _patterns(language, titles).common
    parts = {word[:4] for name in names for word in _WORD.findall(name.casefold())}
    stems = {word[:_STEM] for word in _WORD.findall(title.casefold())}
    return tuple(sorted(stem for stem in stems if stem not in common and stem[:4] not in parts))


def asides(title: str, language: str | None, titles: Titles) -> list[tuple[int, int]]:
    """Where a title has clauses that tell what else goes on."""
    return [match.span() for match in _patterns(language, titles).aside.finditer(title)]


def tells_toll(news: str, language: str | None, titles: Titles) -> bool:
    """Whether the news of a title, without its asides, is whom it cost: "100 missing after attack on ship"."""
    return bool(_patterns(language, titles).toll.search(news))


def is_roundup(title: str, language: str | None, titles: Titles) -> bool:
    """Whether a title says that its article tells several things: "Iran war latest: ..."."""
    return bool(_patterns(language, titles).roundup.search(title))


def loud_words(language: str | None, titles: Titles) -> frozenset[str]:
    """The words that a sober headline does without."""
    return _patterns(language, titles).loud


def _patterns(language: str | None, titles: Titles) -> _Patterns:
    return _compiled(titles.get(language or DEFAULT_LANGUAGE, _NO_WORDS))


@cache  # by identity: these words are not compared, which took longer than to look for most of them
def _compiled(words: TitleWords) -> _Patterns:
    return _Patterns(words)


def _any_of(phrases: Iterable[str], *, at_start: bool = False) -> re.Pattern[str]:
    """Finds any of the phrases as whole words, nothing where there is none."""
    escaped = (re.escape(phrase).replace(r"\ \*\ ", r" \w+ ").replace(r"\*", r"\w*") for phrase in phrases)
    found = "|".join(sorted(escaped, key=len, reverse=True))
    return re.compile(rf"{'^' if at_start else ''}(?<!\w)(?:{found or '$^'})(?!\w)", re.IGNORECASE)


_NO_WORDS = TitleWords()
