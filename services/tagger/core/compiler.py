"""Packs, actors and places put together into what tagging needs. Built off the hot path, all or nothing."""

from collections.abc import Iterator, Sequence

from services.tagger.core.actors import ActorList
from services.tagger.core.automaton import Automaton, Entry, Kind
from services.tagger.core.compiled import (
    SHARED,
    ActWord,
    Compiled,
    CompiledAct,
    CompiledDiscount,
    CompiledNeed,
    CompiledPack,
    Ids,
)
from services.tagger.core.languages import Language
from services.tagger.core.model import Act, Names, Need, Pack, Phrase, Vocabulary
from services.tagger.core.names import BUILT_IN
from services.tagger.core.net import cast_net
from services.tagger.core.phrases import Wording
from services.tagger.core.places import PlaceList


def compile_packs(
    packs: Sequence[Pack], language: Language, vocabulary: Vocabulary, actors: ActorList, places: PlaceList
) -> Compiled:
    """Build the automata and number the kinds. The input has been checked: nothing here can fail on it.

    Words of packs and vocabulary, and names of actors and places, are those of ``language``.
    """
    numbers = _Numbers(language.wording)
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
    named = [
        *_actor_entries(actors, actor_ids, language.wording),
        *_place_entries(places, place_ids, language.wording),
    ]
    compiled = tuple(_compile_pack(owner, pack, numbers) for owner, pack in enumerate(packs))
    net = cast_net(compiled, numbers.kinds, things, actors, places, language.grammar.everyday)
    words = tuple(numbers.act_words)
    return Compiled(
        grammar=language.grammar,
        writing=language.writing,
        packs=compiled,
        details=Automaton([*things, *masks, *acts, *named]),
        net=Automaton([entry for entry in (*things, *acts, *named) if net.holds(entry[1], entry[2], words)]),
        anchors=net.anchors,
        told_alone=frozenset(index for index, word in enumerate(words) if (word.owner, word.act) in net.acts),
        owners=tuple(owner for owner, _ in numbers.kinds),
        kind_names=tuple(name for _, name in numbers.kinds),
        mask_owners=tuple(numbers.masks),
        act_words=words,
        built_in={name: numbers.kinds[SHARED, name] for name in BUILT_IN},
        actors=tuple(actors.by_id[key] for key in actor_ids),
        actor_index={key: index for index, key in enumerate(actor_ids)},
        places=places,
        place_ids=place_ids,
    )


class _Numbers:
    """Gives every kind, mask and word of an act its number."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording
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
            yield from ((needle, "thing", number) for needle in numbers.wording.nouns(phrase.text))


def _mask_entries(owner: int, masks: tuple[Phrase, ...], numbers: _Numbers) -> Iterator[Entry]:
    for phrase in masks:
        number = numbers.mask(owner)
        yield from ((needle, "mask", number) for needle in numbers.wording.nouns(phrase.text))


def _act_entries(owner: int, acts: tuple[Act, ...], numbers: _Numbers) -> Iterator[Entry]:
    for index, act in enumerate(acts):
        for phrase in act.verbs:
            for needle, form in numbers.wording.verbs(phrase.text):
                yield needle, "act", numbers.act_word(ActWord(owner, index, form))
        for phrase in act.passive:
            number = numbers.act_word(ActWord(owner, index, "passive"))
            yield from ((needle, "act", number) for needle in numbers.wording.needles(phrase.text))
        for phrase in act.nouns:
            number = numbers.act_word(ActWord(owner, index, "noun"))
            yield from ((needle, "act", number) for needle in numbers.wording.nouns(phrase.text))
        for phrase in act.phrases:
            number = numbers.act_word(ActWord(owner, index, "phrase"))
            yield from ((needle, "act", number) for needle in numbers.wording.needles(phrase.text))


def _actor_entries(actors: ActorList, ids: tuple[str, ...], wording: Wording) -> Iterator[Entry]:
    index_of = {key: index for index, key in enumerate(ids)}
    for name in actors.names:
        kind: Kind = "ship" if name.ship else "metonym" if name.metonym else "actor"
        yield from ((needle, kind, index_of[name.actor]) for needle in wording.needles(name.phrase))


def _place_entries(places: PlaceList, ids: tuple[str, ...], wording: Wording) -> Iterator[Entry]:
    index_of = {key: index for index, key in enumerate(ids)}
    for phrase, slug in places.names:
        yield from ((needle, "place", index_of[slug]) for needle in wording.needles(phrase))


def _compile_pack(owner: int, pack: Pack, numbers: _Numbers) -> CompiledPack:
    def ids(names: Names) -> Ids:
        return numbers.resolve(owner, names, pack.groups)

    def need(source: Need, act: Act) -> CompiledNeed:
        return CompiledNeed(
            source=source,
            slots=tuple((slot, ids(names)) for slot, names in source.slots),
            owner=ids(source.owner),
            without=ids(source.without),
            not_agent=ids(source.not_agent),
            not_object=ids(source.not_object),
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
