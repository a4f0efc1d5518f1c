"""How far an act has come, as far as its clause says: see :data:`services.contracts.messages.EventMode`."""

from __future__ import annotations

from collections.abc import Sequence

from services.contracts.messages import EventMode
from services.tagger.core.english import Grammar
from services.tagger.core.frames import Frame
from services.tagger.core.units import Unit

_GOVERNOR_REACH = 7


def mode_of(frame: Frame, units: Sequence[Unit], grammar: Grammar, *, title: bool, question: str) -> EventMode:
    """The mode of the act. ``question``: see :func:`asks`."""
    found = _noun(frame.at, units, grammar) if frame.voice in ("noun", "phrase") else _verb(frame, units, grammar)
    if question and title and found in ("done", "under_way", "planned") and not _parted(frame.at, units, question):
        found = "opinion"
    practice = frame.voice == "noun" and units[frame.at].word.strip().endswith("s")
    return "background" if found == "opinion" and practice else found  # "are the strikes legal": a campaign, not an act


def _parted(at: int, units: Sequence[Unit], question: str) -> bool:
    """Whether a colon or dash parts the act from the question, or from the words that open an opinion."""
    between = units[:at] if question == "opens" else units[at:-1]
    return any(unit.hard and not unit.word[0].isalnum() and unit.word != "|" for unit in between)


def _noun(at: int, units: Sequence[Unit], grammar: Grammar) -> EventMode:
    if units[at].word.split()[0] in grammar.be:  # a fixed phrase with its own verb: "is closed"
        return "done"
    after = units[at + 1] if at + 1 < len(units) else None
    if after is not None and after.word in grammar.mode_heads:
        return grammar.mode_heads[after.word]
    if any(unit.word in grammar.judging for unit in units[at + 1 : at + _GOVERNOR_REACH]):
        return "opinion"
    index = at - 1
    while index >= 0 and not units[index].hard and not _opens(units[index], grammar):
        index -= 1
    if index >= 0:
        word = units[index].word
        if word in grammar.background and not _casualties(units[:index], grammar):
            return "background"
        if word in grammar.concerning and units[at].word.strip().endswith("s"):
            return "background"
        if index and word in grammar.preposition and _told_after(units[index - 1], grammar):
            return "background"
    return _governed(at, units, grammar) or "done"


def _told_after(unit: Unit, grammar: Grammar) -> bool:
    return unit.word.strip() in grammar.about_heads and not unit.acts


def _opens(unit: Unit, grammar: Grammar) -> bool:
    return (
        unit.plain and unit.word in grammar.function and unit.word not in ("s", "the", "a", "an", "and", "its", "their")
    )


def _casualties(units: Sequence[Unit], grammar: Grammar) -> bool:
    return any(unit.word in grammar.casualties for unit in units)


def _verb(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> EventMode:
    at, form = frame.at, frame.form
    before = [units[index].word for index in range(max(0, at - 4), at) if not units[index].hard]
    near = before[-3:]
    if _only_told_beside(at, form, units, grammar):
        return "background"
    if _conditional(at, units, grammar):
        return "opinion"
    helped = _by_auxiliary(near, at, units, grammar)
    if helped is not None:
        return helped
    if form in ("base", "base_or_ed") and grammar.to in near:
        return _governed(at, units, grammar) or "planned"
    if form == "ing":
        return _progressive(near, at, units, grammar)
    present = form in ("s", "base") or (form == "base_or_ed" and frame.voice == "active")
    return "under_way" if present and frame.act.source.lasting else "done"


def _only_told_beside(at: int, form: str, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "still blocked"; and a participle as an adjective: "amid strained relations"."""
    before = units[at - 1].word if at else ""
    return before in grammar.lasting or (form in ("ed", "participle") and before in grammar.background)


def _by_auxiliary(near: Sequence[str], at: int, units: Sequence[Unit], grammar: Grammar) -> EventMode | None:
    if any(word in grammar.would for word in near):
        return "planned" if _reported(at, units, grammar) else "opinion"
    if any(word in grammar.should for word in near):
        return "opinion"
    if any(word in grammar.must for word in near):
        return "demanded"
    if any(word in grammar.negation and word not in grammar.mode_words for word in near):
        return "denied"
    if any(word in grammar.may or word in grammar.will for word in near):
        return "planned"
    return None


def _progressive(near: Sequence[str], at: int, units: Sequence[Unit], grammar: Grammar) -> EventMode:
    before = near[-1] if near else ""
    if before in grammar.be:
        return "under_way"
    if before == "from" and any(unit.word.strip() in grammar.preventing for unit in units[:at]):
        return "denied"
    if before in grammar.gerunds:
        return grammar.gerunds[before]
    return _governed(at, units, grammar, reach=3, ends_at_comma=True) or "under_way"


def _reported(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether somebody said so: "said it would join"."""
    return any(unit.word in grammar.says for unit in units[max(0, at - 16) : at])


def _conditional(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    for index in range(at - 1, max(-1, at - 12), -1):
        if units[index].word in grammar.condition:
            return True
        if units[index].hard or units[index].comma:
            return False
    return False


def _governed(
    at: int, units: Sequence[Unit], grammar: Grammar, reach: int = _GOVERNOR_REACH, *, ends_at_comma: bool = False
) -> EventMode | None:
    for index in range(at - 1, max(-1, at - 1 - reach), -1):
        unit = units[index]
        if unit.hard or (unit.comma and ends_at_comma):
            return None
        word = unit.word.strip()
        if word in grammar.mode_words:
            return grammar.mode_words[word]
    return None


def asks(title: str, grammar: Grammar) -> str:
    """``opens`` for a title that opens as opinion does, ``ends`` for one that ends as a question, else nothing."""
    lowered = title.strip(" '\"\u2018\u201c").lower()
    if lowered.startswith(grammar.fact_questions):
        return ""
    if any(lowered.startswith((f"{word} ", f"{word}:", f"{word}|")) for word in grammar.opinion_openings):
        return "opens"
    return "ends" if lowered.rstrip("'\"\u2019\u201d ").endswith("?") else ""
