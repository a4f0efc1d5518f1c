"""How far an act has come, in languages whose words do not tell it by their form: by the words that govern the act."""

from collections.abc import Iterator, Sequence

from services.contracts.messages import EventMode
from services.tagger.core.frame import Frame
from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit

_GOVERNOR = 6  # words between a governor and what it governs
_NEGATION = 3
_CONDITION = 12
_MARKS = "?\uff1f\u061f"


def mode_of(frame: Frame, units: Sequence[Unit], grammar: Grammar, *, question: str) -> EventMode:
    """The mode of the act. ``question``: how its title asks, see :func:`asks`."""
    at = frame.at
    if _any(_before(at, units, _NEGATION), grammar.background) and frame.voice == "noun":
        return "background"
    if _any(_before(at, units, _CONDITION), grammar.condition):
        return "opinion"
    if _denied(at, units, grammar):
        return "denied"
    will = frame.voice == "active" and grammar.future and units[at].word.strip().startswith(grammar.future)
    found = "planned" if will else _governed(at, units, grammar)
    if found is None:
        found = "background" if _any(_before(at, units, 2), grammar.lasting) else "done"
    if question and found in ("done", "under_way", "planned"):
        return "opinion"
    return "under_way" if found == "done" and frame.act.source.lasting and frame.voice == "noun" else found


def _denied(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    if any(part in units[at].word for part in grammar.negated_inside):
        return True
    near = [*_before(at, units, _NEGATION), *(_after(at, units, _NEGATION) if grammar.order == "sov" else ())]
    return _any(near, grammar.negation)


def _governed(at: int, units: Sequence[Unit], grammar: Grammar) -> EventMode | None:
    """The mode that the nearest governor gives: before the act, where the verb comes last also behind it."""
    if grammar.order == "sov":
        for unit in _after(at, units, _GOVERNOR):
            mode = grammar.mode_of_word(unit.word)
            if mode is not None:
                return mode
    for unit in _before(at, units, _GOVERNOR):
        mode = grammar.mode_of_word(unit.word)
        if mode is not None:
            return mode
    after = next(_after(at, units, 1), None)
    return grammar.mode_heads.get(after.word) if after is not None else None


def _before(at: int, units: Sequence[Unit], reach: int) -> Iterator[Unit]:
    """Words before the act in its clause, the nearest first."""
    for index in range(at - 1, max(-1, at - 1 - reach), -1):
        if units[index].hard:
            return
        yield units[index]


def _after(at: int, units: Sequence[Unit], reach: int) -> Iterator[Unit]:
    for unit in units[at + 1 : at + 1 + reach]:
        if unit.hard:
            return
        yield unit


def _any(units: Iterator[Unit] | Sequence[Unit], words: frozenset[str]) -> bool:
    return any(unit.word in words for unit in units)


def asks(title: str, grammar: Grammar) -> str:
    """How a title asks or judges, else nothing: see :func:`services.tagger.core.modes.asks`."""
    lowered = title.strip(" '\"\u2018\u201c\u00ab\u300c").lower()
    if any(lowered.startswith(word) for word in grammar.opinion_labels):
        return "labels"
    if lowered.rstrip("'\"\u2019\u201d\u00bb\u300d ").endswith(tuple(_MARKS)):
        return "ends"
    return "opens" if any(lowered.startswith(word) for word in grammar.opinion_openings) else ""
