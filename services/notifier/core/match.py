"""Whether an alert is one that a watch asks for.

A field that the watch asks for and the alert does not have is a miss: a watch for the Black Sea does not match an alert
that names no place.
"""

from collections.abc import Callable, Iterable
from math import asin, cos, radians, sin, sqrt
from typing import Final

from services.contracts.alert_states import ANALYSTS_CHANGES
from services.contracts.messages import SEVERITIES, Actor, Alert, AlertEvent, Place
from services.contracts.rechecks import RECHECK_CHANGES
from services.notifier.core.watches import Circle, EventWanted, Places, Watch, When, Words
from services.text.normalise import has_phrase, spaced_words

EARTH_KM = 6371.0088  # mean radius, IUGG
_BORDER = "\n"  # between two texts: no phrase spans it


def missed(watch: Watch, alert: Alert) -> str | None:
    """The first thing that ``alert`` lacks for ``watch``, as the key in the file; None where it matches."""
    return next((name for name, holds in _CRITERIA if not holds(watch.when, alert)), None)


def matches(watch: Watch, alert: Alert) -> bool:
    """Whether ``alert`` has everything that ``watch`` asks for."""
    return missed(watch, alert) is None


def distance_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Along the great circle (haversine), in kilometres; arguments in degrees."""
    half = sin(radians(to_lat - lat) / 2) ** 2
    half += cos(radians(lat)) * cos(radians(to_lat)) * sin(radians(to_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def _changes(when: When, alert: Alert) -> bool:
    """A revision that only an analyst's own act made is no news, unless it is asked for.

    That a source has changed or is gone is told whoever has heard of the alert.
    """
    kinds = {change.kind for change in alert.changes}
    if not kinds.isdisjoint(RECHECK_CHANGES.values()):
        return True
    if kinds and kinds <= ANALYSTS_CHANGES and not kinds & when.changes:
        return False
    return not when.changes or alert.revision == 1 or bool(kinds & when.changes)


def _ids(actors: Iterable[Actor]) -> set[str]:
    return {actor.id.casefold() for actor in actors}


def _language(alert: Alert) -> str:
    return (alert.language or "").casefold().partition("-")[0]


def _outlets(alert: Alert) -> set[str]:
    return {name.casefold() for source in alert.sources for name in (source.outlet, source.family)}


def _is_wanted(wanted: EventWanted, event: AlertEvent) -> bool:
    """Whether one event has all of it: who acts in one and what is done in another is not what was asked for."""
    agents, objects = _ids(event.agents), _ids(event.objects)
    return (
        (not wanted.agent or bool(agents & wanted.agent))
        and (not wanted.object or bool(objects & wanted.object))
        and (not wanted.act or event.act in wanted.act)
        and (not wanted.mode or event.mode in wanted.mode)
        # Of a mutual act both are agents; two on whom a third acts are no dyad.
        and (not wanted.dyad or any(pair <= agents | objects and pair & agents for pair in wanted.dyad))
    )


def _at(wanted: Places, place: Place) -> bool:
    if place.id.casefold() in wanted.ids or (place.country or "").upper() in wanted.countries:
        return True
    return any(_near(circle, place) for circle in wanted.near)


def _near(circle: Circle, place: Place) -> bool:
    if place.lat is None or place.lon is None:
        return False
    return distance_km(circle.lat, circle.lon, place.lat, place.lon) <= circle.km


def _said(words: Words, alert: Alert) -> bool:
    texts = (alert.headline, *alert.lead, *(evidence.quote for evidence in alert.evidence))
    text = _BORDER.join(map(spaced_words, texts))
    if not text.strip():
        return False  # there are no words, so nobody knows that the unwanted ones are not meant
    if words.any and not any(has_phrase(text, phrase) for phrase in words.any):
        return False
    return all(has_phrase(text, phrase) for phrase in words.all) and not any(has_phrase(text, p) for p in words.none)


_CRITERIA: Final[tuple[tuple[str, Callable[[When, Alert], bool]], ...]] = (
    ("states", lambda when, alert: alert.state in when.states),
    ("min_severity", lambda when, alert: SEVERITIES.index(alert.severity) >= SEVERITIES.index(when.min_severity)),
    ("topics", lambda when, alert: not when.topics or bool(when.topics & {each.topic for each in alert.topics})),
    ("all_topics", lambda when, alert: when.all_topics <= {each.topic for each in alert.topics}),
    ("actors", lambda when, alert: not when.actors or bool(when.actors & _ids(alert.actors))),
    ("all_actors", lambda when, alert: when.all_actors <= _ids(alert.actors)),
    ("event", lambda when, alert: when.event is None or any(_is_wanted(when.event, each) for each in alert.events)),
    ("confidence", lambda when, alert: when.confidence in (None, alert.confidence)),
    ("changes", _changes),
    ("languages", lambda when, alert: not when.languages or _language(alert) in when.languages),
    ("outlets", lambda when, alert: not when.outlets or bool(when.outlets & _outlets(alert))),
    ("places", lambda when, alert: when.places is None or any(_at(when.places, each) for each in alert.places)),
    ("words", lambda when, alert: when.words is None or _said(when.words, alert)),
)
"""Each key of a watch, and whether an alert has what it asks for."""
