"""An event in one line for a reader: the only place that says how, for page, terminal, messages and feeds."""

from collections.abc import Sequence

from services.contracts.messages import Actor, Event, EventMode

_SHOWN = 3  # names of parties; of more the rest is counted
_MODES: dict[EventMode, str] = {"under_way": "under way"}


def summary_of(event: Event) -> str:
    """For instance "United States → seizes → oil tanker Marinera (Russia) · North Atlantic · done".

    A part that the text does not give is left out; an act without a doer begins with its verb.
    """
    act = " → ".join(part for part in (_names(event.agents), event.verb, _object(event)) if part)
    place = event.place.name if event.place else ""
    return " · ".join(part for part in (act, place, mode_in_words(event.mode)) if part)


def mode_in_words(mode: EventMode) -> str:
    """The mode as a reader says it."""
    return _MODES.get(mode, mode)


def _object(event: Event) -> str:
    whose = _names(event.objects)
    what = " ".join(part for part in (event.asset, event.asset_name) if part)
    if what and whose:
        return f"{what} → {whose}" if event.own_asset else f"{what} ({whose})"
    return what or whose


def _names(actors: Sequence[Actor]) -> str:
    names = [actor.name for actor in actors]
    shown, more = names[:_SHOWN], len(names) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
