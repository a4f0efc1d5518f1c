"""How a title asks or judges, and whether an act in it is parted from that."""

from collections.abc import Sequence

from services.tagger.core import told
from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit
from services.text.titles import is_column


def asks(title: str, grammar: Grammar) -> str:
    """How a title asks or judges, else nothing.

    ``opens``: it opens as opinion does. ``labels``: it says that it is opinion. ``ends``: it ends as a question.
    """
    if grammar.voices == "list":
        return told.asks(title, grammar)
    lowered = title.strip(" '\"\u2018\u201c").lower()
    if is_column(title):
        return "labels"
    if lowered.startswith(grammar.fact_questions):
        return ""
    if any(lowered.startswith((f"{word}:", f"{word} |", f"{word} -")) for word in grammar.opinion_labels):
        return "labels"
    if any(lowered.startswith((f"{word} ", f"{word}:", f"{word}|")) for word in grammar.opinion_openings):
        return "opens"
    return "ends" if lowered.rstrip("'\"\u2019\u201d ").endswith("?") else ""


def is_parted(at: int, units: Sequence[Unit], question: str) -> bool:
    """Whether a colon or dash parts the act from the question, or from the words that open an opinion."""
    if question == "labels":
        return False
    between = units[:at] if question == "opens" else units[at:-1]
    return any(unit.hard and not unit.word[0].isalnum() and unit.word != "|" for unit in between)
