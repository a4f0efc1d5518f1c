"""How severe an alert is: points for what is done, how far it has come, to whom and with what, and who says so.

The points are data (``seeds/severity.yaml``); reading them is ``services.alerter.severity_file``'s work. Whatever gives
or takes points says so in a sentence, and the sentences go on the alert.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from msgspec import Struct

from services.alerter.core.event_key import deed_of
from services.alerter.core.titles import Titles, TitleWords, is_comment
from services.contracts.messages import SEVERITIES, Event, EventMode, Role, Severity
from services.contracts.publishers import Publisher

_NO_WORD = re.compile(r"\W+")


class Points(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points, and the sentence that says why; ``limit`` is the most severe level that is left then."""

    points: float
    because: str
    limit: Severity | None = None


class Velocity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``sources`` independent sources first seen within ``minutes`` of each other."""

    sources: int
    minutes: float


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions, all of which must hold where they are given.

    ``acts``, ``modes``, ``place_kinds`` and ``actors`` name one of the event's, ``assets`` one of what the act is about
    in any source, ``unless_assets`` none of these; ``topics`` must all be the alert's. ``no_object`` asks for an event
    that is done to nobody in particular, ``state_against_state`` for different states on the two sides, ``comment`` for
    a headline that asks, explains or comments. ``phrases`` are looked for, as whole words whatever their case, in the
    event's words and the headline.
    """

    acts: tuple[str, ...] = ()
    modes: tuple[EventMode, ...] = ()
    assets: tuple[str, ...] = ()
    unless_assets: tuple[str, ...] = ()
    no_object: bool = False
    place_kinds: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    state_against_state: bool = False
    comment: bool = False
    min_sources: int = 1
    velocity: Velocity | None = None


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points, and perhaps a limit, under a condition.

    In ``because``, {phrase}, {asset}, {place} and {sources} are filled in.
    """

    id: str
    points: float
    because: str
    when: When
    limit: Severity | None = None


class Levels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The points from which on an alert is of a level. An article with fewer than ``low`` opens none."""

    low: float = -math.inf
    medium: float
    high: float
    critical: float


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole rule file. ``roles`` are the points where no event was read, ``other_act`` those of an unlisted act.

    A single source reaches ``single_source_limit`` at most. ``titles`` are the words of titles by language. Where one
    state controls all sources, they count as one and ``one_state_because`` says so ({state} is filled in).

    ``publishers`` by family and ``state_names`` by code are of other files (``publishers.yaml``, ``actors.yaml``).
    """

    version: str
    levels: Levels
    single_source_limit: Severity
    roles: Mapping[Role, Points]
    other_act: Points
    acts: Mapping[str, Points]
    modes: Mapping[EventMode, Points]
    rules: tuple[Rule, ...]
    titles: Mapping[str, TitleWords] = {}
    one_state_because: str | None = None
    publishers: Mapping[str, Publisher] = {}
    state_names: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What is judged. ``event`` is what the alert is about; ``seen_at`` when each independent source was first seen.

    ``assets`` are what the act is about, in the order in which the sources tell it. ``controlling_state`` is the state
    that controls all of the sources.
    """

    event: Event | None
    assets: tuple[str, ...]
    role: Role
    topics: frozenset[str]
    headline: str
    language: str | None
    seen_at: tuple[datetime, ...]
    controlling_state: str | None = None


def judge(grounds: Grounds, rules: Rules) -> tuple[Severity, tuple[str, ...]]:
    """The severity and the reasons for it, in sentences."""
    one_state = ""
    if rules.one_state_because and grounds.controlling_state and len(grounds.seen_at) > 1:
        state = rules.state_names.get(grounds.controlling_state, grounds.controlling_state)
        one_state = rules.one_state_because.replace("{state}", state)
        grounds = replace(grounds, seen_at=(min(grounds.seen_at),))
    given = [found for found in _points(grounds, rules) if found.points or found.limit]
    total = sum(found.points for found in given)
    level = _level(total, rules.levels)
    reasons = [found.because for found in given if found.because] + ([one_state] if one_state else [])
    limits = [(_rank(found.limit), "") for found in given if found.limit]
    if len(grounds.seen_at) <= 1:
        limits.append((_rank(rules.single_source_limit), "no second source corroborates it yet"))
    limit, why = min(limits, default=(len(SEVERITIES), ""))
    if level > limit:
        if why:
            reasons.append(f"Held at {SEVERITIES[limit]}, not {SEVERITIES[level]}: {why}.")
        level = limit
    return SEVERITIES[level], tuple(dict.fromkeys(reasons))


