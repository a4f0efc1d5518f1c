"""Whether an alert is one that a watch asks for.

A field that the watch asks for and the alert does not have is a miss: a watch for the Black Sea does not match an alert
that names no place.
"""

from __future__ import annotations

from collections.abc import Callable
from math import asin, cos, radians, sin, sqrt

from services.contracts.alert_states import ANALYSTS_CHANGES
from services.contracts.messages import SEVERITIES, Alert, AlertEvent, Place
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


def _states(when: When, alert: Alert) -> bool:
    return alert.state in when.states


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


def _topics(when: When, alert: Alert) -> bool:
    return not when.topics or any(topic.topic in when.topics for topic in alert.topics)


def _all_topics(when: When, alert: Alert) -> bool:
    return when.all_topics <= {topic.topic for topic in alert.topics}


def _actors(when: When, alert: Alert) -> bool:
    return not when.actors or any(actor.id.casefold() in when.actors for actor in alert.actors)


def _all_actors(when: When, alert: Alert) -> bool:
    return when.all_actors <= {actor.id.casefold() for actor in alert.actors}


def _event(when: When, alert: Alert) -> bool:
    wanted = when.event
    return wanted is None or any(_is_wanted(wanted, event) for event in alert.events)


def _is_wanted(wanted: EventWanted, event: AlertEvent) -> bool:
    """Whether one event has all of it: who acts in one and what is done in another is not what was asked for."""
    agents = {actor.id.casefold() for actor in event.agents}
    objects = {actor.id.casefold() for actor in event.objects}
    return (
        (not wanted.agent or bool(agents & wanted.agent))
        and (not wanted.object or bool(objects & wanted.object))
        and (not wanted.act or event.act in wanted.act)
        and (not wanted.mode or event.mode in wanted.mode)
        # Of a mutual act both are agents; two on whom a third acts are no dyad.
        and (not wanted.dyad or any(pair <= agents | objects and pair & agents for pair in wanted.dyad))
    )


def _places(when: When, alert: Alert) -> bool:
    wanted = when.places
    return wanted is None or any(_at(wanted, place) for place in alert.places)


def _at(wanted: Places, place: Place) -> bool:
    if place.id.casefold() in wanted.ids or (place.country or "").upper() in wanted.countries:
        return True
    return any(_near(circle, place) for circle in wanted.near)


def _near(circle: Circle, place: Place) -> bool:
    if place.lat is None or place.lon is None:
        return False
    return distance_km(circle.lat, circle.lon, place.lat, place.lon) <= circle.km


def _severity(when: When, alert: Alert) -> bool:
    return SEVERITIES.index(alert.severity) >= SEVERITIES.index(when.min_severity)


def _confidence(when: When, alert: Alert) -> bool:
    return when.confidence is None or alert.confidence == when.confidence


def _words(when: When, alert: Alert) -> bool:
    return when.words is None or _said(when.words, alert)


def _said(words: Words, alert: Alert) -> bool:
    texts = (alert.headline, *alert.lead, *(evidence.quote for evidence in alert.evidence))
    text = _BORDER.join(map(spaced_words, texts))
    if not text.strip():
        return False  # there are no words, so nobody knows that the unwanted ones are not meant
    if words.any and not any(has_phrase(text, phrase) for phrase in words.any):
        return False
    return all(has_phrase(text, phrase) for phrase in words.all) and not any(has_phrase(text, p) for p in words.none)


def _outlets(when: When, alert: Alert) -> bool:
    names = {name.casefold() for source in alert.sources for name in (source.outlet, source.family)}
    return not when.outlets or bool(names & when.outlets)


def _languages(when: When, alert: Alert) -> bool:
    return not when.languages or (alert.language or "").casefold().partition("-")[0] in when.languages


_Criterion = Callable[[When, Alert], bool]
_CRITERIA: tuple[tuple[str, _Criterion], ...] = (
    ("states", _states),
    ("min_severity", _severity),
    ("topics", _topics),
    ("all_topics", _all_topics),
    ("actors", _actors),
    ("all_actors", _all_actors),
    ("event", _event),
    ("confidence", _confidence),
    ("changes", _changes),
    ("languages", _languages),
    ("outlets", _outlets),
    ("places", _places),
    ("words", _words),
)
