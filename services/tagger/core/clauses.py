"""Who does what to whom: the parts of one act in a row of units, and which needs of the act they meet.

One implementation says both whether a need is met and what it lacks. The reading is shallow: from the word of the act
it looks to both sides as far as the clause goes, the nearest first, and takes what has the kind that a need asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.tagger.core.compiled import Compiled, CompiledAct, CompiledNeed, Ids
from services.tagger.core.english import Grammar
from services.tagger.core.model import Slot
from services.tagger.core.units import Unit

Voice = str  # "active", "passive" or "noun"

_REACH_LEFT = 18
_REACH_RIGHT = 16
_NOUN_GROUP = 7
_NEARBY = 6
MOST_ACT_WORDS = 40  # of one sentence


@dataclass(frozen=True, slots=True)
class Frame:
    """One reading of one act: the unit of its word, the unit of every filled slot, and what is ``unmet``."""

    act: CompiledAct
    need: CompiledNeed
    at: int
    form: str
    voice: Voice
    fillers: dict[Slot, int]
    agents: tuple[int, ...]
    objects: tuple[int, ...]
    place: int | None
    unmet: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is unmet."""
        return not self.unmet


class Clauses:
    """Reads the acts of one sentence."""

    def __init__(self, units: Sequence[Unit], compiled: Compiled, grammar: Grammar) -> None:
        self.units = units
        self.compiled = compiled
        self.grammar = grammar
        self._sides: dict[tuple[Slot, int, Voice], tuple[int, ...]] = {}

    def frames(self, acts: Sequence[CompiledAct]) -> Iterator[Frame]:
        """The best reading of every word of an act: one that holds and weighs most, else the one that lacks least."""
        told = [(at, index, form) for at, unit in enumerate(self.units) for index, form in unit.acts]
        for at, index, form in told[:MOST_ACT_WORDS]:
            act = acts[index]
            readings = [
                self._read(act, need, at, form, voice) for voice in self._voices(at, form) for need in act.needs
            ]
            if readings:
                yield min(readings, key=lambda frame: (len(frame.unmet), -frame.need.weight))

    # Voices

    def _voices(self, at: int, form: str) -> tuple[Voice, ...]:
        if form == "noun":
            return ("noun",) if not self._is_verb_like(at) else ()
        if form == "phrase":
            return ("phrase",)
        if form in ("base", "s", "base_or_ed") and not self._can_be_verb(at, form):
            return ()
        if form in ("base", "s", "past"):
            return ("active",)
        before = self._word_before(at)
        if form == "ing":
            return ("passive",) if before == "being" else ("active", "passive") if before in ("", ",") else ("active",)
        passive = before in self.grammar.be and before not in ("have", "has", "had")
        if passive or self._word_after(at) in self.grammar.by:
            return ("passive",)
        if before in self.grammar.have and form != "participle":
            return ("active",)
        if form == "participle":
            return ("active",) if before in self.grammar.have else ("passive",)
        return ("active", "passive")

    def _is_verb_like(self, at: int) -> bool:
        return self._word_before(at) in (self.grammar.to, *self.grammar.will, *self.grammar.may)

    def _can_be_verb(self, at: int, form: str) -> bool:
        """Whether a word that is a noun, too ("strikes", "blockade"), stands as a verb: an object follows."""
        before = self._word_before(at)
        if before in self.grammar.infinitive:
            return True
        if before in self.grammar.determiner or before in self.grammar.background:
            return False
        if form == "base" and not self._plural_before(at):
            return False
        if all(other != "noun" for _, other in self.units[at].acts):
            return True
        after = self.units[at + 1] if at + 1 < len(self.units) else None
        if after is None or after.hard or after.comma:
            return False
        return not (after.plain and after.word in self.grammar.preposition)

    def _plural_before(self, at: int) -> bool:
        """Whether what stands before can be the subject of a verb in its plain form."""
        if at == 0:
            return False
        before = self.units[at - 1]
        return (
            not before.plain
            or before.comma
            or before.word.endswith(("s", "ly"))
            or before.word in self.grammar.plain_verb
        )

    def _word_before(self, at: int) -> str:
        """The word before, adverbs left out."""
        for index in range(at - 1, max(-1, at - 4), -1):
            word = self.units[index].word
            if not (word.endswith("ly") or word in ("also", "not", "reportedly", "already", "just", "now", "again")):
                return word
        return ""

    def _word_after(self, at: int) -> str:
        return self.units[at + 1].word if at + 1 < len(self.units) else ""

    # Reading

    def _read(self, act: CompiledAct, need: CompiledNeed, at: int, form: str, voice: Voice) -> Frame:
        fillers: dict[Slot, int] = {}
        unmet: list[str] = []
        for slot, ids in need.slots:
            filler = self._fill(slot, ids, at, voice, fillers)
            if filler is None:
                wanted = " or ".join(dict(need.source.slots)[slot])
                unmet.append(f"no {slot}: {wanted}" if slot != "with" else f"nothing of {wanted} beside it")
            else:
                fillers[slot] = filler
        clause = list(self._clause(at))
        unwanted = self._unwanted(need, at, fillers)
        if unwanted is not None:
            unmet.append(f"{self.units[unwanted].word.strip()!r} stands beside it")
        if need.owner and not self._owned(need.owner, fillers):
            unmet.append(f"not of a {' or '.join(need.source.owner)}")
        agents, objects = self._parties_of(at, voice, fillers)
        if need.source.parties:
            named = self._named(clause)
            if len(named) < need.source.parties:
                unmet.append(f"{len(named)} of {need.source.parties} parties named")
        place = fillers.get("place")
        if place is None or self.units[place].place is None:
            place = self._place(at)
        return Frame(act, need, at, form, voice, fillers, agents, objects, place, tuple(unmet))

    def _unwanted(self, need: CompiledNeed, at: int, fillers: dict[Slot, int]) -> int | None:
        """What the need wants nowhere near the act and its parts, if it is there."""
        if not need.without:
            return None
        taken = [at, *fillers.values()]
        nearby = range(max(0, min(taken) - _NEARBY), min(len(self.units), max(taken) + _NEARBY + 1))
        return next((index for index in nearby if self.units[index].kinds & need.without), None)

    def _fill(self, slot: Slot, ids: Ids, at: int, voice: Voice, taken: dict[Slot, int]) -> int | None:
        key = (slot, at, voice)
        found = self._sides.get(key)
        if found is None:
            found = self._sides[key] = tuple(self._candidates(slot, at, voice))
        for index in found:
            unit = self.units[index]
            if unit.kinds & ids and index not in taken.values():
                if slot not in ("place", "with") and (unit.aside or (unit.modifies and index + 1 != at)):
                    continue
                return index
        return None

    def _candidates(self, slot: Slot, at: int, voice: Voice) -> Iterator[int]:
        if slot == "place" or slot == "with":
            yield from self._right(at, direct=False, commas=True)
            yield from self._left(at)
        elif slot == "agent":
            yield from self._agent_side(at, voice)
        elif slot == "object":
            yield from self._object_side(at, voice)
        else:
            yield from self._object_side(at, voice)
            yield from self._agent_side(at, voice)

    def _agent_side(self, at: int, voice: Voice) -> Iterator[int]:
        if voice == "passive":
            yield from self._by(at)
            return
        if voice == "noun":
            yield from self._by(at)
            yield from self._group(at)
            yield from self._of(at)
            yield from (index for index in self._left(at) if self.units[index].actors)
            return
        yield from self._left(at)

    def _object_side(self, at: int, voice: Voice) -> Iterator[int]:
        if voice == "passive":
            yield from self._left(at)
        elif voice == "active":
            yield from self._right(at, direct=True)
        elif voice == "noun":
            yield from self._right(at, direct=True)
            yield from self._group(at)
        else:
            yield from self._right(at, direct=False)
            yield from self._left(at)

    def _left(self, at: int) -> Iterator[int]:
        """From the act to the beginning of its clause, over a relative pronoun to what it is about."""
        for index in range(at - 1, max(-1, at - 1 - _REACH_LEFT), -1):
            unit = self.units[index]
            if unit.hard and unit.word not in self.grammar.relative:
                return
            if unit.word in self.grammar.pronouns and not self._reported(index):
                return
            yield index

    def _reported(self, pronoun: int) -> bool:
        """Whether the pronoun is the one who says it: "Iran says it fired"."""
        return any(self.units[index].word in self.grammar.says for index in range(max(0, pronoun - 2), pronoun))

    def _right(self, at: int, *, direct: bool, commas: bool = False) -> Iterator[int]:
        """From the act to the end of its clause; ``direct``: as far as an object that no preposition parts from it."""
        for index in range(at + 1, min(len(self.units), at + 1 + _REACH_RIGHT)):
            unit = self.units[index]
            if unit.hard or unit.word in self.grammar.relative:
                return
            if unit.comma and not commas and not self._list_goes_on(index):
                return
            if direct and unit.plain and unit.word in self.grammar.blocking and index > at + 1:
                return
            if direct and unit.word in self.grammar.conjunction and self._verb_follows(index):
                return
            yield index

    def _list_goes_on(self, index: int) -> bool:
        after = self.units[index + 1] if index + 1 < len(self.units) else None
        if after is None:
            return False
        return after.word in self.grammar.including or bool(after.kinds and self.units[index - 1].kinds)

    def _verb_follows(self, index: int) -> bool:
        after = self.units[index + 1] if index + 1 < len(self.units) else None
        return bool(after and any(form not in ("noun", "phrase") for _, form in after.acts))

    def _by(self, at: int) -> Iterator[int]:
        for index in range(at + 1, min(len(self.units), at + 1 + _REACH_RIGHT)):
            unit = self.units[index]
            if unit.hard or unit.comma:
                return
            if unit.word in self.grammar.by:
                yield from range(index + 1, min(len(self.units), index + 6))
                return

    def _of(self, at: int) -> Iterator[int]:
        """What stands after "of": "arrival of a warship"."""
        if self._word_after(at) == "of":
            yield from self._right(at, direct=True)

    def _group(self, at: int) -> Iterator[int]:
        """What stands before a noun in its own group: "Iran's seizure", "US tanker seizure"."""
        for index in range(at - 1, max(-1, at - 1 - _NOUN_GROUP), -1):
            unit = self.units[index]
            if unit.hard or unit.comma:
                return
            if unit.plain and unit.word in self.grammar.function and unit.word not in ("and", "the", "s"):
                return
            yield index

    def _clause(self, at: int) -> Iterator[int]:
        yield from self._left(at)
        yield at
        yield from self._right(at, direct=False, commas=True)

    # Parties

    def _is_party(self, index: int) -> bool:
        unit = self.units[index]
        return bool(unit.actors) and not unit.aside and not self._located(index)

    def _located(self, index: int) -> bool:
        """Whether the actor is only where something happens: "in Syria", "off Venezuela"."""
        for before in range(index - 1, max(-1, index - 3), -1):
            unit = self.units[before]
            if unit.plain and unit.word in self.grammar.locative:
                return True
            if unit.word not in ("the", "northern", "southern", "eastern", "western", "central"):
                return False
        return False

    def _named(self, clause: Sequence[int]) -> set[int]:
        return {
            one
            for index in clause
            if self._is_party(index)
            for one in self.units[index].actors
            if self.compiled.actors[one].kind in ("state", "bloc", "organisation")
        }

    def _parties_of(self, at: int, voice: Voice, fillers: dict[Slot, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The actors that do it, and those that it is done to, as units."""
        thing = fillers.get("object", fillers.get("about"))
        objects: list[int] = []
        if thing is not None:
            objects = self._owners(thing, at)
        agent = fillers.get("agent")
        if agent is None or not self.units[agent].actors:
            first = next((i for i in self._agent_side(at, voice) if self._is_party(i) and i not in objects), None)
            agent = first if first is not None else agent
        agents = self._coordinated(agent, objects) if agent is not None and self.units[agent].actors else []
        if not objects:
            after = [i for i in self._right(at, direct=False) if self._is_party(i) and i not in agents]
            objects = self._coordinated(after[0], agents) if after and voice != "passive" else []
        return tuple(agents), tuple(objects)

    def _owners(self, thing: int, at: int) -> list[int]:
        """Whose a thing is: the actor itself, those in its group before it, and those after "of", "with", "to"."""
        if self.units[thing].actors and not self.units[thing].aside:
            return self._coordinated(thing, ())
        found = [i for i in self._group(thing) if self.units[i].actors and (i > at or thing < at)]
        if found:
            return sorted(found)
        following = (i for i in self._right(thing, direct=False) if thing > at and self._is_party(i))
        first = next(following, None)
        return self._coordinated(first, ()) if first is not None else []

    def _owned(self, owner: Ids, fillers: dict[Slot, int]) -> bool:
        thing = next((fillers[slot] for slot in ("object", "about", "agent") if slot in fillers), None)
        if thing is None:
            return False
        near = (thing, *self._group(thing), *self._of(thing))
        return any(self.units[index].actors and self.units[index].kinds & owner for index in near)

    def _coordinated(self, index: int, besides: Sequence[int]) -> list[int]:
        """The actor and those named in one breath with it: "Russia, China and Iran", "Saudi-Pakistan"."""
        found = [index]
        for step in (-1, 1):
            near = index + step
            while 0 <= near < len(self.units) and abs(near - found[-1]) <= 4:
                unit = self.units[near]
                if unit.actors and not unit.aside and near not in besides:
                    found.append(near)
                elif not (unit.comma or unit.word in ("and", "the", "s") or unit.glued):
                    break
                near += step
        return sorted(set(found))

    def _place(self, at: int) -> int | None:
        for index in (*self._right(at, direct=False, commas=True), *self._left(at)):
            if self.units[index].place is not None:
                return index
        return None
