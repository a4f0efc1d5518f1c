"""A sentence with what is named in it, and the kinds that a name belongs to."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from services.contracts.messages import EvidenceField
from services.tagger.core.compiled import Compiled
from services.tagger.core.model import Position
from services.tagger.core.names import ACTOR, FORCE, PLACE, SHIP

MOST_HITS = 240  # in one sentence


class Mention(Struct, frozen=True, gc=False):
    """What stands at characters ``start`` to ``end`` of ``norm``. ``index`` counts within ``kind``."""

    kind: Literal["thing", "act", "actor", "place"]
    index: int
    start: int
    end: int
    ship: bool = False


@dataclass(slots=True)
class Sentence:
    """One sentence with what was found in it. ``kinds`` counts the kinds (see :class:`Compiled`) of all mentions."""

    part: EvidenceField
    position: Position
    start: int
    end: int
    mentions: list[Mention] = field(default_factory=list)
    kinds: dict[int, int] = field(default_factory=dict)
    owners: set[int] = field(default_factory=set)
    taken_up: bool = False


def note(sentence: Sentence, mention: Mention, *kinds: int) -> None:
    """Add ``mention``, and count the kinds of thing that it is; what is over the bound is left out."""
    if len(sentence.mentions) < MOST_HITS:
        sentence.mentions.append(mention)
        counts = sentence.kinds
        for kind in kinds:
            counts[kind] = counts.get(kind, 0) + 1


def kinds_of_place(index: int, compiled: Compiled) -> tuple[int, ...]:
    """The built-in kinds of a place."""
    kind = compiled.places.by_id[compiled.place_ids[index]].kind
    any_place = compiled.built_in[PLACE]
    return (any_place,) if kind == PLACE else (any_place, compiled.built_in[kind])


def kinds_of_actor(index: int, ship: bool, compiled: Compiled) -> tuple[int, ...]:
    """The built-in kinds of an actor; of a named warship also that of a force."""
    kind = compiled.actors[index].kind
    names = (ACTOR, kind, SHIP, FORCE) if ship else (ACTOR, kind)
    return tuple({compiled.built_in[name] for name in names})
