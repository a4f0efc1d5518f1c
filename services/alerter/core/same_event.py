"""Whether two articles are about one event.

A frame of an event is compared part by part: what contradicts keeps two apart, what agrees must be enough. Chosen on a
month of alerts judged one by one (docs/measurements/alerts.md): actors and words alone do not separate the events of
one crisis; act, object and numbers have to.
"""

import math
from collections.abc import Iterable
from datetime import timedelta

from services.alerter.core.event_key import DONE, FAMILY_OF, SPOKEN, WINDOW, EventKey
from services.contracts.messages import EventMode

MOMENT = timedelta(hours=36)  # acts that are over once done are told of for so long; chains of reports carry further
SOON = timedelta(hours=24)
AT_ONCE = timedelta(hours=12)  # of two completed acts by one party that nothing tells apart
BEFORE = timedelta(hours=3)  # reports of a deed come in while others judge it already
ENOUGH = 2.5  # points of agreement
ENOUGH_SOON = 2.0
ENOUGH_AT_ONCE = 1.5

_MOMENTS = {FAMILY_OF[act] for act in ("attack", "seize")}
_FORCE = _MOMENTS | {FAMILY_OF["blockade"]}
_BONDS = {FAMILY_OF["sign"], FAMILY_OF["doubt"]}  # made, and undone
_MUTUAL = _BONDS | {"exercise", "posture"}
_AHEAD = frozenset[EventMode]({"threatened", "planned", "demanded"})

_COMMON_ACTORS = frozenset({"USA", "RUS", "CHN", "IRN", "ISR", "UKR", "nato", "eu", "europe"})
# Kinds of ship that are never one and the same; a kind that is not here goes with any.
_SHIPS = (
    {"warship", "submarine", "nuclear submarine", "aircraft carrier", "naval vessel"},
    {"oil tanker", "merchant ship"},
    {"drug boat"},
    {"aid boat"},
)
_SHIP_KIND = {asset: number for number, assets in enumerate(_SHIPS) for asset in assets}
_COMMON_ASSETS = frozenset({
    "ship", "warship", "oil tanker", "navy", "passage", "base", "troops",
    "alliance bloc", "allies", "alliance", "ties", "defence tie", "guarantee",
})  # fmt: skip
_NEAR_KM = 600.0
_EARTH_KM = 6371.0


def contradict(one: EventKey, other: EventKey) -> bool:
    """Whether two articles that read like one story tell two events: another thing, time, or act by others."""
    if one.roundup or other.roundup:
        return not same(one, other)
    if _other_thing(one, other) or _far(one, other) or _other_allies(one, other) or _reversed(one, other):
        return True
    if _refused(one, other):
        return True
    if one.family == other.family:
        others = _differ(one.objects, other.objects) and not set(one.words) & set(other.words)
        other_agents = _differ(one.agents, other.agents) and _differ(one.named, other.named)
        return others or other_agents or _threat_and_deed(one, other) or _another_time(one, other)
    told = not {one.mode, other.mode} & SPOKEN
    force = any(key.family in _FORCE and key.mode in DONE for key in (one, other))
    undone = {one.family, other.family} == _BONDS
    return (told and (force or undone)) or one.ordinals != other.ordinals or _differ(one.parties, other.parties)


def same(one: EventKey, other: EventKey) -> bool:
    """Whether two events from different stories are one: nothing contradicts, and enough agrees."""
    apart = abs(one.at - other.at)
    if apart > WINDOW or _other_thing(one, other):
        return False
    if _one_state(one, other):
        return True
    if _of_others(one, other) or _refused(one, other):
        return False
    if _other_act(one, other) or _another_time(one, other):
        return False
    if one.name and one.name == other.name:
        return True
    agreement = _agreement(one, other)
    if apart <= AT_ONCE and _one_deed(one, other):
        return agreement >= ENOUGH_AT_ONCE
    return agreement >= (ENOUGH if apart > SOON else ENOUGH_SOON) and _something_rare(one, other)


