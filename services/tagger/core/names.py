"""Kinds that every pack has without defining them: they are found by the lists of actors and places."""

from typing import Final

STATE: Final = "state"
BLOC: Final = "bloc"
ORGANISATION: Final = "organisation"
FORCE: Final = "force"
ACTOR: Final = "actor"
SHIP: Final = "named_ship"
PLACE: Final = "place"

ACTOR_KINDS: Final = (STATE, BLOC, ORGANISATION, FORCE)
PLACE_KINDS: Final = ("strait", "sea", "port", "naval_base", PLACE)
BUILT_IN: Final = frozenset({*ACTOR_KINDS, ACTOR, SHIP, *PLACE_KINDS})
