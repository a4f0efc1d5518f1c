"""Whether two articles are about one event, and where to look for those that may be.

A frame of an event is compared part by part: what contradicts keeps two apart, what agrees must be enough. Chosen on a
month of alerts judged one by one (docs/measurements/alerts.md): actors and words alone do not separate the events of
one crisis; act, object and numbers have to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations

from msgspec import Struct

from services.alerter.core.titles import is_comment
from services.contracts.messages import Event, EventMode, Tag, TaggedArticle

WINDOW = timedelta(hours=72)
MOMENT = timedelta(hours=36)  # acts that are over once done are told of for so long; chains of reports carry further
MAX_ACTORS = 4  # of a side that are compared: of a summit's parties the first
SOON = timedelta(hours=24)
BEFORE = timedelta(hours=3)  # reports of a deed come in while others judge it already
ENOUGH = 2.5  # points of agreement
ENOUGH_SOON = 2.0
TOLD_ALIKE = 3  # words that two titles share, a third of the shorter one, to be one event whatever act was read

# Acts that name one event from two ends, or its parts one after the other. An act that is not here stands for itself.
_FAMILIES = (
    {"attack", "sink", "strike"},
    {"seize", "intercept", "board", "pursue", "detain_crew"},
    {"blockade", "close_passage", "control_traffic", "mine"},
    {"deploy", "arrive"},
    {"sign", "join", "guarantee"},
    {"deepen", "reaffirm", "restore", "meet"},
    {"break", "withdraw", "doubt", "refuse", "coerce", "burden"},
)
FAMILY_OF = {act: min(family) for family in _FAMILIES for act in family}
_MOMENTS = {FAMILY_OF[act] for act in ("attack", "seize")}
_MUTUAL = {FAMILY_OF[act] for act in ("sign", "deepen", "doubt")} | {"exercise"}
_DONE: frozenset[EventMode] = frozenset({"done", "under_way"})
_THREATS: dict[str, frozenset[EventMode]] = {
    FAMILY_OF["attack"]: frozenset({"threatened", "planned", "demanded"}),
    FAMILY_OF["seize"]: frozenset({"threatened", "planned", "demanded"}),
    FAMILY_OF["blockade"]: frozenset({"threatened"}),
}
SPOKEN: frozenset[EventMode] = frozenset({"opinion", "background"})

_COMMON_ACTORS = frozenset({"USA", "RUS", "CHN", "IRN", "ISR", "UKR", "nato", "eu", "europe"})
# Kinds of ship that are never one and the same; a kind that is not here goes with any.
_SHIPS = (
    {"warship", "submarine", "nuclear submarine", "aircraft carrier", "bare carrier"},
    {"oil tanker", "merchant ship"},
    {"drug boat"},
    {"aid boat"},
)
_SHIP_KIND = {asset: number for number, assets in enumerate(_SHIPS) for asset in assets}
_COMMON_ASSETS = frozenset(
    {
        "ship",
        "warship",
        "oil tanker",
        "navy",
        "passage",
        "alliance bloc",
        "allies",
        "alliance",
        "ties",
        "defence tie",
        "guarantee",
        "troops",
        "base",
    }
)
_NEAR_KM = 600.0
_EARTH_KM = 6371.0

_ORDINAL = re.compile(
    r"\b(second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d{1,3}(?:st|nd|rd|th))\b"
    r"(?! (?:day|week|month|year|time|world|fleet|anniversary|century|term|largest|biggest))",
    re.IGNORECASE,
)
_ORDINALS = {
    "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8",
    "ninth": "9", "tenth": "10",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5
_STOP = frozenset(
    word[:_STEM]
    for word in (
        "about after again against ahead alleged allege amid among analysis another around attack back been before "
        "being between boat call calls climbs continue could country does donald down during expert explainer first "
        "force from government gulf have here hits international into iran just last late leader like live made make "
        "military minister more most move naval navy near need news next official opinion over president price "
        "report reveals russia said says seas secretary security send ship should since some state statement strait "
        "strike such suspected take tanker tells than that their them there these they this threat three through told "
        "troop trump under united until update urge vessel video vows wants warns warship watch well were what when "
        "where which while will with world would year your alliance ally allies deal pact treaty ties talks defense "
        "defence bloc nato middle east crisis conflict killed"
    ).split()
)


class EventKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an article is mainly about, as far as it is compared. ``at`` is when the article was first seen.

    ``point`` are the coordinates of ``place``; ``ordinals`` count this event among others ("fourth strike");
    ``words`` are the words of the title that carry meaning, cut to stems.
    """

    at: datetime
    act: str
    mode: EventMode
    agents: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    asset: str | None = None
    name: str | None = None
    place: str | None = None
    country: str | None = None
    point: tuple[float, float] | None = None
    ordinals: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The act, or what stands for it and its kin."""
        return FAMILY_OF.get(self.act, self.act)

    @property
    def parties(self) -> frozenset[str]:
        """Both sides."""
        return frozenset((*self.agents, *self.objects))


def keys_of(tagged: TaggedArticle) -> tuple[EventKey, ...]:
    """The key of the event that an article is mainly about, none where no event was read."""
    event = main_event(tagged.tags)
    if event is None:
        return ()
    title = tagged.article.title
    place = event.place
    return (
        EventKey(
            at=tagged.article.first_seen_at,
            act=event.act,
            mode="opinion" if event.mode in _DONE and is_comment(title) else event.mode,
            agents=tuple(sorted(actor.id for actor in event.agents[:MAX_ACTORS])),
            objects=tuple(sorted(actor.id for actor in event.objects[:MAX_ACTORS])),
            asset=event.asset.casefold() if event.asset else None,
            name=event.asset_name.casefold() if event.asset_name else None,
            place=place.id if place else None,
            country=place.country if place else None,
            point=(place.lat, place.lon) if place and place.lat is not None and place.lon is not None else None,
            ordinals=tuple(sorted(_ordinals(f"{title}\n{event.quote}"))),
            words=tuple(sorted(_words(title, event))),
        ),
    )


def main_event(tags: Iterable[Tag]) -> Event | None:
    """The event that an article is mainly about: told rather than spoken of, in the title, of its strongest tag."""
    ranked = sorted(
        ((event, tag, order) for tag in tags for order, event in enumerate(tag.events)),
        key=lambda it: (
            it[0].mode in SPOKEN, it[0].field != "title", it[1].role != "primary", -round(it[1].score, 1), it[2],
            it[1].topic,
        ),
    )  # fmt: skip
    return ranked[0][0] if ranked else None


def places_to_look(key: EventKey) -> Iterator[tuple[str, int]]:
    """Where an event is entered: each pair of its parts, in the window of time it falls into."""
    window = int(key.at.timestamp() // WINDOW.total_seconds())
    for pair in combinations(sorted(_parts(key)), 2):
        yield "+".join(pair), window


def windows_around(window: int) -> tuple[int, int, int]:
    """The windows that hold every event within :data:`WINDOW` of one in ``window``."""
    return (window - 1, window, window + 1)


def contradict(one: EventKey, other: EventKey) -> bool:
    """Whether two articles that read like one story tell two events: another thing, time, or act by others."""
    if _other_thing(one, other) or _far(one, other):
        return True
    if _told_alike(one, other):
        return False
    if one.family == other.family:
        others = _differ(one.objects, other.objects) and not set(one.words) & set(other.words)
        return others or _threat_and_deed(one, other) or _another_time(one, other)
    told = not {one.mode, other.mode} & SPOKEN
    force = any(key.family in _THREATS and key.mode in _DONE for key in (one, other))
    return (told and force) or one.ordinals != other.ordinals or _differ(one.parties, other.parties)


def same(one: EventKey, other: EventKey) -> bool:
    """Whether two events from different stories are one: nothing contradicts, and enough agrees."""
    apart = abs(one.at - other.at)
    if apart > WINDOW or _other_thing(one, other):
        return False
    if _told_alike(one, other):
        return apart <= MOMENT
    if _other_act(one, other) or _another_time(one, other):
        return False
    if one.name and one.name == other.name:
        return True
    return _something_rare(one, other) and _agreement(one, other) >= (ENOUGH if apart > SOON else ENOUGH_SOON)


def related(one: EventKey, other: EventKey) -> bool:
    """Whether one may follow from the other, though it is another event: the same parties, or the same named thing."""
    if one.name and one.name == other.name:
        return True
    shared = {*one.agents, *one.objects} & {*other.agents, *other.objects}
    return abs(one.at - other.at) <= WINDOW and (
        len(shared) > 1 or bool(shared and one.place and one.place == other.place)
    )


def _other_thing(one: EventKey, other: EventKey) -> bool:
    """Whether the things differ: names, numbers, kinds of ship."""
    kinds = _SHIP_KIND.get(one.asset or ""), _SHIP_KIND.get(other.asset or "")
    return (
        bool(one.name and other.name and one.name != other.name)
        or _differ(one.ordinals, other.ordinals)
        or (None not in kinds and kinds[0] != kinds[1])
    )


def _other_act(one: EventKey, other: EventKey) -> bool:
    """Whether act, parties or place differ, or one is threatened and the other done."""
    return one.family != other.family or _threat_and_deed(one, other) or _other_parties(one, other) or _far(one, other)


def _threat_and_deed(one: EventKey, other: EventKey) -> bool:
    """Where force is used these are two events. A passage that is shut is threatened with being shut all the time."""
    threats = _THREATS.get(one.family, frozenset())
    return (one.mode in threats and other.mode in _DONE) or (other.mode in threats and one.mode in _DONE)


def _told_alike(one: EventKey, other: EventKey) -> bool:
    """Whether the titles say the same in words of their own: a reader that took one of them wrong is outvoted."""
    shared = len(set(one.words) & set(other.words))
    needed = TOLD_ALIKE - bool(one.parties and one.parties == other.parties)
    return shared >= needed and 3 * shared >= min(len(one.words), len(other.words))


def _another_time(one: EventKey, other: EventKey) -> bool:
    """Whether an act that is over once it has happened is told of too late, or judged before it happened.

    Who judges a practice ("strikes on boats are murder") would otherwise tie each strike to the next.
    """
    first, second = sorted((one, other), key=lambda key: key.at)
    if one.family not in _MOMENTS or not {one.mode, other.mode} <= _DONE | SPOKEN:
        return False
    if first.mode in SPOKEN:
        return second.mode in SPOKEN or second.at - first.at > BEFORE
    return second.at - first.at > MOMENT


def _something_rare(one: EventKey, other: EventKey) -> bool:
    """Whether more is shared than what half of the news has: a place, a rare party or thing, both sides, own words."""
    agents, objects = set(one.agents) & set(other.agents), set(one.objects) & set(other.objects)
    return bool(
        (one.place and one.place == other.place)
        or (agents | objects) - _COMMON_ACTORS
        or (agents and objects)
        or (one.asset and one.asset == other.asset and one.asset not in _COMMON_ASSETS)
        or set(one.ordinals) & set(other.ordinals)
        or set(one.words) & set(other.words)
    )


def _agreement(one: EventKey, other: EventKey) -> float:
    """How much the two have in common, a rare part counting for more."""
    score = 1.0 if one.act == other.act else 0.5
    score += sum(0.5 if actor in _COMMON_ACTORS else 1.0 for actor in set(one.agents) & set(other.agents))
    score += sum(0.5 if actor in _COMMON_ACTORS else 1.0 for actor in set(one.objects) & set(other.objects))
    if one.place and one.place == other.place:
        score += 1.0
    if one.asset and one.asset == other.asset:
        score += 0.5 if one.asset in _COMMON_ASSETS else 1.0
    if set(one.ordinals) & set(other.ordinals):
        score += 1.0
    return score + min(1.5, 0.5 * len(set(one.words) & set(other.words)))


def _other_parties(one: EventKey, other: EventKey) -> bool:
    """Whether the parties differ. Between allies who is agent and who object may be told either way round."""
    if one.family in _MUTUAL:
        return _differ(one.parties, other.parties)
    return _differ(one.agents, other.agents) or _differ(one.objects, other.objects)


def _differ(one: Iterable[str], other: Iterable[str]) -> bool:
    first, second = set(one), set(other)
    return bool(first and second) and first.isdisjoint(second)


def _far(one: EventKey, other: EventKey) -> bool:
    if not one.place or not other.place or one.place == other.place:
        return False
    if one.country and one.country == other.country:
        return False
    if one.point is None or other.point is None:
        return False
    return _distance_km(one.point, other.point) > _NEAR_KM


def _distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The haversine distance."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def _parts(key: EventKey) -> set[str]:
    parts = {f"act={key.family}", *(f"by={actor}" for actor in {*key.agents, *key.objects})}
    named = (("asset", key.asset), ("name", key.name), ("in", key.place))
    return parts | {f"{kind}={value}" for kind, value in named if value}


def _ordinals(text: str) -> set[str]:
    found = (match.group(1).casefold() for match in _ORDINAL.finditer(text))
    return {_ORDINALS.get(word) or word.rstrip("stndrh") for word in found}


def _words(title: str, event: Event) -> set[str]:
    """Words beyond those for the parties and the place, which are compared by themselves."""
    names = [actor.name for actor in (*event.agents, *event.objects)] + ([event.place.name] if event.place else [])
    parts = {word[:4] for name in names for word in _WORD.findall(name.casefold())}
    stems = {word[:_STEM] for word in _WORD.findall(title.casefold())}
    return {stem for stem in stems if stem not in _STOP and stem[:4] not in parts}