def opens(grounds: Grounds, rules: Rules) -> bool:
    """Whether one article is grave enough to open an alert."""
    return sum(found.points for found in _points(grounds, rules)) >= rules.levels.low


def fastest(seen_at: Sequence[datetime], *, minutes: float) -> int:
    """The most independent sources within any ``minutes``. By first sight, so the same in any order of arrival."""
    ordered = sorted(seen_at)
    window = timedelta(minutes=minutes)
    best = begin = 0
    for end, time in enumerate(ordered):
        while time - ordered[begin] > window:
            begin += 1
        best = max(best, end - begin + 1)
    return best


def plain_words(text: str) -> str:
    """``text`` as words with one space around each, in one case: what phrases are looked for in, and phrases too."""
    return f" {' '.join(_NO_WORD.split(text.casefold()))} ".replace("  ", " ")


def _points(grounds: Grounds, rules: Rules) -> Iterator[Points]:
    event = grounds.event
    if event is None:
        yield rules.roles[grounds.role]
    else:
        yield rules.acts.get(event.act, rules.other_act)
        yield rules.modes[event.mode]
    words = plain_words(f"{grounds.headline}\n{event.quote}\n{event.asset or ''}" if event else grounds.headline)
    for rule in rules.rules:
        phrase = _match(rule.when, grounds, words, rules.titles)
        if phrase is not None:
            because = rule.because.replace("{phrase}", phrase).replace("{sources}", str(len(grounds.seen_at)))
            asset = next((asset for asset in grounds.assets if asset in rule.when.assets), "")
            place = event.place.name if event and event.place else ""
            because = because.replace("{asset}", asset).replace("{place}", place)
            yield Points(points=rule.points, because=because, limit=rule.limit)


def _match(when: When, grounds: Grounds, words: str, titles: Titles) -> str | None:
    """The phrase that matched ("" where the rule asks for none), or None where the rule does not hold."""
    event = grounds.event
    if not _sources_hold(when, grounds) or not grounds.topics.issuperset(when.topics):
        return None
    if not _event_holds(when, event) or not _assets_hold(when, grounds.assets):
        return None
    deed = deed_of(event) if event else ()
    if when.comment and not is_comment(grounds.headline, grounds.language, titles, deed=deed):
        return None
    return next((phrase for phrase in when.phrases if _phrase(phrase) in words), None) if when.phrases else ""


def _sources_hold(when: When, grounds: Grounds) -> bool:
    if when.velocity and fastest(grounds.seen_at, minutes=when.velocity.minutes) < when.velocity.sources:
        return False
    return len(grounds.seen_at) >= when.min_sources


def _assets_hold(when: When, assets: Collection[str]) -> bool:
    return not (when.assets and set(assets).isdisjoint(when.assets)) and set(assets).isdisjoint(when.unless_assets)


def _event_holds(when: When, event: Event | None) -> bool:
    if event is None:
        asked = when.acts, when.modes, when.place_kinds, when.actors, when.no_object, when.state_against_state
        return not any(asked)
    actors = {actor.id for actor in (*event.agents, *event.objects)}
    return not (
        (when.acts and event.act not in when.acts)
        or (when.modes and event.mode not in when.modes)
        or (when.no_object and event.objects)
        or (when.place_kinds and (event.place is None or event.place.kind not in when.place_kinds))
        or (when.actors and actors.isdisjoint(when.actors))
        or (when.state_against_state and not _between_states(event))
    )


def _between_states(event: Event) -> bool:
    agents = {actor.id for actor in event.agents if actor.kind != "organisation"}
    objects = {actor.id for actor in event.objects if actor.kind != "organisation"}
    return bool(agents and objects and agents.isdisjoint(objects))


@cache
def _phrase(phrase: str) -> str:
    """The same for a phrase, kept: the rule file bounds how many there are."""
    return plain_words(phrase)


def _level(points: float, levels: Levels) -> int:
    return sum(points >= begins for begins in (levels.medium, levels.high, levels.critical))


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
