"""An event as it stands in messages: who does what to whom, where, and how far it has come."""

from typing import Literal, get_args

from msgspec import Struct

from services.contracts.field_types import Count, Filled, Id, Latitude, Longitude

ActorKind = Literal["state", "organisation", "force"]
EvidenceField = Literal["title", "summary", "text"]

# How far an act has come, as far as the text says: what has happened, what is happening, what is meant to happen,
# what somebody says he will do to another, what somebody asks for, what is refused or called off, what is only
# judged or imagined, and what is only named beside something else.
EventMode = Literal["done", "under_way", "planned", "threatened", "demanded", "denied", "opinion", "background"]
EVENT_MODES: tuple[EventMode, ...] = get_args(EventMode)
EventRole = Literal["act", "agent", "object", "asset", "place"]


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts. ``id`` is an ISO 3166-1 alpha-3 code for a state, else a stable slug such as ``nato``."""

    id: Id
    name: str
    kind: ActorKind


class Place(Struct, frozen=True, kw_only=True):
    """Where. ``country`` is an ISO 3166-1 alpha-3 code, ``lat`` and ``lon`` are WGS 84 degrees."""

    id: Id
    name: str
    kind: Filled
    country: str | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None


class EventPart(Struct, frozen=True, kw_only=True):
    """Where one part of an event stands in the event's field, counted in characters."""

    role: EventRole
    start: Count
    end: Count


class Event(Struct, frozen=True, kw_only=True):
    """One act read in one sentence: who does what to whom, where, and how far it has come.

    ``act`` is a class of the topic pack, whatever the form: "seizes", "seized by" and "seizure of" are one. ``verb``
    is how a person says it. ``plover`` and ``cameo`` are the codes of the class in those schemes, where it has one.
    ``agents`` do it, ``objects`` it is done to; both are empty where the text does not say. Of a mutual act ("X and Y
    sign") all parties are agents. A leader, a capital or a ministry stands for the state. ``asset`` is the kind of
    thing that it is about ("oil tanker", "defence pact"), ``asset_name`` its own name ("Marinera"). ``own_asset``: it
    is the agents' own ("sends a carrier to Cuba"), and the objects are where it goes, or against whom.
    The quote is the smallest piece of the field that holds the parts; ``field[start:end] == quote``.
    """

    act: Filled
    verb: Filled
    mode: EventMode
    field: EvidenceField
    start: Count
    end: Count
    quote: Filled
    rule: Filled
    agents: tuple[Actor, ...] = ()
    objects: tuple[Actor, ...] = ()
    asset: Filled | None = None
    asset_name: Filled | None = None
    own_asset: bool = False
    place: Place | None = None
    plover: Filled | None = None
    cameo: Filled | None = None
    parts: tuple[EventPart, ...] = ()
