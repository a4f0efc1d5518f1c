"""Concepts that every pack has without defining them: they are found by the lists of actors and places."""

from typing import Final

STATE: Final = "STATE"
BLOC: Final = "BLOC"
ORGANISATION: Final = "ORGANISATION"
FORCE: Final = "FORCE"
ACTOR: Final = "ACTOR"
SHIP: Final = "SHIP"
PLACE: Final = "PLACE"
STRAIT: Final = "STRAIT"
SEA: Final = "SEA"
PORT: Final = "PORT"
NAVAL_BASE: Final = "NAVAL_BASE"

ACTOR_KINDS: Final = ("state", "bloc", "organisation", "force")
PLACE_KINDS: Final = ("strait", "sea", "port", "naval_base", "place")
BUILT_IN: Final = frozenset({STATE, BLOC, ORGANISATION, FORCE, ACTOR, SHIP, PLACE, STRAIT, SEA, PORT, NAVAL_BASE})
