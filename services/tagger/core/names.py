"""Concepts that every pack has without defining them: they are found by the lists of actors and places."""

from typing import Final

STATE: Final = "@state"
BLOC: Final = "@bloc"
ORGANISATION: Final = "@organisation"
FORCE: Final = "@force"
ACTOR: Final = "@actor"
SHIP: Final = "@ship"
PLACE: Final = "@place"
STRAIT: Final = "@strait"
SEA: Final = "@sea"
PORT: Final = "@port"
NAVAL_BASE: Final = "@naval_base"

ACTOR_KINDS: Final = ("state", "bloc", "organisation", "force")
PLACE_KINDS: Final = ("strait", "sea", "port", "naval_base", "place")
BUILT_IN: Final = frozenset({STATE, BLOC, ORGANISATION, FORCE, ACTOR, SHIP, PLACE, STRAIT, SEA, PORT, NAVAL_BASE})
