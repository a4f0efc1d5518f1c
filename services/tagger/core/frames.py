"""What an act needs and what fills it: the best reading of every word of an act, and what it lacks.

One implementation says both whether a need is met and what is unmet.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from services.tagger.core.compiled import Compiled, CompiledAct, CompiledNeed, Ids
from services.tagger.core.frame import Fillers, Frame, thing_of
from services.tagger.core.grammar import Grammar
from services.tagger.core.model import SLOTS, Slot
from services.tagger.core.orders import clauses_of
from services.tagger.core.parties import Parties
from services.tagger.core.units import Unit
from services.tagger.core.voices import Voice

MOST_ACT_WORDS = 40  # of one sentence
_NEARBY = 6  # words around an act and its parts, where `without` looks

_NOBODY: Ids = frozenset()


def frames(
    units: Sequence[Unit], acts: Sequence[CompiledAct], compiled: Compiled, grammar: Grammar, *, near: bool
) -> Iterator[Frame]:
    """For every word of an act the reading that holds and weighs most, else, for ``near``, the one that lacks least."""
    reader = _Reader(units, compiled, grammar)
    told = [(at, index, form) for at, unit in enumerate(units) for index, form in unit.acts]
    for at, index, form in told[:MOST_ACT_WORDS]:
        frame = reader.best(acts[index], at, form, near=near)
        if frame is not None:
            yield frame


class _Reader:
    """Reads the acts of one sentence."""

    def __init__(self, units: Sequence[Unit], compiled: Compiled, grammar: Grammar) -> None:
        self._units = units
        self._compiled = compiled
        self._clauses = clauses_of(units, grammar)
        self._by_list = grammar.voices == "list"
        self._parties = Parties(units, compiled, self._clauses)
        self._named_in: dict[int, int] = {}
        self._kinds = frozenset[int]().union(*(unit.kinds for unit in units))

    def best(self, act: CompiledAct, at: int, form: str, *, near: bool) -> Frame | None:
        """The best reading of the word at ``at``; None where it is not the act."""
        found: Frame | None = None
        needs = act.needs if near else [need for need in act.needs if self._named_at_all(need)]
        if not needs:
            return None
        voices = self._clauses.voices(at, form)
        for need in needs:  # by falling weight
            for voice in voices:
                fillers, unmet = self._met(need, at, voice, len(found.unmet) if found else len(SLOTS))
                if not unmet and voice == "noun" and not self._by_list and self._describes(act, at, fillers):
                    continue
                if not unmet:
                    return self._parties.whole(Frame(act, need, at, form, voice, fillers, ()))
                if found is None or len(unmet) < len(found.unmet):
                    found = Frame(act, need, at, form, voice, fillers, unmet)
        return found

    def _describes(self, act: CompiledAct, at: int, fillers: Fillers) -> bool:
        """Whether a noun of force only says which thing is meant: "attack submarine"."""
        beside = fillers.get("object") == at + 1 and not self._units[at + 1].actors
        return beside and act.source.plover == "ASSAULT"

    def _named_at_all(self, need: CompiledNeed) -> bool:
        return all(not self._kinds.isdisjoint(ids) for _, ids in need.slots)

    def _met(self, need: CompiledNeed, at: int, voice: Voice, most: int) -> tuple[Fillers, tuple[str, ...]]:
        """What fills the slots of the need, and what is unmet: at ``most`` so much, then it is left."""
        fillers: Fillers = {}
        unmet: list[str] = []
        for slot, ids in need.slots:
            banned = need.not_agent if slot == "agent" else need.not_object if slot == "object" else _NOBODY
            filler = self._filler(slot, ids, at, voice, fillers, banned)
            if filler is None:
                wanted = " or ".join(dict(need.source.slots)[slot])
                unmet.append(f"no {slot}: {wanted}" if slot != "with" else f"nothing of {wanted} beside it")
                if len(unmet) >= most:
                    return fillers, tuple(unmet)
            else:
                fillers[slot] = filler
        unwanted = self._unwanted(need, at, fillers)
        if unwanted is not None:
            unmet.append(f"{self._units[unwanted].word.strip()!r} stands beside it")
        if need.owner and not self._owned(need.owner, fillers):
            unmet.append(f"not of a {' or '.join(need.source.owner)}")
        if need.source.parties:
            named = self._named(at)
            if named < need.source.parties:
                unmet.append(f"{named} of {need.source.parties} parties named")
        return fillers, tuple(unmet)

    def _filler(self, slot: Slot, ids: Ids, at: int, voice: Voice, taken: Fillers, banned: Ids) -> int | None:
        if self._kinds.isdisjoint(ids):
            return None
        for index in self._clauses.candidates(slot, at, voice):
            unit = self._units[index]
            if unit.kinds & ids and index not in taken.values() and not unit.kinds & banned:
                if slot not in ("place", "with") and (unit.aside or (unit.modifies and index + 1 != at)):
                    continue
                return index
        return None

    def _unwanted(self, need: CompiledNeed, at: int, fillers: Fillers) -> int | None:
        """What the need wants nowhere near the act and its parts, if it is there."""
        if self._kinds.isdisjoint(need.without):
            return None
        taken = [at, *fillers.values()]
        first, last = min(taken), max(taken)
        before = range(first - 1, max(-1, first - 1 - _NEARBY), -1)
        after = range(last + 1, min(len(self._units), last + 1 + _NEARBY))
        nearby = (*range(first, last + 1), *self._as_far_as_clause(before), *self._as_far_as_clause(after))
        return next((index for index in nearby if self._units[index].kinds & need.without), None)

    def _as_far_as_clause(self, places: range) -> Iterator[int]:
        return takewhile(lambda index: not self._units[index].hard, places)

    def _owned(self, owner: Ids, fillers: Fillers) -> bool:
        thing = thing_of(fillers)
        if thing is None:
            return False
        near = (thing, *self._clauses.group(thing), *self._clauses.of(thing))
        return any(self._units[index].actors and self._units[index].kinds & owner for index in near)

    def _named(self, at: int) -> int:
        """How many different states and blocs take part in the clause."""
        if at not in self._named_in:
            named = {
                one
                for index in self._clauses.clause(at)
                if self._units[index].actors and self._clauses.is_party(index)
                for one in self._units[index].actors
                if self._compiled.actors[one].kind != "force"
            }
            self._named_in[at] = len(named)
            if not named and self._clauses.goes_on(at):
                self._named_in[at] = min(1, len(self._parties.named_before(at)))
        return self._named_in[at]
