"""Packs, actors and places put together into what tagging needs. Built off the hot path, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.tagger.core import phrases
from services.tagger.core.actors import ActorList, Known
from services.tagger.core.automaton import Automaton, Kind
from services.tagger.core.english import ENGLISH
from services.tagger.core.model import Act, Discount, Names, Need, Pack, Phrase, Slot, Vocabulary
from services.tagger.core.names import BLOC, BUILT_IN, FORCE, SHIP
from services.tagger.core.phrases import Needle
from services.tagger.core.places import PlaceList

Entry = tuple[Needle, Kind, int]
Ids = frozenset[int]

_NAMES_OF_FORCES = 5  # armed groups are in the news of every day, too
SHARED = -1  # owner of what belongs to no single pack
# Slots by how well they tell a sentence worth a look, the best first; a slot without things of the pack tells little.
_TELLING: tuple[Slot, ...] = ("about", "object", "agent", "with", "place")


@dataclass(frozen=True, slots=True)
class CompiledNeed:
    """A need over kind numbers; ``source`` is the need as written."""

    source: Need
    slots: tuple[tuple[Slot, Ids], ...]
    owner: Ids
    without: Ids
    weight: float


@dataclass(frozen=True, slots=True)
class CompiledAct:
    """An act over kind numbers. Needs are by falling weight: the first that holds is the best."""

    source: Act
    needs: tuple[CompiledNeed, ...]


@dataclass(frozen=True, slots=True)
class CompiledDiscount:
    """A discount over kind numbers."""

    source: Discount
    words: Ids
    unless: Ids


@dataclass(frozen=True, slots=True)
class CompiledPack:
    """A pack ready to run. ``owner`` is its number."""

    pack: Pack
    owner: int
    acts: tuple[CompiledAct, ...]
    sentence_discounts: tuple[CompiledDiscount, ...]
    article_discounts: tuple[CompiledDiscount, ...]


@dataclass(frozen=True, slots=True)
class ActWord:
    """One form of an act's words: ``form`` is that of a verb, or ``noun`` or ``phrase``."""

    owner: int
    act: int
    form: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything, immutable. ``owners[n]`` is the pack that kind ``n`` belongs to, or :data:`SHARED`; ``mask_owners``
    the same for masks. ``built_in`` numbers the kinds that actors and places have."""

    packs: tuple[CompiledPack, ...]
    details: Automaton
    net: Automaton
    owners: tuple[int, ...]
    kind_names: tuple[str, ...]
    mask_owners: tuple[int, ...]
    act_words: tuple[ActWord, ...]
    built_in: dict[str, int]
    actors: tuple[Known, ...]
    actor_index: dict[str, int]
    places: PlaceList
    place_ids: tuple[str, ...]


def compile_packs(packs: Sequence[Pack], vocabulary: Vocabulary, actors: ActorList, places: PlaceList) -> Compiled:
    """Build the automata and number the kinds. The input has been checked: nothing here can fail on it."""
    numbers = _Numbers()
    for name in sorted(BUILT_IN):
        numbers.kind(SHARED, name)
    things = list(_thing_entries(SHARED, vocabulary.things, numbers))
    masks = list(_mask_entries(SHARED, vocabulary.masks, numbers))
    acts: list[Entry] = []
    for owner, pack in enumerate(packs):
        things += _thing_entries(owner, pack.things, numbers)
        masks += _mask_entries(owner, pack.masks, numbers)
        acts += _act_entries(owner, pack.acts, numbers)
    actor_ids = tuple(actors.by_id)
    place_ids = tuple(places.by_id)
    named = [*_actor_entries(actors, actor_ids), *_place_entries(places, place_ids)]
    compiled = tuple(_compile_pack(owner, pack, numbers) for owner, pack in enumerate(packs))
    few = _few_names(numbers, actors, places)
    return Compiled(
        packs=compiled,
        details=Automaton([*things, *masks, *acts, *named]),
        net=Automaton(list(_net(compiled, numbers, (things, acts, named), few, _everyday(things, actors, numbers)))),
        owners=tuple(owner for owner, _ in numbers.kinds),
        kind_names=tuple(name for _, name in numbers.kinds),
        mask_owners=tuple(numbers.masks),
        act_words=tuple(numbers.act_words),
        built_in={name: numbers.kinds[SHARED, name] for name in BUILT_IN},
        actors=tuple(actors.by_id[key] for key in actor_ids),
        actor_index={key: index for index, key in enumerate(actor_ids)},
        places=places,
        place_ids=place_ids,
    )


class _Numbers:
    """Gives every kind, mask and word of an act its number."""

    def __init__(self) -> None:
        self.kinds: dict[tuple[int, str], int] = {}
        self.groups: dict[tuple[int, str], Names] = {}
        self.masks: list[int] = []
        self.act_words: dict[ActWord, int] = {}

    def kind(self, owner: int, name: str) -> int:
        return self.kinds.setdefault((owner, name), len(self.kinds))

    def mask(self, owner: int) -> int:
        self.masks.append(owner)
        return len(self.masks) - 1

    def act_word(self, word: ActWord) -> int:
        return self.act_words.setdefault(word, len(self.act_words))

    def resolve(self, owner: int, names: Names, groups: dict[str, Names]) -> Ids:
        """The numbers of the pack's own things of these names, of its groups, else of the shared ones."""
        found: set[int] = set()
        for name in names:
            if name in groups and (owner, name) not in self.kinds:
                found |= self.resolve(owner, tuple(n for n in groups[name] if n != name), groups)
            else:
                own = self.kinds.get((owner, name))
                found.add(own if own is not None else self.kinds[SHARED, name])
        return frozenset(found)


