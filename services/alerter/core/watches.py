"""Watches: which alerts somebody wants to be told of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from services.alerter.core.severity import plain_words
from services.contracts.messages import SEVERITIES, Alert, Severity

_EARTH_KM = 6371.0
_QUIET = frozenset({"source", "state"})  # changes that are no news to one who was told of the alert before


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Within ``km`` of a point."""

    lat: float
    lon: float
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """All conditions that are given must hold; of a list any one.

    An alert without the field that a condition asks for does not meet it: what is unknown goes to nobody by mistake.
    ``words`` are whole words or phrases in headline, lead and evidence.
    """

    id: str
    name: str
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    near: Near | None = None
    min_severity: Severity = "low"
    corroborated: bool = False
    words: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def matching(alert: Alert, watches: Iterable[Watch]) -> tuple[Watch, ...]:
    """The watches that an alert meets."""
    return tuple(watch for watch in watches if meets(alert, watch))


def meets(alert: Alert, watch: Watch) -> bool:
    """Whether an alert is what a watch asks for."""
    return (
        SEVERITIES.index(alert.severity) >= SEVERITIES.index(watch.min_severity)
        and not (watch.corroborated and alert.confidence != "corroborated")
        and _any(watch.topics, (topic.topic for topic in alert.topics))
        and _any(watch.actors, (actor.id for actor in alert.actors))
        and _any(watch.countries, (place.country for place in alert.places))
        and _any(watch.outlets, (source.outlet for source in alert.sources))
        and _any(watch.languages, (alert.language,))
        and (watch.near is None or _is_near(alert, watch.near))
        and (not watch.words or _says(alert, watch.words))
    )


def is_news(alert: Alert) -> bool:
    """Whether a revision is worth telling: the first is, and one that says more than who else carries it.

    What an analyst has muted or closed is told to nobody until it is reopened.
    """
    if alert.state in ("muted", "closed"):
        return False
    return alert.revision == 1 or not {change.kind for change in alert.changes} <= _QUIET


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The great-circle distance (haversine)."""
    phi, other_phi = radians(lat), radians(other_lat)
    half = sin((other_phi - phi) / 2) ** 2
    half += cos(phi) * cos(other_phi) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))


def _any(wanted: Sequence[str], there: Iterable[str | None]) -> bool:
    return not wanted or any(value in wanted for value in there)


def _is_near(alert: Alert, near: Near) -> bool:
    return any(
        place.lat is not None
        and place.lon is not None
        and distance_km(place.lat, place.lon, near.lat, near.lon) <= near.km
        for place in alert.places
    )


def _says(alert: Alert, words: Sequence[str]) -> bool:
    said = plain_words("\n".join((alert.headline, *alert.lead, *(piece.quote for piece in alert.evidence))))
    return any(plain_words(word) in said for word in words)
