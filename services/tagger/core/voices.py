"""How a word of an act can be read where it stands: as a verb, active or passive, as a noun, or not at all."""

from collections.abc import Sequence
from typing import Literal

from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit

Voice = Literal["active", "passive", "noun", "phrase"]

_FIXED: dict[str, Voice] = {"passive": "passive", "phrase": "phrase"}
_PLAIN = frozenset({"base", "base_or_ed", "phrase"})
_FINITE = frozenset({"s", "ing", "past", "ed"})


def voices_of(units: Sequence[Unit], at: int, form: str, grammar: Grammar) -> tuple[Voice, ...]:
    """How a word of this form can be read at ``at``; nothing where it is not the act at all."""
    before = word_before(units, at, grammar)
    after = units[at + 1].word if at + 1 < len(units) else ""
    if form == "noun":
        return () if before == grammar.to or before in grammar.auxiliaries else ("noun",)
    if form in _FIXED:
        return (_FIXED[form],)
    if form in ("base", "s", "base_or_ed") and not _can_be_verb(units, at, form, before, after, grammar):
        return ()
    if form in ("base", "s", "past"):
        return ("active",)
    if form == "ing" and before.endswith("ing") and before != "being" and before not in grammar.mode_words:
        return ()  # "sharing targeting intelligence"
    if form == "ing":
        return ("passive",) if before == "being" else ("active", "passive") if before in ("", ",") else ("active",)
    if before in grammar.be or after in grammar.by:
        return ("passive",)
    if before in grammar.have:
        return ("active",)
    if form == "participle":
        return ("passive",)
    return ("active",) if after in grammar.determiner else ("active", "passive")


def word_before(units: Sequence[Unit], at: int, grammar: Grammar) -> str:
    """The word before, adverbs left out."""
    for index in range(at - 1, max(-1, at - 4), -1):
        word = units[index].word
        if not grammar.is_adverb(word):
            return word.rsplit(" ", 1)[-1]  # of "agreed to" the last
    return ""


def _can_be_verb(units: Sequence[Unit], at: int, form: str, before: str, after: str, grammar: Grammar) -> bool:
    """Whether a word that is a noun, too ("strikes", "blockade"), stands as a verb: an object follows."""
    if before in grammar.infinitive:
        return True
    if before in grammar.determiner or before in grammar.background or after in grammar.negation:
        return False  # "the blockade", "escorts not possible"
    if form == "base" and (not _plural_before(units, at, grammar) or _in_list(units, at, grammar)):
        return False
    if form == "base" and before in grammar.conjunction and not _goes_with_verb(units, at, grammar):
        return False
    if form != "base_or_ed" and any(after in words for words in (grammar.auxiliaries, grammar.be, grammar.have)):
        return False  # "oil blockade could ...", "boat strikes are ..."
    alone = all(other != "noun" for _, other in units[at].acts) or " " in units[at].word.strip()
    if alone and not units[at].things:
        return True
    following = units[at + 1] if after else None
    if following is None or following.hard or following.comma:
        return False
    if form == "base" and after == grammar.to and units[at + 2 : at + 3]:
        return units[at + 2].plain or bool(units[at + 2].acts)  # "leaders pledge to counter", no "pledge to Kyiv"
    return not (following.plain and after in grammar.preposition)


def _is_one(before: Unit, sooner: Sequence[Unit], grammar: Grammar) -> bool:
    """Whether it is a verb itself, or one single state or bloc: neither is the subject of a verb in its plain form."""
    if sooner and before.acts and not before.kinds and all(form in _FINITE for _, form in before.acts):
        return True
    word = before.word.strip()
    if not before.named or before.ship or (word.endswith("s") and word not in grammar.singular):
        return False
    free = grammar.conjunction | grammar.preposition | grammar.infinitive | grammar.helping | grammar.causing
    return not any(unit.actors or unit.comma or unit.word in free or unit.word in grammar.have for unit in sooner)


def _in_list(units: Sequence[Unit], at: int, grammar: Grammar) -> bool:
    """Whether it is one of several nouns: "has seen war, fire and frost"."""
    if at < 2 or at + 1 == len(units) or not units[at - 1].comma or units[at + 1].word not in grammar.conjunction:
        return False
    return not units[at - 2].actors and not any(form in _PLAIN for _, form in units[at - 2].acts)


def _goes_with_verb(units: Sequence[Unit], at: int, grammar: Grammar) -> bool:
    """Whether "and" joins it to a plain form or to a verb that is not known: not in "masses arms and attack subs"."""
    forms: set[str] = set()
    for index in range(at - 1, -1, -1):
        if units[index].hard:
            break
        if units[index].word in grammar.infinitive:
            return True
        forms.update(form for _, form in units[index].acts)
    return not forms & _FINITE or bool(forms & _PLAIN)


def _plural_before(units: Sequence[Unit], at: int, grammar: Grammar) -> bool:
    """Whether what stands before can be the subject of a verb in its plain form."""
    if at == 0:
        return False
    before = units[at - 1]
    alone = " " not in units[at].word.strip()  # "will not join" brings its auxiliary
    if alone and not before.plain and _is_one(before, units[max(0, at - 4) : at - 1], grammar):
        return False  # "US attack submarine", "masses attack submarines"
    return (
        not before.plain
        or before.comma
        or (before.word.endswith(("s", *grammar.adverb_endings)) and before.word not in (*grammar.function, "s"))
        or before.word in grammar.plain_verb
        or (at > 2 and units[at - 2].comma and not units[at - 3].plain)  # "Israel, Somaliland agree"
    )