def _thing_entries(owner: int, things: dict[str, tuple[Phrase, ...]], numbers: _Numbers) -> Iterator[Entry]:
    for name, found in things.items():
        number = numbers.kind(owner, name)
        for phrase in found:
            yield from ((needle, "thing", number) for needle in phrases.noun_needles(phrase.text))


def _mask_entries(owner: int, masks: tuple[Phrase, ...], numbers: _Numbers) -> Iterator[Entry]:
    for phrase in masks:
        number = numbers.mask(owner)
        yield from ((needle, "mask", number) for needle in phrases.noun_needles(phrase.text))


def _act_entries(owner: int, acts: tuple[Act, ...], numbers: _Numbers) -> Iterator[Entry]:
    for index, act in enumerate(acts):
        for phrase in act.verbs:
            for needle, form in phrases.verb_needles(phrase.text):
                yield needle, "act", numbers.act_word(ActWord(owner, index, form))
        for phrase in act.nouns:
            number = numbers.act_word(ActWord(owner, index, "noun"))
            yield from ((needle, "act", number) for needle in phrases.noun_needles(phrase.text))
        for phrase in act.phrases:
            number = numbers.act_word(ActWord(owner, index, "phrase"))
            yield from ((needle, "act", number) for needle in phrases.needles(phrase.text))


def _actor_entries(actors: ActorList, ids: tuple[str, ...]) -> Iterator[Entry]:
    index_of = {key: index for index, key in enumerate(ids)}
    for name in actors.names:
        kind: Kind = "ship" if name.ship else "metonym" if name.metonym else "actor"
        yield from ((needle, kind, index_of[name.actor]) for needle in phrases.needles(name.phrase))


def _place_entries(places: PlaceList, ids: tuple[str, ...]) -> Iterator[Entry]:
    index_of = {key: index for index, key in enumerate(ids)}
    for phrase, slug in places.names:
        yield from ((needle, "place", index_of[slug]) for needle in phrases.needles(phrase))


