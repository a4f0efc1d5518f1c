"""The net that runs over everything: which words make a sentence worth reading with care.

Of every need one slot is enough, the one with the fewest everyday words; where the act is told by rare words, those.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.tagger.core.actors import ActorList
from services.tagger.core.automaton import Entry, Kind
from services.tagger.core.compiled import SHARED, ActWord, CompiledNeed, CompiledPack, Ids
from services.tagger.core.model import Act, Slot
from services.tagger.core.names import BLOC, FORCE, PLACE, PLACE_KINDS, SHIP
from services.tagger.core.places import PlaceList

_SLOTS: tuple[Slot, ...] = ("about", "object", "agent", "with", "place")  # by how well they tell
_NAMES_OF_FORCES = 5  # armed groups are in the news of every day, too

Names = dict[int, set[tuple[Kind, int]]]


@dataclass(frozen=True, slots=True)
class Net:
    """The kinds of things, by pack, the named actors and places, and the acts (pack, number) to look for."""

    anchors: dict[int, Ids]
    names: frozenset[tuple[Kind, int]]
    acts: frozenset[tuple[int, int]]

    def holds(self, kind: Kind, index: int, words: Sequence[ActWord]) -> bool:
        """Whether an entry of the automata belongs to the net."""
        if kind == "thing":
            return any(index in ids for ids in self.anchors.values())
        if kind == "act":
            return (words[index].owner, words[index].act) in self.acts
        return (kind, index) in self.names


def cast_net(
    packs: Sequence[CompiledPack],
    kinds: Mapping[tuple[int, str], int],
    things: Iterable[Entry],
    actors: ActorList,
    places: PlaceList,
    everyday: frozenset[str],
) -> Net:
    """The net for ``packs``. ``kinds`` are the numbers of kinds by owner and name, ``everyday`` words of all news."""
    few = _few_names(kinds, actors, places)
    common = _everyday(things, actors, kinds, everyday)
    known = {number for (owner, _), number in kinds.items() if owner != SHARED} | set(few)
    needs = [
        (pack.owner, index, act, need) for pack in packs for index, act in enumerate(pack.acts) for need in act.needs
    ]
    anchors: dict[int, set[int]] = {pack.owner: set() for pack in packs}
    acts: set[tuple[int, int]] = set()
    for owner, index, act, need in sorted(needs, key=lambda found: len(_candidates(found[3], known))):
        slots = _candidates(need, known)
        # What is in the net already costs nothing more; of equals the slot that adds fewest kinds.
        costs = [(sum(common[n] for n in new), len(new)) for new in (ids - anchors[owner] for ids in slots)]
        if not costs or (min(costs)[0] and _rare_words(act.source, everyday)):
            acts.add((owner, index))
        else:
            anchors[owner] |= slots[costs.index(min(costs))]
    names = {name for ids in anchors.values() for number in ids & set(few) for name in few[number]}
    return Net({owner: frozenset(ids) for owner, ids in anchors.items()}, frozenset(names), frozenset(acts))


def _candidates(need: CompiledNeed, known: set[int]) -> list[Ids]:
    """The slots of a need whose every word can be looked for, those first that tell most."""
    slots = dict(need.slots)
    return [slots[slot] for slot in _SLOTS if slot in slots and slots[slot] <= known]


def _rare_words(act: Act, everyday: frozenset[str]) -> bool:
    """Whether the act is told by nouns and phrases alone, none of them an everyday word."""
    return not (act.verbs or act.passive) and not any(phrase.text in everyday for phrase in (*act.nouns, *act.phrases))


def _everyday(
    things: Iterable[Entry], actors: ActorList, kinds: Mapping[tuple[int, str], int], everyday: frozenset[str]
) -> Counter[int]:
    """How many words of each kind stand in news of every sort."""
    states = {name.phrase.lower() for name in actors.names if actors.by_id[name.actor].kind == "state"}
    common = states | everyday
    words = {(needle.folded.strip(), number) for needle, _, number in things}
    found = Counter(number for word, number in words if word in common)
    found[kinds[SHARED, FORCE]] = _NAMES_OF_FORCES
    return found


def _few_names(kinds: Mapping[tuple[int, str], int], actors: ActorList, places: PlaceList) -> Names:
    """The names of built-in kinds that few names have, and that are no common words of news."""
    found: Names = {}
    for kind in (BLOC, FORCE):
        indexes = [index for index, one in enumerate(actors.by_id.values()) if one.kind == kind]
        found[kinds[SHARED, kind]] = {("actor", index) for index in indexes}
    index_of = {key: index for index, key in enumerate(actors.by_id)}
    found[kinds[SHARED, SHIP]] = {("ship", index_of[name.actor]) for name in actors.names if name.ship}
    for kind in PLACE_KINDS:
        indexes = [index for index, place in enumerate(places.by_id.values()) if place.kind == kind]
        found[kinds[SHARED, kind]] = {("place", index) for index in indexes}
    del found[kinds[SHARED, PLACE]]
    return found
