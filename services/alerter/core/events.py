"""The events an alert tells, the one it is about first."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from services.alerter.core.event_key import SPOKEN, main_event
from services.alerter.core.facts import ArticleFacts, in_order
from services.alerter.core.severity import Rules
from services.contracts.messages import AlertEvent, Event

MAX_EVENTS = 12

_Frame = tuple[object, ...]


def of_alert(articles: Sequence[ArticleFacts], rules: Rules) -> tuple[AlertEvent, ...]:
    """Every event once, in the words of the first article that tells it.

    What an article is mainly about goes before what it also tells; of those the gravest, then the most told.
    """
    told: dict[_Frame, AlertEvent] = {}
    counts: Counter[_Frame] = Counter()
    main: set[_Frame] = set()
    for item in sorted(articles, key=in_order):
        leading = main_event(item.tags, item.title, item.language, rules.titles)
        once = {_frame(event): (event, tag.topic) for tag in reversed(item.tags) for event in reversed(tag.events)}
        counts.update(once.keys())
        for frame, (event, topic) in once.items():
            told.setdefault(frame, _alert_event(event, topic, item.article_id))
        if leading is not None:
            main.add(_frame(leading))

    def precedence(frame: _Frame) -> tuple[bool, bool, float, int, str]:
        event = told[frame]
        gravity = rules.acts.get(event.act, rules.other_act).points + rules.modes[event.mode].points
        return (frame not in main, event.mode in SPOKEN, -gravity, -counts[frame], repr(frame))

    return tuple(told[frame] for frame in sorted(told, key=precedence)[:MAX_EVENTS])


def assets(told: Sequence[Event]) -> tuple[str, ...]:
    """What the leading event's act is about, as it and the others of that act tell it."""
    return tuple(dict.fromkeys(event.asset for event in told if event.asset and event.act == told[0].act))


def _frame(event: Event) -> _Frame:
    """What makes an event, without the words it is told in."""
    return (
        event.act,
        event.mode,
        tuple(sorted(actor.id for actor in event.agents)),
        tuple(sorted(actor.id for actor in event.objects)),
        event.asset_name or event.asset,
        event.place.id if event.place else None,
    )


def _alert_event(event: Event, topic: str, article_id: str) -> AlertEvent:
    fields = {name: getattr(event, name) for name in Event.__struct_fields__}
    return msgspec.convert({**fields, "article_id": article_id, "topic": topic}, AlertEvent, from_attributes=True)
