"""What a version of an article claims, small enough to keep: numbers and names of its title and lead.

A changed fact is news: these are what an update is compared by. Names are runs of capitalised words, so this works
for scripts with case; elsewhere only numbers, the title and retraction words speak.
"""

import re

import xxhash
from msgspec import Struct

from services.deduper.core.names import CALENDAR
from services.deduper.core.text import fold, tokens
from services.text.normalise import normalise

LEAD_CHARACTERS = 600  # about the first hundred words
MOST_BYTES = 64  # packed: what the store keeps in its small form
_TITLE_BYTES = 8

# A set of characters comes first, so that the engine skips from one to the next: a third of the time.
_NUMBER = re.compile(r"\d\d*(?:[.,:]\d+)*(?:st|nd|rd|th)?\b")
_NAME = re.compile(r"[A-Z](?<!\w[A-Z])[\w'’-]+(?:\s+[A-Z][\w'’-]+)*")
_OPENING_MARKS = tuple('"“”‘')
_SENTENCE_ENDS = tuple(".!?:")
_RETRACTION = re.compile(
    r"\b(?:correct(?:ion|ed|s)|retract(?:ion|ed|s)|clarification|editor'?s note|withdrawn|"
    r"an earlier version|previously (?:stated|misstated)|misstated|kill(?:ed)? (?:this )?story)\b"
)
# One of these, or "kill", is in whatever the expression finds, and seldom elsewhere: they take a fraction of its time.
_TAKEN_BACK = (
    "correct",
    "retract",
    "clarification",
    "withdrawn",
    "misstated",
    "s note",
    "an earlier version",
    "previously stated",
)
_OPENERS = frozenset(
    "A After Also An And As At Before But By During For From He Her His How If In Its It Last Many More Most No Of On "
    "One Our She Since Some That The Their There These They This Those Though To Under Until We What When Where While "
    "Who Why With You".split()
)


class Facts(Struct, frozen=True):
    """``numbers`` and ``names`` in order of first mention; ``retraction`` the first word that takes something back."""

    title: str
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    retraction: str | None = None


def facts_of(title: str, text: str, folded: str | None = None) -> Facts:
    """The facts of one version. ``folded`` is the folded text, where it is known."""
    head = f"{title}\n{text[:LEAD_CHARACTERS]}"
    retraction = _retraction(title, text, fold(text) if folded is None else folded)
    service = MOST_BYTES - _TITLE_BYTES - len(retraction or "") - 3
    numbers = _first(_NUMBER.findall(head), service // 2)
    names = _first(_names(text[:LEAD_CHARACTERS]), service - sum(len(number) + 1 for number in numbers))
    return Facts(title=title, numbers=numbers, names=names, retraction=retraction)


def pack(facts: Facts) -> str:
    """All facts as one short string; two versions claim the same where their strings are equal.

    Of the title only a hash of its words is in it: the story's member holds the title itself.
    """
    title = f"{xxhash.xxh32_intdigest(' '.join(tokens(facts.title)).encode()):08x}"
    return "\x1f".join((title, "\x1e".join(facts.numbers), "\x1e".join(facts.names), facts.retraction or ""))


def unpack(packed: str) -> Facts:
    """The facts of a version: :func:`pack`'s string, a separator and the title."""
    _, numbers, names, retraction, title = packed.split("\x1f", 4)
    return Facts(
        title=title,
        numbers=tuple(filter(None, numbers.split("\x1e"))),
        names=tuple(filter(None, names.split("\x1e"))),
        retraction=retraction or None,
    )


def _retraction(title: str, text: str, folded: str) -> str | None:
    """The first word that takes something back."""
    whole = f"{fold(title)}\n{folded}"
    if not any(map(whole.__contains__, _TAKEN_BACK)) and ("kill" not in whole or "story" not in whole):
        return None
    found = _RETRACTION.search(normalise(f"{title}\n{text}"))
    return found.group()[:20] if found else None


def _names(text: str) -> list[str]:
    """Capitalised runs without what a sentence's beginning capitalises; days and months are no names."""
    found: list[str] = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        if _starts_sentence(text, match.start()) and (len(words) == 1 or words[0] in _OPENERS):
            words = words[1:]
        if words and not (len(words) == 1 and words[0].lower() in CALENDAR):
            found.append(" ".join(words))
    return found


def _starts_sentence(text: str, at: int) -> bool:
    """Whether a sentence, a line or a quotation begins there."""
    before = text[:at].rstrip()
    gap = text[len(before) : at]
    return at == 0 or "\n" in gap or before[-1:] in _OPENING_MARKS or bool(gap and before[-1:] in _SENTENCE_ENDS)


def _first(found: list[str], service: int) -> tuple[str, ...]:
    """The first of ``found``, each once, as many as have service in so many bytes."""
    kept: dict[str, None] = {}
    for item in found:
        clean = item.replace("\x1e", " ").replace("\x1f", " ")
        if clean in kept:
            continue
        service -= len(clean.encode("utf-8", "replace")) + 1
        if service < 0:
            break
        kept[clean] = None
    return tuple(kept)