def related(one: EventKey, other: EventKey) -> bool:
    """Whether one may follow from the other, though it is another event.

    The same named thing, the same parties, a party at the same place, or the next of a series: another strike.
    """
    if one.name and one.name == other.name:
        return True
    if abs(one.at - other.at) > WINDOW:
        return False
    shared = one.parties & other.parties
    series = one.family == other.family and one.family in _MOMENTS and set(one.agents) & set(other.agents)
    alike = one.objects == other.objects and _SHIP_KIND.get(one.asset or "") == _SHIP_KIND.get(other.asset or "")
    return len(shared) > 1 or bool(series and alike) or bool(shared and one.place and one.place == other.place)


def _other_thing(one: EventKey, other: EventKey) -> bool:
    """Whether the things differ: names, numbers, kinds of ship."""
    kinds = _SHIP_KIND.get(one.asset or ""), _SHIP_KIND.get(other.asset or "")
    return (
        bool(one.name and other.name and one.name != other.name)
        or _differ(one.ordinals, other.ordinals)
        or _second_of_two(*sorted((one, other), key=lambda key: key.at))
        or (None not in kinds and kinds[0] != kinds[1])
    )


def _second_of_two(earlier: EventKey, later: EventKey) -> bool:
    """Whether the later one is of a second ship or blow, and the earlier one speaks of one alone."""
    return later.ordinals == ("2",) and not earlier.ordinals and later.at - earlier.at > BEFORE


def _other_act(one: EventKey, other: EventKey) -> bool:
    """Whether act, parties or place differ, or one is threatened and the other done."""
    return one.family != other.family or _threat_and_deed(one, other) or _other_parties(one, other) or _far(one, other)


def _one_state(one: EventKey, other: EventKey) -> bool:
    """Whether both tell how one passage stands. Who is named beside it (a buyer, a senator) makes it no other."""
    shut = one.family == other.family == FAMILY_OF["blockade"] and one.place and one.place == other.place
    return bool(shut) and not _threat_and_deed(one, other)


def _of_others(one: EventKey, other: EventKey) -> bool:
    """Whether one is about somebody whom the other does not even name, while naming somebody else."""
    if {one.family, other.family} <= _MUTUAL:
        first, second = set(one.named), set(other.named)
        return bool(first - second and second - first) and len(first & second) < 2
    if _reversed(one, other):
        return True
    return _elsewhere(one, other) or _elsewhere(other, one)


def _reversed(one: EventKey, other: EventKey) -> bool:
    """Whether who does it in one report suffers it in the other: a blow, and the blow in return."""
    if one.family not in _FORCE or one.family != other.family or not _differ(one.agents, other.agents):
        return False
    return not set(one.agents).isdisjoint(other.objects) or not set(other.agents).isdisjoint(one.objects)


def _elsewhere(one: EventKey, other: EventKey) -> bool:
    named = set(one.named)
    return bool(other.objects and named - set(other.named)) and named.isdisjoint(other.objects)


def _one_deed(one: EventKey, other: EventKey) -> bool:
    """Whether one party is said twice within hours to have done, or suffered, what is over once done."""
    if one.family not in _MOMENTS or not {one.mode, other.mode} <= DONE or one.objects != other.objects:
        return False
    if one.agents == other.agents:
        return bool(one.agents or _shared_names(one, other))
    return bool(one.objects) and not (one.agents and other.agents)


def _threat_and_deed(one: EventKey, other: EventKey) -> bool:
    """Where force is used these are two events. A passage that is shut is threatened with being shut all the time."""
    deed = {one.mode, other.mode} & DONE
    return one.family in _FORCE and bool(deed and {one.mode, other.mode} & _AHEAD)


def _refused(one: EventKey, other: EventKey) -> bool:
    """Whether what one does, the other will not do. A rumour or a deed of force that is denied is still that one."""
    modes = {one.mode, other.mode}
    if "denied" not in modes or len(modes - SPOKEN) < 2 or one.family != other.family or one.family in _FORCE:
        return False
    return one.family not in _BONDS or bool(modes & DONE)


