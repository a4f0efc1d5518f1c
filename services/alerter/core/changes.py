"""What a revision says that the one before did not. Nothing here means nothing to tell."""

from collections.abc import Iterable

from services.alerter.core.event_key import SPOKEN
from services.alerter.core.rechecks import changes_of_pages
from services.contracts.alert_states import FACTS
from services.contracts.events import mode_in_words, summary_of
from services.contracts.messages import Alert, AlertTopic, Change, EventMode

_MAX_NAMED = 20
# How far an act has come. A denial is news at any stage.
_STAGES: tuple[EventMode, ...] = ("demanded", "planned", "threatened", "under_way", "done")


def facts(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of an article's version that are facts."""
    return tuple(change for change in changes if change.kind in FACTS)


def changes(before: Alert, after: Alert) -> tuple[Change, ...]:
    """What ``after`` has that ``before`` had not, most telling first."""
    found = [*_severity(before, after), *_events(before, after), *_topics(before, after), *_sources(before, after)]
    found += changes_of_pages(before, after)
    actors = {actor.id for actor in before.actors}
    places = {place.id for place in before.places}
    found += [Change(kind="actor", after=actor.name) for actor in after.actors if actor.id not in actors]
    found += [Change(kind="place", after=place.name) for place in after.places if place.id not in places]
    return tuple(found)


def _severity(before: Alert, after: Alert) -> list[Change]:
    if before.severity == after.severity:
        return []
    return [Change(kind="severity", before=before.severity, after=after.severity)]


def _events(before: Alert, after: Alert) -> list[Change]:
    """An act that was not told before, one that has come further, one that is now denied. Opinion is no news."""
    reached: dict[str, EventMode] = {}
    for event in before.events:
        if event.mode in _STAGES and _STAGES.index(event.mode) >= _stage(reached.get(event.act)):
            reached[event.act] = event.mode
    old = {(event.act, event.mode) for event in before.events}
    found: dict[str, Change] = {}
    for event in after.events:
        if event.mode in SPOKEN or (event.act, event.mode) in old or event.act in found:
            continue
        stage = reached.get(event.act)
        if event.mode == "denied" or _stage(event.mode) > _stage(stage):
            before_it = mode_in_words(stage) if stage else None
            found[event.act] = Change(kind="event", before=before_it, after=summary_of(event))
    return list(found.values())


def _stage(mode: EventMode | None) -> int:
    return _STAGES.index(mode) if mode in _STAGES else -1


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
