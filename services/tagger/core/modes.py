"""How far an act has come, as far as its clause says: see :data:`services.contracts.messages.EventMode`."""

import re
from collections.abc import Sequence
from itertools import takewhile

from services.contracts.messages import EventMode
from services.tagger.core import told
from services.tagger.core.frames import Frame
from services.tagger.core.grammar import Grammar
from services.tagger.core.standing import is_practice, only_identifies
from services.tagger.core.units import Unit

_GOVERNOR_REACH = 7
_DENIAL_REACH = 12
_NAME = r"[A-Z][A-Z.'\u2019-]{1,24}(?: [A-Z][A-Z.'\u2019-]{0,24}){1,2}"
_COLUMNIST = re.compile(rf"^{_NAME}: |: {_NAME}$")  # "JANE DOE: We must ...", "We must ...: JANE DOE"
_ASKING = ("to", "for", "on")
_TO_REACH = 9  # words between "to" and a second verb after it: "to end the war and repair ties"
# Modes that an act's own word can tell.
_OWN: frozenset[EventMode] = frozenset({"planned", "threatened", "demanded", "under_way"})


def mode_of(frame: Frame, units: Sequence[Unit], grammar: Grammar, *, title: bool, question: str) -> EventMode:
    """The mode of the act. ``question``: see :func:`asks`."""
    if grammar.voices == "list":
        return told.mode_of(frame, units, grammar, question=question if title else "")
    if is_practice(frame, units, grammar):
        return "background"
    found = (
        _noun(frame.at, units, grammar, lasting=frame.act.source.lasting)
        if frame.voice in ("noun", "phrase")
        else _verb(frame, units, grammar, title=title)
    )
    if question and title and found in ("done", "under_way", "planned") and not _parted(frame.at, units, question):
        found = "opinion"
    practice = frame.voice == "noun" and units[frame.at].word.strip().endswith("s")
    return "background" if found == "opinion" and practice else found  # "are the strikes legal": a campaign, not an act


def _parted(at: int, units: Sequence[Unit], question: str) -> bool:
    """Whether a colon or dash parts the act from the question, or from the words that open an opinion."""
    if question == "labels":
        return False
    between = units[:at] if question == "opens" else units[at:-1]
    return any(unit.hard and not unit.word[0].isalnum() and unit.word != "|" for unit in between)


def _noun(at: int, units: Sequence[Unit], grammar: Grammar, *, lasting: bool) -> EventMode:
    if units[at].word.split()[0] in grammar.be:  # a fixed phrase with its own verb: "is closed"
        return "done"
    own = _own(units[at], grammar)
    if own is not None:
        return own
    after = units[at + 1] if at + 1 < len(units) else None
    if after is not None and after.word in grammar.mode_heads:
        return grammar.mode_heads[after.word]
    if any(unit.word in grammar.judging for unit in units[at + 1 : at + _GOVERNOR_REACH]):
        return "opinion"
    if _without(at, units, grammar):
        return "denied"
    if _goes_on(at, units, grammar) or _beside(at, units, grammar) or _has_effect(at, units, grammar):
        return "background"
    reached = units[at].word.strip().split()[0] in grammar.reaching
    return _governed(at, units, grammar) or ("under_way" if lasting and not reached else "done")


def _own(unit: Unit, grammar: Grammar) -> EventMode | None:
    """What the words of the act itself tell: "under attack", "threatens", "urges to spend"."""
    words = unit.word.split()[:2]
    if "under" in words:
        return "under_way"
    if words[-1] in grammar.particles:
        return None
    mode = grammar.mode_words.get(words[0])
    return mode if mode in _OWN and words[0] not in grammar.needs_to else None


