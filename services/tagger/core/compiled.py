"""Packs, actors and places put together into what tagging needs. Built off the hot path, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.tagger.core import phrases
from services.tagger.core.actors import ActorList, Known
from services.tagger.core.automaton import Automaton, Kind
from services.tagger.core.model import Damping, Names, Pack, Pattern, Phrase, Rule, Vocabulary
from services.tagger.core.names import BUILT_IN
from services.tagger.core.phrases import Needle
from services.tagger.core.places import PlaceList

Entry = tuple[Needle, Kind, int]
Ids = tuple[int, ...]

SHARED = -1  # owner of what belongs to no single pack


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    """A pattern over concept numbers."""

    items: tuple[Ids, ...]
    within: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule over concept numbers; ``source`` is the rule as written."""

    source: Rule
    trigger: Ids
    all: tuple[Ids, ...]
    any: Ids
    none: Ids
    patterns: tuple[CompiledPattern, ...]
    never: tuple[CompiledPattern, ...]


@dataclass(frozen=True, slots=True)
class CompiledDamping:
    """Damping over concept numbers."""

    source: Damping
    concepts: Ids
    unless: Ids


@dataclass(frozen=True, slots=True)
class CompiledPack:
    """A pack ready to run. Rules are by falling weight: the first that holds is the best of a sentence.

    ``by_trigger`` are the places in ``rules`` of those that a concept can trigger.
    """

    pack: Pack
    rules: tuple[CompiledRule, ...]
    by_trigger: dict[int, tuple[int, ...]]
    sentence_damping: tuple[CompiledDamping, ...]
    article_damping: tuple[CompiledDamping, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything, immutable. ``owners[n]`` is the pack that concept ``n`` belongs to, or :data:`SHARED`;
    ``mask_owners`` the same for masks. ``built_in`` numbers the concepts that actors and places make."""

    packs: tuple[CompiledPack, ...]
    details: Automaton
    triggers: Automaton
    owners: tuple[int, ...]
    concept_names: tuple[str, ...]
    mask_owners: tuple[int, ...]
    built_in: dict[str, int]
    actors: tuple[Known, ...]
    actor_index: dict[str, int]
    places: PlaceList
    place_ids: tuple[str, ...]


def compile_packs(packs: Sequence[Pack], vocabulary: Vocabulary, actors: ActorList, places: PlaceList) -> Compiled:
    """Build the automata and number the concepts. The input has been checked: nothing here can fail on it."""
    numbers = _Numbers()
    for name in sorted(BUILT_IN):
        numbers.concept(SHARED, name)
    shared = list(_concept_entries(SHARED, vocabulary.concepts, numbers))
    masks = list(_mask_entries(SHARED, vocabulary.masks, numbers))
    own: list[Entry] = []
    for owner, pack in enumerate(packs):
        own += _concept_entries(owner, pack.concepts, numbers)
        masks += _mask_entries(owner, pack.masks, numbers)
    actor_ids = tuple(actors.by_id)
    place_ids = tuple(places.by_id)
    named = [*_actor_entries(actors, actor_ids), *_place_entries(places, place_ids)]
    compiled = tuple(_compile_pack(owner, pack, numbers) for owner, pack in enumerate(packs))
    wanted = {number for pack in compiled for rule in pack.rules for number in rule.trigger}
    triggers = [entry for entry in (*shared, *own) if entry[2] in wanted]
    return Compiled(
        packs=compiled,
        details=Automaton([*shared, *own, *masks, *named]),
        triggers=Automaton(triggers),
        owners=tuple(owner for owner, _ in numbers.concepts),
        concept_names=tuple(name for _, name in numbers.concepts),
        mask_owners=tuple(numbers.masks),
        built_in={name: numbers.resolve(SHARED, name) for name in BUILT_IN},
        actors=tuple(actors.by_id[key] for key in actor_ids),
        actor_index={key: index for index, key in enumerate(actor_ids)},
        places=places,
        place_ids=place_ids,
    )


class _Numbers:
    """Gives every concept and mask its number."""

    def __init__(self) -> None:
        self.concepts: dict[tuple[int, str], int] = {}
        self.masks: list[int] = []

    def concept(self, owner: int, name: str) -> int:
        return self.concepts.setdefault((owner, name), len(self.concepts))

    def mask(self, owner: int) -> int:
        self.masks.append(owner)
        return len(self.masks) - 1

    def resolve(self, owner: int, name: str) -> int:
        """The pack's own concept of that name, else the shared one."""
        own = self.concepts.get((owner, name))
        return own if own is not None else self.concepts[(SHARED, name)]


def _concept_entries(owner: int, concepts: dict[str, tuple[Phrase, ...]], numbers: _Numbers) -> Iterator[Entry]:
    for name, found in concepts.items():
        number = numbers.concept(owner, name)
        for phrase in found:
            yield from ((needle, "concept", number) for needle in phrases.needles(phrase.text))


def _mask_entries(owner: int, masks: tuple[Phrase, ...], numbers: _Numbers) -> Iterator[Entry]:
    for phrase in masks:
        number = numbers.mask(owner)
        yield from ((needle, "mask", number) for needle in phrases.needles(phrase.text))


def _actor_entries(actors: ActorList, ids: tuple[str, ...]) -> Iterator[Entry]:
    index_of = {key: index for index, key in enumerate(ids)}
    for name in actors.names:
        kind: Kind = "ship" if name.ship else "metonym" if name.metonym else "actor"
        yield from ((needle, kind, index_of[name.actor]) for needle in phrases.needles(name.phrase))


def _place_entries(places: PlaceList, ids: tuple[str, ...]) -> Iterator[Entry]:
    index_of = {key: index for index, key in enumerate(ids)}
    for phrase, slug in places.names:
        yield from ((needle, "place", index_of[slug]) for needle in phrases.needles(phrase))


def _compile_pack(owner: int, pack: Pack, numbers: _Numbers) -> CompiledPack:
    def ids(names: Names) -> Ids:
        return tuple(numbers.resolve(owner, name) for name in names)

    def pattern(source: Pattern) -> CompiledPattern:
        return CompiledPattern(tuple(ids(names) for names in source.items), source.within, source.ordered)

    def rule(source: Rule) -> CompiledRule:
        return CompiledRule(
            source=source,
            trigger=ids(source.trigger),
            all=tuple(ids(names) for names in source.all),
            any=ids(source.any),
            none=ids(source.none),
            patterns=tuple(pattern(item) for item in source.patterns),
            never=tuple(pattern(item) for item in source.never),
        )

    rules = tuple(rule(source) for source in sorted(pack.rules, key=lambda r: -r.weight))
    by_trigger: dict[int, tuple[int, ...]] = {}
    for index, made in enumerate(rules):
        for number in made.trigger:
            by_trigger[number] = (*by_trigger.get(number, ()), index)
    damping = [CompiledDamping(item, ids(item.concepts), ids(item.unless)) for item in pack.damping]
    return CompiledPack(
        pack=pack,
        rules=rules,
        by_trigger=by_trigger,
        sentence_damping=tuple(item for item in damping if not item.source.whole_article),
        article_damping=tuple(item for item in damping if item.source.whole_article),
    )
