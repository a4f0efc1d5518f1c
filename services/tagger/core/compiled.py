"""Packs, actors and places as tagging uses them: everything numbered. See :mod:`services.tagger.core.compiler`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from services.tagger.core.actors import Known
from services.tagger.core.automaton import Automaton
from services.tagger.core.fold import Folded
from services.tagger.core.grammar import Grammar
from services.tagger.core.model import Act, Discount, Need, Pack, Slot
from services.tagger.core.places import PlaceList

Ids = frozenset[int]

SHARED = -1  # owner of what belongs to no single pack


@dataclass(frozen=True, slots=True)
class CompiledNeed:
    """A need over kind numbers; ``source`` is the need as written."""

    source: Need
    slots: tuple[tuple[Slot, Ids], ...]
    owner: Ids
    without: Ids
    not_agent: Ids
    not_object: Ids
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
    """One form of an act's words: ``form`` is that of a verb, or ``noun`` or ``phrase``.

    Of a verb in a language with lists it is ``active`` or ``passive``."""

    owner: int
    act: int
    form: str


@dataclass(frozen=True, slots=True)
class Writing:
    """How a language is written. ``again``: what takes up parties named before, by their kind."""

    fold: Callable[[str], Folded]
    token: re.Pattern[str]
    dateline: re.Pattern[str] | None
    again: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything of one language, immutable. ``owners[n]`` is the pack that kind ``n`` belongs to, or :data:`SHARED`;
    ``mask_owners`` the same for masks. ``built_in`` numbers the kinds that actors and places have.

    ``net`` runs over every text; of ``anchors`` (kinds, by pack) and ``told_alone`` (words of acts) one stands in every
    sentence that is worth reading.
    """

    grammar: Grammar
    writing: Writing
    packs: tuple[CompiledPack, ...]
    details: Automaton
    net: Automaton
    anchors: dict[int, Ids]
    told_alone: Ids
    owners: tuple[int, ...]
    kind_names: tuple[str, ...]
    mask_owners: tuple[int, ...]
    act_words: tuple[ActWord, ...]
    built_in: dict[str, int]
    actors: tuple[Known, ...]
    actor_index: dict[str, int]
    places: PlaceList
    place_ids: tuple[str, ...]