def _beside(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether the noun's group stands after a word that makes it only what the news stands beside."""
    index = at - 1
    while index >= 0 and not units[index].hard and not _opens(units[index], grammar):
        if units[index].word in grammar.mode_words:
            return False  # "arms from Moscow and wants closer ties": another verb's
        index -= 1
    if index < 0:
        return False
    word = units[index].word
    if word in grammar.background and not _casualties(units[:index], grammar):
        return True
    if word in grammar.concerning and units[at].word.strip().endswith("s"):
        return True
    return index > 0 and word in grammar.preposition and _told_after(units[index - 1], grammar)


def _has_effect(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "US blockade of Cuba pushes ...": the act is the subject, and the news is what comes of it."""
    for index in range(at + 1, min(len(units), at + _GOVERNOR_REACH)):
        unit = units[index]
        if unit.hard or unit.comma or unit.word in grammar.relative or unit.word in grammar.by:
            return False
        if unit.word.strip() in grammar.effects and units[index - 1].word not in grammar.determiner:
            after = units[index + 1].word if index + 1 < len(units) else ""
            return after not in grammar.preposition  # "rift deepens between": it is what happens
    return False


def _goes_on(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "as the blockade of Hormuz continues": what goes on, beside the news."""
    beside = any(unit.hard and unit.word in grammar.subordinate for unit in units[max(0, at - _GOVERNOR_REACH) : at])
    return beside and any(unit.word in grammar.lasting for unit in units[at + 1 : at + _GOVERNOR_REACH])


def _told_after(unit: Unit, grammar: Grammar) -> bool:
    return unit.word.strip() in grammar.about_heads and not unit.acts


def _without(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "no deal without guarantees": it is asked for."""
    return any(grammar.gerunds.get(unit.word) == "denied" for unit in units[max(0, at - 2) : at])


def _opens(unit: Unit, grammar: Grammar) -> bool:
    return (
        unit.plain and unit.word in grammar.function and unit.word not in ("s", "the", "a", "an", "and", "its", "their")
    )


def _casualties(units: Sequence[Unit], grammar: Grammar) -> bool:
    return any(unit.word in grammar.casualties for unit in units)


def _verb(frame: Frame, units: Sequence[Unit], grammar: Grammar, *, title: bool) -> EventMode:
    at, form = frame.at, frame.form
    before = [unit.word for unit in takewhile(lambda unit: not unit.hard, reversed(units[max(0, at - 4) : at]))][::-1]
    near = before[-3:]
    if _only_told_beside(at, form, units, grammar) or only_identifies(frame, units, grammar):
        return "background"
    if _conditional(at, units, grammar):
        return "opinion"
    if any(word in grammar.negation and word not in grammar.mode_words for word in near) or _denied(at, units, grammar):
        return "denied"
    to = _infinitive(form, before, at, units, grammar)
    governed = _governed(to, units, grammar) if to is not None else None
    helped = governed or _by_auxiliary(near, at, units, grammar, title=title)
    if helped is not None:
        return helped
    if to is not None and units[to - 1].word in grammar.have:
        return "demanded"  # "has to open the strait"
    if to is not None:
        return "under_way" if _on_the_way(to, units, grammar) else "planned"
    if form == "ing":
        return _progressive(near, frame, units, grammar)
    return _own(units[at], grammar) or _finite(frame, units, grammar)


def _denied(at: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "denies that it will quit", "dismisses reports that it left": somebody says that it is not so."""
    before = takewhile(
        lambda unit: not unit.hard and not unit.comma and unit.word not in grammar.conjunction,
        reversed(units[max(0, at - _DENIAL_REACH) : at]),
    )
    return any(unit.word.strip() in grammar.denying for unit in before)


def _infinitive(form: str, before: Sequence[str], at: int, units: Sequence[Unit], grammar: Grammar) -> int | None:
    """Where the "to" of the act stands, or of the one it goes on: "to end the war and repair ties"."""
    if form in ("base", "base_or_ed") and grammar.to in before[-3:]:
        return _last_to(at, units, grammar)
    return _last_to(at, units, grammar) if form == "base" and before[-1:] == ["and"] else None


def _last_to(at: int, units: Sequence[Unit], grammar: Grammar) -> int | None:
    return next((i for i in range(at - 1, max(-1, at - 1 - _TO_REACH), -1) if units[i].word == grammar.to), None)


def _on_the_way(to: int, units: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether who does it has set out for it: "sends the navy to escort", "in Hanoi to mend ties"."""
    for index in range(to - 1, max(-1, to - 1 - _GOVERNOR_REACH), -1):
        if units[index].hard or units[index].comma:
            return False
        if units[index].word.split()[0] in grammar.sending:
            return not any(unit.word == grammar.to for unit in units[max(0, index - 2) : index])
    return to > 1 and units[to - 2].word in grammar.locative and units[to - 1].word != "order"  # "in Lima to sign"


def _finite(frame: Frame, units: Sequence[Unit], grammar: Grammar) -> EventMode:
    form = frame.form
    present = form in ("s", "base") or (form == "base_or_ed" and frame.voice == "active")
    lasting = frame.act.source.lasting and units[frame.at].word.split()[0] not in grammar.reaching
    return "under_way" if present and lasting else "done"


def _only_told_beside(at: int, form: str, units: Sequence[Unit], grammar: Grammar) -> bool:
    """ "still blocked"; and a participle as an adjective: "amid strained relations"."""
    before = units[at - 1].word if at else ""
    return before in grammar.lasting or (form in ("ed", "participle") and before in grammar.background)


def _by_auxiliary(
    near: Sequence[str], at: int, units: Sequence[Unit], grammar: Grammar, *, title: bool
) -> EventMode | None:
    if any(word in grammar.would for word in near):
        return "opinion" if title and not _reported(at, units, grammar) else "planned"
    if any(word in grammar.should for word in near):
        return "opinion"
    if any(word in grammar.must for word in near):
        return "demanded"
    if any(word in grammar.may or word in grammar.will for word in near):
        return "planned"
    return None


def _progressive(near: Sequence[str], frame: Frame, units: Sequence[Unit], grammar: Grammar) -> EventMode:
    at, act = frame.at, frame.act.source
    if any(word in grammar.be for word in near):
        return "under_way"
    if act.practice and any(word in grammar.concerning for word in near):
        return "background"  # "anger over the US striking boats"
    before = near[-1] if near else ""
    told = any(unit.word in grammar.about_heads or unit.word in grammar.judging for unit in units[:at])
    if before == "from" and any(unit.word.strip() in grammar.preventing for unit in units[:at]):
        return "background" if told else "denied"  # "a vote to bar him from striking boats"
    if before == "of":
        governor = units[at - 2].word.strip() if at > 1 else ""
        if governor in grammar.mode_words and governor not in grammar.accusing:
            return grammar.mode_words[governor]  # "hopes of joining"
        if act.practice and any(unit.word in grammar.accusing for unit in units[:at]):
            return "done"
    if before in grammar.gerunds:
        if told and before not in grammar.by:
            return "background"  # "a hearing for blowing up boats"
        mode = grammar.gerunds[before]
        return "under_way" if mode == "done" and act.lasting else mode
    governed = _governed(at, units, grammar, reach=3, ends_at_comma=True)
    return governed or ("done" if act.practice else "under_way")  # "shows US forces seizing a tanker"


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
        if word in grammar.mode_words and (word not in grammar.needs_to or units[index + 1].word in _ASKING):
            mode = grammar.mode_words[word]
            reach = 3 if mode == "background" else 1  # "won't be able to", "no plans to"
            not_so = any(near.word in grammar.negation for near in units[max(0, index - reach) : index])
            return "denied" if not_so else mode
    return None


def asks(title: str, grammar: Grammar) -> str:
    """How a title asks or judges, else nothing.

    ``opens``: it opens as opinion does. ``labels``: it says that it is opinion. ``ends``: it ends as a question.
    """
    if grammar.voices == "list":
        return told.asks(title, grammar)
    lowered = title.strip(" '\"\u2018\u201c").lower()
    if _COLUMNIST.search(title) and not lowered.startswith(grammar.news_labels):
        return "labels"
    if lowered.startswith(grammar.fact_questions):
        return ""
    if any(lowered.startswith((f"{word}:", f"{word} |", f"{word} -")) for word in grammar.opinion_labels):
        return "labels"
    if any(lowered.startswith((f"{word} ", f"{word}:", f"{word}|")) for word in grammar.opinion_openings):
        return "opens"
    return "ends" if lowered.rstrip("'\"\u2019\u201d ").endswith("?") else ""