def _another_time(one: EventKey, other: EventKey) -> bool:
    """Whether an act that is over once it has happened is told of too late, or judged before it happened.

    Who judges a practice ("strikes on boats are murder") would otherwise tie each strike to the next.
    """
    first, second = sorted((one, other), key=lambda key: key.at)
    if one.family not in _MOMENTS or not {one.mode, other.mode} <= DONE | SPOKEN:
        return False
    if first.mode in SPOKEN:
        return second.mode in SPOKEN or second.at - first.at > BEFORE
    return second.at - first.at > (WINDOW if _one_catch(one, other) else MOMENT)


def _one_catch(one: EventKey, other: EventKey) -> bool:
    """Whether both have the same state hold a vessel of one kind at one place: told of for days, and rarely another."""
    return (
        one.family == FAMILY_OF["seize"]
        and bool(one.agents)
        and (one.agents, one.asset) == (other.agents, other.asset)
        and _one_place(one, other)
    )


def _something_rare(one: EventKey, other: EventKey) -> bool:
    """Whether more is shared than what half of the news has: a place, a rare party or thing, both sides, own words."""
    agents, objects = _shared(one, other)
    return bool(
        _one_place(one, other)
        or _shared_names(one, other)
        or set(one.places) & set(other.places)
        or (agents and objects)
        or (one.asset and one.asset == other.asset and one.asset not in _COMMON_ASSETS)
        or set(one.ordinals) & set(other.ordinals)
        or set(one.words) & set(other.words)
    )


def _agreement(one: EventKey, other: EventKey) -> float:
    """How much the two have in common, a rare part counting for more."""
    score = 1.0 if one.act == other.act else 0.5
    score += sum(0.5 if actor in _COMMON_ACTORS else 1.0 for side in _shared(one, other) for actor in side)
    if _one_place(one, other):
        score += 1.0 if one.place and other.place else 0.5
    if one.asset and one.asset == other.asset:
        score += 0.5 if one.asset in _COMMON_ASSETS else 1.0
    if set(one.ordinals) & set(other.ordinals):
        score += 1.0
    if abs(one.at - other.at) <= SOON and _shared_names(one, other) - one.parties - other.parties:
        score += 0.5
    if set(one.numbers) & set(other.numbers):
        score += 0.5
    return score + min(1.5, 0.5 * len(set(one.words) & set(other.words)))


def _shared_names(one: EventKey, other: EventKey) -> set[str]:
    """Who is named by both and not by half of the news."""
    return set(one.named) & set(other.named) - _COMMON_ACTORS


def _one_place(one: EventKey, other: EventKey) -> bool:
    """Whether both are where the other is: their places are near, or the other names the place, too."""
    if one.place and other.place:
        return one.place == other.place or (None not in (one.point, other.point) and not _far(one, other))
    return one.place in other.places or other.place in one.places


def _shared(one: EventKey, other: EventKey) -> tuple[set[str], set[str]]:
    """The agents and the objects that both have. Allies may be told in any roles, or only be named."""
    if {one.family, other.family} <= _MUTUAL:
        both = sorted((one.parties & {*other.parties, *other.named}) | (other.parties & set(one.named)))
        return set(both[:1]), set(both[1:])
    return set(one.agents) & set(other.agents), set(one.objects) & set(other.objects)


def _other_parties(one: EventKey, other: EventKey) -> bool:
    """Whether the parties differ."""
    if {one.family, other.family} <= _MUTUAL:
        return _other_allies(one, other)
    return _differ(one.agents, other.agents) or _differ(one.objects, other.objects)


def _other_allies(one: EventKey, other: EventKey) -> bool:
    """Whether two acts among allies are of other allies. Who is agent and who object may be told either way round.

    Two that sign with a third each have signed two things.
    """
    if not {one.family, other.family} <= _MUTUAL:
        return False
    if one.parties <= set(other.named) and other.parties <= set(one.named):
        return False
    pairs = len(one.parties) > 1 and len(other.parties) > 1
    apart = not (one.parties <= other.parties or other.parties <= one.parties)
    return _differ(one.parties, other.parties) or (pairs and apart)


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
