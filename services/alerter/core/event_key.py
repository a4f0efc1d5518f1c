"""What an article is mainly about, as far as it is compared with other articles, and where to look for those."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations

from msgspec import Struct

from services.alerter.core.titles import is_comment
from services.contracts.messages import Event, EventMode, Tag, TaggedArticle

WINDOW = timedelta(hours=72)
MAX_ACTORS = 4  # of a side that are compared: of a summit's parties the first

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
DONE: frozenset[EventMode] = frozenset({"done", "under_way"})
SPOKEN: frozenset[EventMode] = frozenset({"opinion", "background"})

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
            mode="opinion" if event.mode in DONE and is_comment(title) else event.mode,
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
