"""What differs between two looks at a page, as far as it matters to a reader. Pure.

Told are sentences in which a number, a name, a negation or another telling word changed, sentences that came or went,
and notices that take something back. Not told are typography, spelling, the order of paragraphs, and what stands
around an article: links, times, counts, credits, calls to subscribe.

Sentences are compared as runs of letters and digits, so that it does not matter where a word or a
sentence is broken. Those that are on one side only are paired with what resembles them most, and the pairs are compared
by words.

Rejected: one comparison of all words (``difflib`` over two texts). It takes a paragraph that moved for one that
changed, and its time grows with the square of what an outlet can print.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from services.contracts.rechecks import MAX_DIFFERENCES, MAX_QUOTE, Difference
from services.text import sentences
from services.text.normalise import normalise
from services.text.words import UNSPACED

MAX_CHARACTERS: Final = 40_000  # of a text: far more than news has; what lies behind is not compared
MAX_SENTENCES: Final = 600
MAX_PAIRS: Final = 10_000  # looked at when pairing: more, and nothing is paired
LEAST_KEPT: Final = 0.3  # of the sentences: with fewer it is no edit of the page but another page
CUT_OFF: Final = 0.3  # of the sentences missing at the end: a wall for subscribers, not an editor
_PAIRED: Final = 0.5  # of the words are the same in both
_SPELT_ALIKE: Final = 0.75
_STATEMENT_WORDS: Final = 5
_LINE_WORDS: Final = 6  # of a line without a full stop, such as a heading
_MOST_WORDS: Final = 150  # of a sentence that is compared by words, which takes the square of them
_CONTEXT_WORDS: Final = 3

_WORD = re.compile(rf"[{UNSPACED}]|\d+(?:[.,:]\d+)*|%|[^\W\d_{UNSPACED}]+(?:['’][^\W\d_]+)*")
_ENDS = re.compile(r"[.!?…。！？؟۔।][\"'”’»)\]」』]*\s*$")
_ANY_SCRIPT: Final = sentences.Ends(wide=True)
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}\b)")
_NOT = re.compile(r"(?:n't|(?<=can)not)$")
_NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
_SPELLINGS = (("isation", "ization"), ("our", "or"), ("ense", "ence"), ("ll", "l"), ("mme", "m"), ("ys", "yz"))
_ENDINGS = re.compile(r"(?:is(e[sd]?|ing)|(?<=[bt])re)$")
# Words that may come and go: what is told does not depend on them.
_SLIGHT: Final = frozenset(
    "a an the of in on at to for from by with and as that which who this these those it its he she they his her their "
    "them him i we our you your has have had is are was were be been being do does did so then there here also just "
    "said says say told tells tell added adds stated percent".split()
)
_TAKES_BACK = re.compile(
    r"^(?:correction|clarification|retraction|erratum|corrigendum|editor(?:'s|ial|s) note|update and correction)\b"
    r"|\b(?:this|the) (?:article|story|report|page|post|headline|item)\b.{0,60}\b(?:correct|retract|withdr|remov|amend|"
    r"misstat|unpublish|taken down|no longer available)"
    r"|\b(?:an? (?:earlier|previous) version|previously (?:mis)?stated|misstated|incorrectly (?:said|stated|reported)|"
    r"we (?:have )?(?:retract|remov|correct|withdr))"
)
_AROUND = re.compile(
    # links
    r"^(?:read (?:more|also|next|the full)|also read|see also|related\b|more (?:on|from|stories|news)\b|recommended\b|"
    r"don't miss|trending|most (?:read|popular)|top stories|you (?:may|might) (?:also )?like|"
    r"watch:|listen:|click\b|tap\b"
    # times and counts
    r"|(?:last |first )?(?:updated?|published|posted|modified)\b[ :,]*(?:on |at )?(?:\w+ )?\d|\d+ (?:\w+ )?ago\b"
    r"|(?:\d[\d,.k]* )?(?:comments?|shares?|views?|likes?|replies|min(?:utes?)? read)(?: \(?\d+\)?)?$"
    r"|join the conversation"
    # credits
    r"|(?:(?:file )?(?:photo|image|picture|video)|illustration|caption|credit|photograph)s?(?: \w+)?:"
    r"|\(?(?:photo|image|picture)s? by\b|\(?(?:ap|reuters|afp|epa|getty) (?:photo|images?)\b"
    r"|(?:reporting|writing|editing|compiled|additional reporting) by\b|by [^.]{3,60}$"
    # calls and notices of the site
    r"|(?:subscribe|sign (?:up|in)|log in|register|follow us|share this|join our|support our|donate|download our|"
    r"get (?:the|our) (?:latest|best|daily))\b|advertise?ments?\b|sponsored\b|(?:story|article) continues|"
    r"continue reading|scroll (?:down|to)|©|\(c\) \d|copyright\b|skip to)"
    r"|\b(?:contributed to this (?:report|story|article)|all rights reserved|cookie(?:s| policy)|privacy policy|"
    r"(?:to|our|daily|morning|free) newsletters?|your inbox|unlimited access)\b"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Sentence:
    """A sentence: its text, its words with their places, what they are compared by, and all of them in one string."""

    text: str
    spans: tuple[tuple[int, int], ...]
    keys: tuple[str, ...]
    key: str
    takes_back: bool

    @property
    def tells(self) -> bool:
        """Whether it is a sentence, and not a heading, a link or a button."""
        return self.takes_back or (len(self.keys) >= _STATEMENT_WORDS and bool(_ENDS.search(self.text)))


def compare(before: str, after: str) -> tuple[Difference, ...] | None:
    """The differences that matter, notices first; None where ``after`` is not the page of before, edited.

    That is a page which demands a login, say, or of which too little is left to speak of an edit.
    """
    old, new = _sentences(before), _sentences(after)
    gone, come = _missing(old, new), _missing(new, old)
    notices = [one for one in come if one.takes_back]
    pairs = _pairs(gone, come)
    lost = [one for one in gone if one not in pairs]
    if _is_another_page(old, lost):
        return _bounded(Difference(after=one.text) for one in notices) or None
    answered = set(pairs.values())
    small = {word for one in (*old, *new) for word in one.text.split() if word.islower()}
    found = [Difference(after=one.text) for one in notices if one not in answered]
    for one in gone:
        if one in pairs:
            found += _differences(one, pairs[one], small)
        elif one.tells:
            found.append(Difference(before=one.text))
    found += [Difference(after=one.text) for one in come if one.tells and one not in answered and one not in notices]
    return _bounded(found)


def _bounded(found: Iterable[Difference]) -> tuple[Difference, ...]:
    kept = [Difference(before=_cut(one.before), after=_cut(one.after)) for one in found]
    return tuple(kept[:MAX_DIFFERENCES])


def _cut(text: str | None) -> str | None:
    return text[:MAX_QUOTE] if text else None


def _sentences(text: str) -> list[_Sentence]:
    """The sentences of a text, without those that stand around it."""
    read: list[_Sentence | None] = []
    for line in text[:MAX_CHARACTERS].split("\n"):  # a paragraph of a page is a line
        spans = sentences.split(line, 0, len(line), limit=MAX_SENTENCES - len(read), ends=_ANY_SCRIPT)
        read += [_read(line[start:end]) for start, end in spans]
    return [one for one in read if one is not None]


def _read(text: str) -> _Sentence | None:
    """A sentence with its words; None for what stands around the text, and for a line that is none."""
    plain = normalise(text).replace("’", "'").strip('"“”•*-–—| ')
    takes_back = bool(_TAKES_BACK.search(plain))
    if not takes_back and _AROUND.search(plain):
        return None
    words = [(found.span(), key) for found in _WORD.finditer(text) for key in _keys(found.group())]
    if not words or not (takes_back or len(words) >= _LINE_WORDS or _ENDS.search(text)):
        return None
    keys = tuple(key for _, key in words)
    return _Sentence(text, tuple(span for span, _ in words), keys, "".join(keys), takes_back)


def _keys(word: str) -> Iterable[str]:
    """What a word is compared by: numbers as digits, one spelling of English, "not" by itself."""
    folded = normalise(word).replace("’", "'")
    if folded[0].isdigit():
        return (_GROUPED.sub("", folded),)
    if folded == "%":
        return ("percent",)
    if _NOT.search(folded):
        return (_NOT.sub("", folded), "not")
    folded = folded.removesuffix("'s")
    folded = _NUMBERS.get(folded, folded)
    for one, other in _SPELLINGS:
        folded = folded.replace(one, other)
    return (_ENDINGS.sub(lambda found: "er" if found[0] == "re" else f"iz{found[0][2:]}", folded),)


def _missing(these: Sequence[_Sentence], others: Sequence[_Sentence]) -> list[_Sentence]:
    """Those of ``these`` that do not stand in the others, whole or as a part of a longer sentence, in any order."""
    whole = Counter(one.key for one in others)
    run = "".join(one.key for one in others)
    found: list[_Sentence] = []
    for one in these:
        if whole[one.key]:
            whole[one.key] -= 1
        elif not (len(one.keys) >= _STATEMENT_WORDS and one.key in run):
            found.append(one)
    return found


def _pairs(gone: Sequence[_Sentence], come: Sequence[_Sentence]) -> dict[_Sentence, _Sentence]:
    """Each sentence that is gone with the one that came in its place, those that resemble each other most first."""
    if len(gone) * len(come) > MAX_PAIRS:
        return {}
    bags = [Counter(one.keys) for one in come]
    ranked: list[tuple[float, int, int]] = []
    for place, one in enumerate(gone):
        words = Counter(one.keys)
        for at, bag in enumerate(bags):
            shared = 2 * (words & bag).total() / (len(one.keys) + len(come[at].keys))
            if shared >= _PAIRED:
                ranked.append((-shared, place, at))
    pairs: dict[_Sentence, _Sentence] = {}
    for _, place, at in sorted(ranked):
        if gone[place] not in pairs and come[at] not in pairs.values():
            pairs[gone[place]] = come[at]
    return pairs


def _is_another_page(old: Sequence[_Sentence], lost: Sequence[_Sentence]) -> bool:
    """Whether too little of the page is left, or all that was behind some place is gone."""
    if not old or not lost:
        return False
    missing = set(lost)
    tail = next((count for count, one in enumerate(reversed(old)) if one not in missing), len(old))
    return len(old) - len(lost) < LEAST_KEPT * len(old) or (tail > _STATEMENT_WORDS and tail >= CUT_OFF * len(old))


def _differences(one: _Sentence, other: _Sentence, small: set[str]) -> list[Difference]:
    """What changed within a sentence, from the first telling word to the last, with a few words around."""
    if max(len(one.keys), len(other.keys)) > _MOST_WORDS:
        return [Difference(before=one.text, after=other.text)]
    matcher = SequenceMatcher(None, one.keys, other.keys, autojunk=False)
    told = [
        (begin, end, start, stop)
        for kind, begin, end, start, stop in matcher.get_opcodes()
        if kind != "equal" and _matters(one, begin, end, other, start, stop, small)
    ]
    if not told:
        return []
    (begin, _, start, _), (_, end, _, stop) = told[0], told[-1]
    return [Difference(before=_quote(one, begin, end), after=_quote(other, start, stop))]


def _quote(one: _Sentence, begin: int, end: int) -> str:
    first, last = max(0, begin - _CONTEXT_WORDS), min(len(one.spans), end + _CONTEXT_WORDS) - 1
    return one.text[one.spans[first][0] : one.spans[last][1]]


def _matters(one: _Sentence, begin: int, end: int, other: _Sentence, start: int, stop: int, small: set[str]) -> bool:
    """Whether it says something else: not where only the spelling or slight words differ."""
    before, after = one.keys[begin:end], other.keys[start:stop]
    if "".join(before) == "".join(after):
        return False
    if len(before) == len(after) and all(
        _spelt_alike(was, now) and not (_is_name(one, begin + at, small) and _is_name(other, start + at, small))
        for at, (was, now) in enumerate(zip(before, after, strict=True))
    ):
        return False
    return bool([word for word in before if word not in _SLIGHT] != [word for word in after if word not in _SLIGHT])


def _spelt_alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if one[:1] != other[:1] or one[:1].isdigit() or "not" in (one, other):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() > _SPELT_ALIKE


def _is_name(one: _Sentence, at: int, small: set[str]) -> bool:
    """Whether a word is a name: with a capital, and nowhere without."""
    word = one.text[slice(*one.spans[at])]
    return word[0].isupper() and word.lower() not in small
