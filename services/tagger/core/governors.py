"""Words that govern an act and tell how far it has come: "plans to", "refused to", "urges"."""

from collections.abc import Sequence

from services.contracts.messages import EventMode
from services.tagger.core.grammar import Grammar
from services.tagger.core.units import Unit

REACH = 7
_MODIFIERS = 4  # words of its own before a governor


class Governors:
    """The governors of one sentence."""

    def __init__(self, units: Sequence[Unit], grammar: Grammar) -> None:
        self._units = units
        self._grammar = grammar

    def _word(self, index: int) -> str:
        return self._units[index].word if 0 <= index < len(self._units) else ""

    def mode_before(self, at: int, reach: int = REACH, *, ends_at_comma: bool = False) -> EventMode | None:
        """The mode that the nearest governor before ``at`` gives; "no plans to", "scraps plans to" deny it."""
        for index in range(at - 1, max(-1, at - 1 - reach), -1):
            unit = self._units[index]
            if unit.hard or (unit.comma and ends_at_comma):
                return None
            mode = self._mode_of_governor(index)
            if mode is not None:
                wide = mode in ("background", "demanded")  # "won't be able to", "declines US request to"
                near = range(max(0, index - (3 if wide else 1)), index)
                return "denied" if any(self._negates(one) for one in (*near, self._head_before(index))) else mode
        return None

    def _head_before(self, index: int) -> int:
        """What stands before a governor and its own modifiers: "foils alleged US plot", "not yet planning"."""
        before = index - 1
        while before > max(0, index - _MODIFIERS) and self._modifies(before):
            before -= 1
        return before

    def _modifies(self, index: int) -> bool:
        unit, word = self._units[index], self._word(index)
        if self._negates(index):
            return False
        return bool(unit.actors) or word in self._grammar.determiner or self._grammar.is_adverb(word)

    def _mode_of_governor(self, index: int) -> EventMode | None:
        """The mode that a word gives to what it governs; of several words ("rules out") the first one counts, too."""
        words = self._word(index).split() or [""]
        after = words[1] if len(words) > 1 else self._word(index + 1)
        pair = self._grammar.mode_words.get(f"{words[0]} {after}")
        if pair is not None:
            return pair
        if words[0] in self._grammar.needs_to and after not in self._grammar.purpose:
            return None
        return self._grammar.mode_words.get(words[0])

    def _negates(self, index: int) -> bool:
        return self._word(index) in self._grammar.negation or self._mode_of_governor(index) == "denied"
