"""Clauses of languages whose lists tell the voice: who and whom by order and markers, else by what is nearest."""

from collections.abc import Iterator, Sequence

from services.tagger.core.clauses import Clauses
from services.tagger.core.grammar import Grammar, Words
from services.tagger.core.sides import REACH_LEFT, REACH_RIGHT
from services.tagger.core.units import Unit
from services.tagger.core.voices import Voice
from services.tagger.core.wording import APART

_PASSIVE_REACH = 6  # words between a passive marker and its verb: the agent stands between them
_AGENT_REACH = 6
_LOCATIVE_REACH = 3
_SUBJECT_REACH = 2
_SPEAKER_REACH = 5  # words before the colon of "Iran: we closed the strait"
_COLONS = (":", "\uff1a")
_VOICES: dict[str, Voice] = {"active": "active", "passive": "passive", "noun": "noun"}


def clauses_of(units: Sequence[Unit], grammar: Grammar) -> Clauses:
    """The clauses of a sentence in the language of ``grammar``."""
    return Clauses(units, grammar) if grammar.voices == "form" else OrderedClauses(units, grammar)


class OrderedClauses(Clauses):
    """The clauses of one sentence. All answers are places in ``units``."""

    def voices(self, at: int, form: str) -> tuple[Voice, ...]:
        """As the list says; a marker before an active verb makes it passive, and so does the doer's right behind."""
        verb, _, particle = form.partition(APART)
        particle = particle.rpartition(" ")[2]
        if particle and all(
            unit.word.strip() != particle for unit in map(self.units.__getitem__, self.right(at, direct=False))
        ):
            return ()
        if verb == "active" and (self._marker_before(at) is not None or self.word(at + 1) in self.grammar.by):
            return ("passive",)
        return (_VOICES.get(verb, "phrase"),)

    def _marker_before(self, at: int, markers: Words | None = None) -> int | None:
        markers = self.grammar.passive if markers is None else markers
        for index in range(at - 1, max(-1, at - 1 - _PASSIVE_REACH), -1):
            unit = self.units[index]
            if unit.hard or unit.comma:
                return None
            if unit.word in markers:
                return index
        return None

    def agent_side(self, at: int, voice: Voice) -> Iterator[int]:
        """Where the doer stands: behind its marker, then where the order puts it, then on the other side."""
        yield from self.by(at)
        left, right = list(self.left(at)), list(self.right(at, direct=False, commas=True))
        marker = self._marker_before(at, self.grammar.object_before)
        if marker is not None:
            left = [index for index in left if index < marker]  # "A at B shoots"
        if self.grammar.order == "sov":
            yield from reversed(left)  # the subject comes first
            yield from right
        elif voice == "noun" or (voice == "passive" and self.grammar.order == "svo") or self._verb_first(left, voice):
            yield from right
            yield from left
        else:
            yield from left
            yield from right
        yield from self.speaker(at)

    def _verb_first(self, left: Sequence[int], voice: Voice) -> bool:
        """Whether the doer follows the verb; in headlines it may stand right before it: "Iran seizes"."""
        headline = voice == "active" and any(self.is_party(index) for index in left[:_SUBJECT_REACH])
        return self.grammar.order == "vso" and not headline

    def object_side(self, at: int, voice: Voice) -> Iterator[int]:
        """Where that stands to which it is done."""
        left, right = list(self.left(at)), list(self.right(at, direct=False, commas=True))
        marker = self._marker_before(at, self.grammar.object_before)
        if marker is not None:
            left = list(range(at - 1, marker, -1))
        by = self._marker_before(at)
        if by is not None:
            left = [index for index in left if index < by]
        if (
            self.grammar.order == "sov"
            or (voice == "passive" and self.grammar.order == "svo")
            or (voice == "noun" and self.grammar.unspaced)
        ):
            yield from left
            yield from right
        elif voice == "active" and self.grammar.order == "svo" and not self.grammar.unspaced:
            yield from right
            if not any(self._can_suffer(index) for index in self.right(at, direct=False)):
                yield from left
        else:
            yield from right
            yield from left

    def _can_suffer(self, index: int) -> bool:
        unit = self.units[index]
        return bool(unit.things or unit.actors) and not self._located(index)

    def by(self, at: int) -> Iterator[int]:
        """What stands behind an agent's marker, or before one that follows its word."""
        marker = self._marker_before(at)
        if marker is not None:
            yield from range(marker + 1, at)
        first, last = max(0, at - REACH_LEFT), min(len(self.units), at + 1 + REACH_RIGHT)
        for index in range(first, last):
            word = self.units[index].word
            if word in self.grammar.by:
                yield from (i for i in range(index + 1, min(last, index + _AGENT_REACH)) if i != at)
            elif word in self.grammar.by_after:
                yield from (i for i in (index - 1, index - 2) if i >= 0)

    def of(self, at: int) -> Iterator[int]:
        """What follows a noun at once: in most languages whose it is."""
        yield from range(at + 1, min(len(self.units), at + 3))

    def right(self, at: int, *, direct: bool, commas: bool = False) -> Iterator[int]:
        """From the act to the end of its clause."""
        for index in range(at + 1, min(len(self.units), at + 1 + REACH_RIGHT)):
            unit = self.units[index]
            if unit.hard or unit.word in self.grammar.relative:
                return
            if unit.comma and not commas:
                return
            yield index

    def parties_after(self, at: int) -> Iterator[int]:
        """Parties after the act in its clause."""
        return (index for index in self.right(at, direct=False) if self.is_party(index))

    def clause(self, at: int) -> Iterator[int]:
        """All of it, and who says it."""
        yield from super().clause(at)
        yield from self.speaker(at)

    def speaker(self, at: int) -> Iterator[int]:
        """Who stands before the first colon of a headline and says what the act is told in: "Iran: we closed it"."""
        for index in range(min(at, _SPEAKER_REACH + 1)):
            if self.units[index].acts:
                return
            if self.units[index].word in _COLONS:
                yield from range(index)
                return

    def group(self, at: int) -> Iterator[int]:
        """What stands right before or behind a thing and may say whose it is: an adjective, a genitive."""
        for step in (1,) if self.grammar.possessor == "after" else (-1, 1):  # else the doer stands right before it
            for index in range(at + step, at + 3 * step, step):
                if not 0 <= index < len(self.units) or self._parts(self.units[index]):
                    break
                yield index

    def _parts(self, unit: Unit) -> bool:
        return unit.hard or unit.comma or bool(unit.acts) or (unit.plain and unit.word in self.grammar.function)

    def owners(self, thing: int, at: int) -> list[int]:
        """Whose a thing is: the actor itself, or those in its group."""
        unit = self.units[thing]
        if unit.actors and not unit.aside:
            if self.grammar.possessor == "after" and unit.things:
                return [thing]  # who stands right before it is the doer: "seized Iran tanker British"
            return self.coordinated(thing, ())
        return sorted(index for index in self.group(thing) if self.units[index].actors and not self._does(index))

    def _does(self, index: int) -> bool:
        """Whether a mark of the doer stands right behind: "tanker by Iran"."""
        return any(unit.word in self.grammar.by_after for unit in self.units[index + 1 : index + 3])

    def _joins(self, index: int) -> bool:
        return self.units[index].word in self.grammar.conjunction

    def _located(self, index: int) -> bool:
        """Whether the actor is only where something happens."""
        for before in range(index - 1, max(-1, index - 1 - _LOCATIVE_REACH), -1):
            unit = self.units[before]
            if unit.word in self.grammar.locative:
                return True
            if unit.word in self.grammar.determiner:
                continue
            if not unit.plain or unit.word in self.grammar.function or unit.hard or unit.comma:
                return False
        return False
