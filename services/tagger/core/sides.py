"""What stands where in the clause of an act: before it, after it, in its noun's group, behind "by" and "of".

The reading is shallow: from the word of the act it looks to both sides as far as the clause goes, the nearest first.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from services.tagger.core.grammar import Grammar
from services.tagger.core.model import Slot
from services.tagger.core.units import Unit
from services.tagger.core.voices import Voice, voices_of

REACH_LEFT = 18
REACH_RIGHT = 16
_NOUN_GROUP = 7
_ASIDE = 6  # words before the conjunction in an aside between commas
_DASHES = ("\u2013", "\u2014")
_IN_REACH = 4


class Sides:
    """The sides of the acts of one sentence. All answers are places in ``units``."""

    def __init__(self, units: Sequence[Unit], grammar: Grammar) -> None:
        self.units = units
        self.grammar = grammar
        self._sides: dict[tuple[Slot, int, Voice], tuple[int, ...]] = {}
        self._fronted = self._end_of_fronted()

    def voices(self, at: int, form: str) -> tuple[Voice, ...]:
        """How a word of this form can be read here; nothing where it is not the act at all."""
        return voices_of(self.units, at, form, self.grammar)

    def word(self, index: int) -> str:
        """The word there, nothing beyond the sentence."""
        return self.units[index].word if 0 <= index < len(self.units) else ""

    def candidates(self, slot: Slot, at: int, voice: Voice) -> tuple[int, ...]:
        """What may fill a slot of the act at ``at``, the best place first."""
        key = (slot, at, voice)
        found = self._sides.get(key)
        if found is None:
            found = self._sides[key] = tuple(self._side(slot, at, voice))
        return found

    def _side(self, slot: Slot, at: int, voice: Voice) -> Iterator[int]:
        if slot == "place" or slot == "with":
            yield from self.right(at, direct=False, commas=True)
            yield from self.left(at)
        elif slot == "agent":
            yield from self.agent_side(at, voice)
        elif slot == "object":
            yield from self.object_side(at, voice)
        else:
            yield from self.object_side(at, voice)
            yield from self.agent_side(at, voice) if voice != "noun" else self._holders_of_noun(at)

    def _holders_of_noun(self, at: int) -> Iterator[int]:
        """Whose a noun is, told after it or not far before it: "Europe must heal the rift"."""
        yield from self.by(at)
        yield from (index for index in self.left(at) if self.units[index].actors and at - index <= _NOUN_GROUP)

    def agent_side(self, at: int, voice: Voice) -> Iterator[int]:
        """Where the doer stands."""
        if voice in ("passive", "noun"):
            yield from self.by(at)
        if voice == "passive":
            yield from self.in_noun(at)
        if voice == "noun":
            yield from self.group(at)
            yield from self.of(at)
        if voice != "passive":
            yield from self._unspoken(at, voice)

    def is_warned(self, index: int) -> bool:
        """Whether somebody is spoken to: "warns Iran that"."""
        before = self.word(index - 1)
        return before in self.grammar.says and before in self.grammar.mode_words

    def in_noun(self, at: int) -> Iterator[int]:
        """Who did it, told by a noun after it: "sunk | in US strike"."""
        for index in range(at + 1, min(len(self.units) - 2, at + _IN_REACH)):
            named, noun = self.units[index + 1], self.units[index + 2]
            if self.units[index].word == "in" and named.actors and any(form == "noun" for _, form in noun.acts):
                yield index + 1

    def _unspoken(self, at: int, voice: Voice) -> Iterator[int]:
        """What stands before, without who only speaks of it: "Trump says | ships sail", "Turkey condemns | strike"."""
        subject = pronoun = False
        for index in self.left(at):
            unit = self.units[index]
            pronoun = pronoun or unit.word in self.grammar.pronouns
            if unit.actors and self.is_warned(index) and (pronoun or self.word(index + 1) in self.grammar.content):
                continue  # "Trump warns | Putin | 'we have ...'"
            word = unit.word.partition(" ")[0]
            if (subject and word in self.grammar.says) or (voice == "noun" and word in self.grammar.reacting):
                return
            if voice == "active" and unit.named and self.word(index - 1) in ("on", "against"):
                continue  # "sanctions on | Russia | test ties"
            if word in self.grammar.others:
                subject = True
            if word in self.grammar.pronouns:
                subject = False  # "Trump says he told the navy to fire": it is the speaker
            elif unit.actors or (unit.things and voice != "noun"):
                subject = True
            if voice != "noun" or unit.actors:
                yield index

    def object_side(self, at: int, voice: Voice) -> Iterator[int]:
        """Where that stands to which it is done."""
        fixed = voice == "passive" and self.word(at).split()[0] in self.grammar.preposition  # "after attack on ship"
        if voice == "active":
            yield from takewhile(lambda index: not self._ability(index), self.right(at, direct=True))
        elif voice != "passive" or (fixed and self.word(at + 1) == "on"):
            yield from self.right(at, direct=voice == "noun")
        if voice == "noun":
            yield from self.group(at)
        elif voice != "active":
            yield from self.left(at)

    def left(self, at: int) -> Iterator[int]:
        """From the act to the beginning of its clause, over a relative pronoun to what it is about."""
        index = at
        while index > max(0, at - REACH_LEFT):
            index -= 1
            unit = self.units[index]
            if unit.hard and unit.word not in self.grammar.relative and not self._content(index):
                index = self._before_aside(index, at)
                if index < 0:
                    return
                continue
            if unit.word in self.grammar.pronouns and not self._reported(index):
                return
            if index == self._fronted:
                return
            yield index

    def goes_on(self, at: int) -> bool:
        """Whether a mark, not a word, parts the clause from the one before: "Japan's role; the alliance's future"."""
        opens = next((unit for unit in reversed(self.units[:at]) if unit.hard), None)
        return opens is not None and not opens.word[0].isalnum()

    def _before_aside(self, index: int, at: int) -> int:
        """The mark that opens an aside between two commas or dashes: "ties, frozen since May, are thawing". Else -1."""
        dash = self.units[index].word
        if dash in _DASHES:
            places = range(index - 1, max(0, at - REACH_LEFT), -1)
            return next((before for before in places if self.units[before].word == dash), -1)
        if not dash[0].isalpha() or not any(unit.comma for unit in self.units[index:at]):
            return -1
        for before in range(index - 1, max(0, index - _ASIDE), -1):
            if self.units[before].comma:
                return before
            if self.units[before].hard:
                return -1
        return -1

    def _reported(self, pronoun: int) -> bool:
        """Whether the pronoun is the one who says it: "Iran says it fired", "wonders whether it can"."""
        before = range(max(0, pronoun - 2), pronoun)
        return any(self.units[index].word in self.grammar.says or self._content(index) for index in before)

    def _content(self, index: int) -> bool:
        """Whether a clause begins there whose pronoun stands for who is named before."""
        return self.units[index].word in self.grammar.content and self.word(index + 1) in self.grammar.pronouns

    def _end_of_fronted(self) -> int:
        """The comma after a clause that opens the sentence and only says when or why: "After talks, ...". Else -1."""
        if not self.units or not self.units[0].hard or self.units[0].word not in self.grammar.subordinate:
            return -1
        return next((index for index, unit in enumerate(self.units) if unit.comma), -1)

    def right(self, at: int, *, direct: bool, commas: bool = False) -> Iterator[int]:
        """From the act to the end of its clause; ``direct``: as far as an object that no preposition parts from it."""
        for index in range(at + 1, min(len(self.units), at + 1 + REACH_RIGHT)):
            unit = self.units[index]
            if unit.hard or unit.word in self.grammar.relative:
                return
            if unit.comma and not commas and not self._list_goes_on(index):
                return
            if direct and unit.plain and unit.word in self.grammar.blocking and index > at + 1:
                return
            if direct and unit.word in self.grammar.conjunction and self._verb_follows(index):
                return
            if direct and self._participle(index, at):
                return
            yield index

    def _participle(self, index: int, at: int) -> bool:
        """Whether another verb begins there, with an object of its own: "blast sites threatening ships"."""
        unit, before = self.units[index], self.units[index - 1]
        return (
            index > at + 1
            and unit.plain
            and unit.word.endswith("ing")
            and not (before.plain and before.word in self.grammar.function)
            and not before.comma
        )

    def _ability(self, to: int) -> bool:
        """Whether what follows is only what somebody is able to do: "destroys Iran's ability | to attack ships"."""
        able = self.grammar.mode_words.get(self.word(to - 1)) == "background"
        return able and self.units[to].word == self.grammar.to

    def _list_goes_on(self, index: int) -> bool:
        named = any(unit.kinds for unit in self.units[index + 1 : index + 2]) and bool(self.units[index - 1].kinds)
        return named or self.word(index + 1) in self.grammar.including

    def _verb_follows(self, index: int) -> bool:
        after = self.units[index + 1 : index + 2]
        return any(form not in ("noun", "phrase") for unit in after for _, form in unit.acts)

    def by(self, at: int) -> Iterator[int]:
        """What stands after "by"."""
        for index in range(at + 1, min(len(self.units), at + 1 + REACH_RIGHT)):
            unit = self.units[index]
            if unit.hard or (unit.comma and not self._verb_follows(index)):
                return
            if unit.word in self.grammar.by:
                yield from range(index + 1, min(len(self.units), index + 6))
                return

    def of(self, at: int) -> Iterator[int]:
        """What stands after "of": "arrival of a warship"."""
        if self.word(at + 1) == "of":
            yield from self.right(at, direct=True)

    def group(self, at: int) -> Iterator[int]:
        """What stands before a noun in its own group: "Iran's seizure", "US tanker seizure"."""
        for index in range(at - 1, max(-1, at - 1 - _NOUN_GROUP), -1):
            unit = self.units[index]
            if unit.hard or unit.comma or unit.word in self.grammar.reacting:
                return
            if unit.plain and unit.word in self.grammar.function and unit.word not in ("and", "the", "s"):
                return
            yield index

    def clause(self, at: int) -> Iterator[int]:
        """All of it."""
        yield from self.left(at)
        yield at
        yield from self.right(at, direct=False, commas=True)
