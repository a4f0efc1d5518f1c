"""One reading of one act, as it passes from who reads it to who asks how far it has come."""

from dataclasses import dataclass

from services.tagger.core.compiled import CompiledAct, CompiledNeed
from services.tagger.core.model import Slot
from services.tagger.core.voices import Voice

Fillers = dict[Slot, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """One reading of one act: the unit of its word, the units of its parts, and what of the need is ``unmet``."""

    act: CompiledAct
    need: CompiledNeed
    at: int
    form: str
    voice: Voice
    fillers: Fillers
    unmet: tuple[str, ...]
    agents: tuple[int, ...] = ()
    objects: tuple[int, ...] = ()
    place: int | None = None


def thing_of(fillers: Fillers) -> int | None:
    """The unit of what the act is about."""
    return next((fillers[slot] for slot in ("object", "about", "agent") if slot in fillers), None)
