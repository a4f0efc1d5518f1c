"""How a word of an act can be read where it stands: as a verb, active or passive, as a noun, or not at all."""

from collections.abc import Sequence
from typing import Literal

from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit

Voice = Literal["active", "passive", "noun", "phrase"]

_FIXED: dict[str, Voice] = {"passive": "passive", "phrase": "phrase"}
_ADVERBS = ("also", "not", "reportedly", "already", "just", "now", "again")


def voices_of(units: Sequence[Unit], at: int, form: str, grammar: Grammar) -> tuple[Voice, ...]:
    """How a word of this form can be read at ``at``; nothing where it is not the act at all."""
    before = word_before(units, at)
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


def word_before(units: Sequence[Unit], at: int) -> str:
    """The word before, adverbs left out."""
    for index in range(at - 1, max(-1, at - 4), -1):
        word = units[index].word
        if not (word.endswith("ly") or word in _ADVERBS):
            return word.rsplit(" ", 1)[-1]  # of "agreed to" the last
    return ""


def _can_be_verb(units: Sequence[Unit], at: int, form: str, before: str, after: str, grammar: Grammar) -> bool:
    """Whether a word that is a noun, too ("strikes", "blockade"), stands as a verb: an object follows."""
    if before in grammar.infinitive:
        return True
    if before in grammar.determiner or before in grammar.background or after in grammar.negation:
        return False  # "the blockade", "escorts not possible"
    if form == "base" and (not _plural_before(units, at, grammar) or after in grammar.auxiliaries):
        return False  # "oil blockade could ..."
    alone = all(other != "noun" for _, other in units[at].acts) or " " in units[at].word.strip()
    if alone and not units[at].things:
        return True
    following = units[at + 1] if after else None
    if following is None or following.hard or following.comma:
        return False
    if form == "base" and after == grammar.to and units[at + 2 : at + 3]:
        return units[at + 2].plain or bool(units[at + 2].acts)  # "leaders pledge to counter", no "pledge to Kyiv"
    return not (following.plain and after in grammar.preposition)


def _plural_before(units: Sequence[Unit], at: int, grammar: Grammar) -> bool:
    """Whether what stands before can be the subject of a verb in its plain form."""
    if at == 0:
        return False
    before = units[at - 1]
    return (
        not before.plain
        or before.comma
        or (before.word.endswith(("s", "ly")) and before.word not in (*grammar.function, "s"))
        or before.word in grammar.plain_verb
        or (at > 2 and units[at - 2].comma and not units[at - 3].plain)  # "Israel, Somaliland agree"
    )