def _net(
    compiled: tuple[CompiledPack, ...],
    numbers: _Numbers,
    entries: tuple[list[Entry], list[Entry], list[Entry]],
    few: dict[int, set[tuple[Kind, int]]],
    common: Counter[int],
) -> Iterator[Entry]:
    """What makes a sentence worth a look: for every need the words of its most telling slot, else those of its act."""
    things, acts, named = entries
    own = {number for (owner, _), number in numbers.kinds.items() if owner != SHARED}
    needs = [
        (pack.owner, index, act, need) for pack in compiled for index, act in enumerate(pack.acts) for need in act.needs
    ]
    candidates = [_candidates(need, own | set(few)) for _, _, _, need in needs]
    kinds: set[int] = set()
    by_word: set[tuple[int, int]] = set()
    for slots, (owner, index, act, _) in sorted(zip(candidates, needs, strict=True), key=lambda found: len(found[0])):
        # What is in the net already costs nothing more.
        costs = [sum(common[number] for number in ids - kinds) for ids in slots]
        if not costs or (min(costs) and _rare_words(act.source)):
            by_word.add((owner, index))
        else:
            kinds |= slots[costs.index(min(costs))]
    yield from (entry for entry in things if entry[2] in kinds)
    words = list(numbers.act_words)
    yield from (entry for entry in acts if (words[entry[2]].owner, words[entry[2]].act) in by_word)
    wanted = {name for number in kinds & set(few) for name in few[number]}
    yield from (entry for entry in named if (entry[1], entry[2]) in wanted)


def _candidates(need: CompiledNeed, known: set[int]) -> list[Ids]:
    """The slots of a need whose every word can be looked for, in the order in which they tell most."""
    slots = dict(need.slots)
    return [slots[slot] for slot in _TELLING if slot in slots and slots[slot] <= known]


def _rare_words(act: Act) -> bool:
    """Whether the act is told by fixed phrases, compounds and names alone."""
    return not act.verbs and all(
        " " in phrase.text or not phrase.text.islower() for phrase in (*act.nouns, *act.phrases)
    )


def _everyday(things: list[Entry], actors: ActorList, numbers: _Numbers) -> Counter[int]:
    """How many words of each kind stand in news of every sort."""
    states = {name.phrase.lower() for name in actors.names if actors.by_id[name.actor].kind == "state"}
    words = {(needle.folded, number) for needle, _, number in things}
    found = Counter(number for word, number in words if _plain(word) in ENGLISH.everyday or _plain(word) in states)
    found[numbers.kinds[SHARED, FORCE]] = _NAMES_OF_FORCES
    return found


def _plain(folded: bytes) -> str:
    return folded.decode("ascii").strip()


def _few_names(numbers: _Numbers, actors: ActorList, places: PlaceList) -> dict[int, set[tuple[Kind, int]]]:
    """The names of built-in kinds that few names have, and that are no common words of news."""
    known = list(actors.by_id.values())
    found: dict[int, set[tuple[Kind, int]]] = {}
    for kind in (BLOC, FORCE):
        indexes = [index for index, one in enumerate(known) if one.kind == kind]
        found[numbers.kinds[SHARED, kind]] = {("actor", index) for index in indexes}
    index_of = {key: index for index, key in enumerate(actors.by_id)}
    found[numbers.kinds[SHARED, SHIP]] = {("ship", index_of[name.actor]) for name in actors.names if name.ship}
    for kind in ("strait", "sea", "port", "naval_base"):
        indexes = [index for index, place in enumerate(places.by_id.values()) if place.kind == kind]
        found[numbers.kinds[SHARED, kind]] = {("place", index) for index in indexes}
    return found


def _compile_pack(owner: int, pack: Pack, numbers: _Numbers) -> CompiledPack:
    def ids(names: Names) -> Ids:
        return numbers.resolve(owner, names, pack.groups)

    def need(source: Need, act: Act) -> CompiledNeed:
        return CompiledNeed(
            source=source,
            slots=tuple((slot, ids(names)) for slot, names in source.slots),
            owner=ids(source.owner),
            without=ids(source.without),
            weight=act.weight if source.weight is None else source.weight,
        )

    acts = tuple(
        CompiledAct(act, tuple(sorted((need(n, act) for n in act.needs), key=lambda n: -n.weight))) for act in pack.acts
    )
    discounts = [CompiledDiscount(item, ids(item.words), ids(item.unless)) for item in pack.discounts]
    return CompiledPack(
        pack=pack,
        owner=owner,
        acts=acts,
        sentence_discounts=tuple(item for item in discounts if not item.source.whole_article),
        article_discounts=tuple(item for item in discounts if item.source.whole_article),
    )
