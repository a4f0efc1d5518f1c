"""Who stands in the clause of an act: which actors take part, whose a thing is, and who is named in one breath."""

from collections.abc import Iterator, Sequence

from services.tagger.core.sides import Sides

_PRONOUN_REACH = 6
_VERB_FORMS = ("s", "past", "phrase")
_LIST_GAP = 4  # words between two names that are named in one breath


class Clauses(Sides):
    """The clauses of one sentence. All answers are places in ``units``."""

    def parties_after(self, at: int) -> Iterator[int]:
        """Parties after it, as far as no purpose or other doer begins: not China in "signs pact to deter China"."""
        for index in self.right(at, direct=False):
            word = self.units[index].word
            if word in self.grammar.by or word in self.grammar.no_object or self._purpose(index) or self._is_for(index):
                return
            if word in self.grammar.conjunction and self._new_subject(index + 1):
                return  # "strikes to reopen strait | and Houthis vow"
            if any(form == "passive" for _, form in self.units[index].acts):
                return  # "saves lives on tanker | after Houthi attack"
            if self.is_party(index):
                yield index

    def _new_subject(self, index: int) -> bool:
        """Whether who stands there does something else: a governor follows."""
        following = self.units[index : index + 2]
        return len(following) == 2 and bool(following[0].actors) and following[1].word in self.grammar.mode_words

    def _purpose(self, to: int) -> bool:
        """Whether another verb follows "to"."""
        if self.units[to].word != self.grammar.to or to + 1 == len(self.units):
            return False
        after = self.units[to + 1]
        noun = after.word in self.grammar.function or after.word.endswith("ern")  # "to the Gulf", "to eastern Europe"
        return any(form.startswith("base") for _, form in after.acts) or (after.plain and not noun)

    def _is_for(self, index: int) -> bool:
        """Whether a purpose follows that only names a state: "bases for Iran strikes", not "guarantees for Ukraine"."""
        if self.units[index].word != "for":
            return False
        named, after = self.units[index + 1 : index + 2], self.units[index + 2 : index + 3]
        if not named or not named[0].actors:
            return True
        return bool(after) and (bool(after[0].acts) or bool(after[0].things)) and not named[0].things

    def has_pronoun(self, at: int) -> bool:
        """Whether the subject of the clause is a pronoun: "it", "they"."""
        for index in range(at - 1, max(-1, at - _PRONOUN_REACH), -1):
            if self.units[index].word in self.grammar.pronouns:
                return True
            if self.units[index].hard or not self.units[index].plain:
                return False
        return False

    def is_party(self, index: int) -> bool:
        """Whether an actor stands there who can take part, not only a place, a source or a modifier."""
        unit = self.units[index]
        return bool(unit.actors) and not unit.aside and not self._located(index)

    def _located(self, index: int) -> bool:
        """Whether the actor is only where something happens: "in Syria", "off Venezuela"; no "in US-Canada ties"."""
        after = self.units[index + 1 : index + 2]
        if any(unit.glued and unit.actors for unit in after) or (
            self.units[index].glued and self.units[index - 1].actors
        ):
            return False
        for before in range(index - 1, max(-1, index - 3), -1):
            unit = self.units[before]
            if unit.plain and unit.word in self.grammar.locative:
                return True
            if unit.word not in ("the", "northern", "southern", "eastern", "western", "central"):
                return False
        return False

    def owners(self, thing: int, at: int) -> list[int]:
        """Whose a thing is: the actor itself, those in its group before it, and those after "of", "with", "to"."""
        if self.units[thing].actors and not self.units[thing].aside:
            return self.coordinated(thing, ())
        found = [index for index in self.holders(thing) if index > at or thing < at]
        if found:
            return sorted(found)
        beside = thing > at or self.word(thing + 1) in self.grammar.partner  # "ties with France are strained"
        first = (
            next((index for index in self.parties_after(thing) if thing > at or index < at), None) if beside else None
        )
        return self.coordinated(first, ()) if first is not None else []

    def holders(self, thing: int) -> Iterator[int]:
        """Actors right before a thing: "Russian shadow-fleet tanker", "Iran's seized ship"."""
        for index in self.group(thing):
            unit = self.units[index]
            if unit.actors:
                yield index
            elif unit.acts and not unit.things and all(form in _VERB_FORMS for _, form in unit.acts):
                return
            elif unit.plain and unit.word != "s" and unit.word.endswith("s"):
                return  # a verb, or another group

    def _joins(self, index: int) -> bool:
        """Whether a word may stand between two names that are named in one breath: no "Trump's Greenland plan"."""
        possessor = self.word(index) == "s" and any(unit.actors for unit in self.units[index + 1 : index + 2])
        return self.word(index) in ("and", "the", "s") and not possessor

    def coordinated(self, index: int, besides: Sequence[int]) -> list[int]:
        """The actor and those named in one breath with it: "Russia, China and Iran", "Saudi-Pakistan"."""
        found = [index]
        for step in (-1, 1):
            near = index + step
            while 0 <= near < len(self.units) and abs(near - found[-1]) <= _LIST_GAP:
                unit = self.units[near]
                if unit.actors and not unit.aside and near not in besides:
                    found.append(near)
                elif not (unit.comma or unit.glued or self._joins(near)):
                    break
                near += step
        return sorted(set(found))
