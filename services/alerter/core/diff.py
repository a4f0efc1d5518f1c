"""What a revision says that the one before did not. Nothing here means nothing to tell."""

from __future__ import annotations

from collections.abc import Iterable

from services.contracts.messages import Alert, AlertState, AlertTopic, Change

FACTS = frozenset({"title", "numbers", "actors", "retraction"})
"""The kinds of change between two versions of an article that an analyst must hear of. A reworded text is not one."""

_REOPENING = frozenset({"topic", "role", "severity", "actor", "place"}) | FACTS
_MAX_NAMED = 20


def facts(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of an article's version that are facts."""
    return tuple(change for change in changes if change.kind in FACTS)


def changes(before: Alert, after: Alert) -> tuple[Change, ...]:
    """What ``after`` has that ``before`` had not, most telling first."""
    found = [*_severity(before, after), *_topics(before, after), *_sources(before, after)]
    actors = {actor.id for actor in before.actors}
    places = {place.id for place in before.places}
    found += [Change(kind="actor", after=actor.name) for actor in after.actors if actor.id not in actors]
    found += [Change(kind="place", after=place.name) for place in after.places if place.id not in places]
    return tuple(found)


def state_after(state: AlertState, changes: Iterable[Change]) -> AlertState:
    """The state once ``changes`` are known.

    A closed alert is reopened by a real change; that more outlets carry it is none. One that was acknowledged asks
    for attention again only when it has become more severe or a fact has changed. Muted stays muted.
    """
    kinds = {change.kind for change in changes}
    if state == "closed" and kinds & _REOPENING:
        return "new"
    if state == "acknowledged" and kinds & ({"severity"} | FACTS):
        return "new"
    return state


def _severity(before: Alert, after: Alert) -> list[Change]:
    if before.severity == after.severity:
        return []
    return [Change(kind="severity", before=before.severity, after=after.severity)]


def _topics(before: Alert, after: Alert) -> list[Change]:
    old = {topic.topic: topic for topic in before.topics}
    new = {topic.topic: topic for topic in after.topics}
    found = [Change(kind="topic", after=name) for name in new if name not in old]
    found += [Change(kind="topic", before=name) for name in old if name not in new]
    found += [
        Change(kind="role", before=_role(old[name]), after=_role(topic))
        for name, topic in new.items()
        if name in old and old[name].role != topic.role
    ]
    return found


def _role(topic: AlertTopic) -> str:
    return f"{topic.topic}: {topic.role}"


def _sources(before: Alert, after: Alert) -> list[Change]:
    """New independent sources by outlet; a count that moved otherwise (a source was folded later) as numbers."""
    if before.independent_sources == after.independent_sources:
        return []
    if after.independent_sources > before.independent_sources:
        old = {source.article_id for source in before.sources if source.independent}
        named = [s.outlet for s in after.sources if s.independent and s.article_id not in old]
        if named:
            return [Change(kind="source", after=outlet) for outlet in named[:_MAX_NAMED]]
    return [
        Change(
            kind="source",
            before=f"{before.independent_sources} independent",
            after=f"{after.independent_sources} independent",
        )
    ]
