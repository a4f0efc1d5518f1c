"""What stands beside the news of a sentence: in a clause of its own, after "amid", as the cause of what is told."""

from collections.abc import Iterable, Sequence

from services.tagger.core.frame import Frame
from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit

_NEAR = 7


def is_told_beside(frame: Frame, others: Iterable[Frame], units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether another act is the news: "to send ships | as strikes go on", "sign pact | to deepen ties"."""
    at = frame.at
    opening = next((index for index in range(at - 1, -1, -1) if units[index].hard), -1)
    if opening > 0 and units[opening].word in grammar.beside:
        return True
    if frame.form != "base" or at < 2 or units[at - 1].word != grammar.to or units[at - 2].word in grammar.mode_words:
        return False
    sooner = [units[other.at].word.split()[0] for other in others if opening < other.at < at - 1]
    governs = ("threatened", "demanded")  # "urges NATO to send ships" is about the ships
    return bool(sooner) and not any(grammar.mode_words.get(word) in governs for word in sooner)


def noun_stands_beside(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether a noun names only what the news stands beside, what it comes of, or what goes on."""
    return _goes_on(at, units, grammar) or _follows_preposition(at, units, grammar) or _has_effect(at, units, grammar)


def verb_stands_beside(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "still blocked", "amid strained relations", "a year after it signed"."""
    before = units[frame.at - 1].word if frame.at else ""
    participle = frame.form in ("ed", "participle")
    if before in grammar.lasting or (participle and before in grammar.background):
        return True
    for index in range(frame.at - 1, max(0, frame.at - _NEAR), -1):
        if units[index].word in grammar.background:
            return units[index - 1].word in grammar.ages
        if units[index].comma:
            return False
    return False


def _goes_on(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "as the blockade of Hormuz continues"."""
    beside = any(unit.hard and unit.word in grammar.subordinate for unit in units[max(0, at - _NEAR) : at])
    return beside and any(unit.word in grammar.lasting for unit in units[at + 1 : at + _NEAR])


def _follows_preposition(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "amid the US blockade", "anger about strikes", "probe of the attack"; not "ten dead after attack"."""
    index = at - 1
    while index >= 0 and not units[index].hard and not _opens_group(units[index], grammar):
        if units[index].word in grammar.mode_words:
            return False  # "arms from Moscow and wants closer ties": another verb's
        index -= 1
    if index < 0:
        return False
    word, before = units[index].word, units[index - 1] if index else None
    if word in grammar.background:
        old = before is not None and before.word in grammar.ages
        return old or not any(unit.word in grammar.casualties for unit in units[:index])
    if word in grammar.concerning and units[at].word.strip().endswith("s"):
        return True
    about = before is not None and word in grammar.preposition and not before.acts
    return about and before is not None and before.word.strip() in grammar.about_heads


def _opens_group(unit: Unit, grammar: Grammar) -> bool:
    return unit.plain and unit.word in grammar.function and unit.word not in grammar.in_group


def _has_effect(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "US blockade of Cuba pushes ...": the act is the subject, and the news is what comes of it."""
    for index in range(at + 1, min(len(units), at + _NEAR)):
        unit = units[index]
        if unit.hard or unit.comma or unit.word in grammar.relative or unit.word in grammar.by:
            return False
        if unit.word.strip() in grammar.effects and units[index - 1].word not in grammar.determiner:
            after = units[index + 1].word if index + 1 < len(units) else ""
            return bool(after) and after not in grammar.preposition  # "rift deepens (between)": it is what happens
    return False
