"""Acts that are no news: a practice that is talked about, or a word that only says which thing is meant."""

from collections.abc import Sequence
from itertools import pairwise

from services.tagger.core.frame import Frame
from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit

_NEAR = 4
_PEOPLE = 5  # words at the beginning that count people: "12 Greek sailors aboard"
_CASUALTIES = 3  # words between a number and "killed"


def is_practice(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether it is done again and again, and nothing says that it was done anew: "strikes on boats are murder"."""
    if not frame.act.source.practice or frame.voice == "phrase":
        return False
    at = frame.at
    word = units[at].word.strip()
    plural = frame.voice == "noun" and word.endswith("s")
    kept_up = word.endswith("ing") and (_has_been(at, units) or is_subject(at, units, grammar))
    return (plural or kept_up) and not _anew(at, units, grammar)


def _has_been(at: int, units: Sequence[Unit]) -> bool:
    return "been" in [unit.word for unit in units[max(0, at - 2) : at]]


def is_subject(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether more is said of it: "targeting drug boats has no impact"."""
    if any(unit.word in grammar.be for unit in units[max(0, at - _NEAR) : at]):
        return False
    for unit in units[at + 1 : at + 2 * _NEAR]:
        if unit.hard or unit.comma or unit.word in grammar.relative:
            return False
        if unit.word in grammar.have or (unit.word in grammar.be and not unit.word.endswith("ing")):
            return True
    return False


def _anew(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    near = units[max(0, at - _NEAR) : at]
    if any(_is_fresh(unit.word, grammar) for unit in near) or any(unit.word in grammar.carrying_out for unit in near):
        return True
    if any(unit.word in grammar.carrying_out for unit in units[at + 1 : at + 2 * _NEAR]):
        return True
    if any(_is_number(unit.word, grammar) for unit in units[at + 1 : at + _NEAR]):
        return True  # "attacks on 11 tankers"
    return _dated(units, grammar) or _toll(units, grammar)


def _dated(units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "on Monday", "said Monday"; no "Monday deadline"."""
    for before, unit in pairwise(units):
        if unit.word in grammar.days and (before.word == "on" or before.word in grammar.says):
            return True
    return False


def _is_fresh(word: str, grammar: Grammar) -> bool:
    return word in grammar.fresh or _is_number(word, grammar)


def _is_number(word: str, grammar: Grammar) -> bool:
    return word in grammar.number or word[:1].isdigit()


def _toll(units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether a number of dead is told."""
    told = [index for index, unit in enumerate(units) if unit.word in grammar.casualties]
    return any(
        _is_number(unit.word, grammar) for index in told for unit in units[max(0, index - _CASUALTIES) : index + 3]
    )


def only_identifies(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether the verb only says which thing is meant.

    An adjective ("blockaded Gaza"), a participle after its noun ("nears ship seized by pirates"), or a clause without
    its pronoun ("boats the US is striking").
    """
    return _in_relative_clause(frame, units, grammar) or _is_adjective(frame, units, grammar)


def _in_relative_clause(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> bool:
    """A thing stands right before the subject: "boats | the US | is | striking"."""
    index = frame.at - 1
    while index >= 0 and (units[index].word in grammar.be or units[index].word in grammar.have):
        index -= 1
    if index < 0 or index == frame.at - 1 or not units[index].kinds:
        return False
    while index >= 0 and (units[index].actors or index in frame.fillers.values() or units[index].word == "the"):
        if units[index].things and not units[index].actors and units[index + 1].word == "the":
            return index in frame.fillers.values()
        index -= 1
    return False


def _is_finite(unit: Unit) -> bool:
    one_word = " " not in unit.word.strip()
    return any(form in ("s", "base", "ing") or (form == "phrase" and one_word) for _, form in unit.acts)


def _is_adjective(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> bool:
    """A participle before its noun, or one after a noun that is not the subject."""
    at = frame.at
    if frame.form not in ("ed", "participle", "base_or_ed"):
        return False
    before = units[at - 1] if at else None
    if before is None:
        return False
    if frame.form != "base_or_ed" and (units[at].glued or before.word in grammar.indefinite):
        return True
    if at - 1 not in frame.fillers.values():
        return False
    for index in range(at - 2, -1, -1):
        unit = units[index]
        if unit.hard or unit.comma:
            return unit.comma and units[index + 1].word in ("a", "an")  # ", a bloc led by Russia"
        if unit.plain and unit.word in grammar.preposition:
            if index < _PEOPLE and _is_number(units[0].word, grammar) and units[1].word not in grammar.casualties:
                return False  # "12 sailors aboard ships hijacked by pirates"
            return frame.voice == "passive" or unit.word != "of"  # "two of the ships sailed"
        if unit.word not in grammar.says and _is_finite(unit):
            return True
    return False
