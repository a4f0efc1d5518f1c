"""What an article is mainly about, as far as it is compared with other articles, and where to look for those."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations, islice

from msgspec import Struct

from services.alerter.core import titles
from services.alerter.core.titles import Titles
from services.contracts.messages import Actor, Event, EventMode, Tag, TaggedArticle

WINDOW = timedelta(hours=72)
MAX_ACTORS = 4  # of a side that are compared: of a summit's parties the first
MAX_NAMED = 12
_SHORT = 3

# Acts that name one event from two ends, or its parts one after the other. An act that is not here stands for itself.
_FAMILIES = (
    {"attack", "sink"},
    {"seize", "intercept", "board", "pursue", "detain_crew"},
    {"blockade", "close_passage", "control_traffic"},
    {"deploy", "arrive", "escort"},
    {"sign", "join", "guarantee", "deepen", "reaffirm", "restore", "meet"},
    {"break", "withdraw", "doubt", "refuse", "coerce", "burden"},
)
FAMILY_OF = {act: min(family) for family in _FAMILIES for act in family}
DONE: frozenset[EventMode] = frozenset({"done", "under_way"})
SPOKEN: frozenset[EventMode] = frozenset({"opinion", "background"})

# ISO 9 without marks, except for the letters that ships' names are commonly written with.
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ"
_IN_LATIN = "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i i ye g".split(" ")
_LATIN = str.maketrans(dict(zip(_CYRILLIC, _IN_LATIN, strict=True)))


class EventKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an article is mainly about, as far as it is compared. ``at`` is when the article was first seen.

    ``point`` are the coordinates of ``place``. ``named`` and ``places`` are all actors and places that its tags name,
    by id: so reports in two languages compare. ``ordinals`` count this event among others ("fourth strike"),
    ``numbers`` what it tells of; ``words`` are the words of the title that carry meaning, cut to stems. Both leave out
    clauses that tell what else goes on. ``beside`` says that the event itself is told in such a clause, ``roundup``
    that the article tells several things.
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
    named: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    ordinals: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    beside: bool = False
    roundup: bool = False

    @property
    def family(self) -> str:
        """The act, or what stands for it and its kin."""
        return FAMILY_OF.get(self.act, self.act)

    @property
    def parties(self) -> frozenset[str]:
        """Both sides."""
        return frozenset((*self.agents, *self.objects))


def keys_of(tagged: TaggedArticle, known: Titles) -> tuple[EventKey, ...]:
    """The key of the event that an article is mainly about, none where no event was read."""
    article = tagged.article
    title, language = article.title, article.language
    event = main_event(tagged.tags, title, language, known)
    if event is None:
        return ()
    place, aside = event.place, _aside_of(event, title, language, known)
    news = _without_asides(title, language, known)
    told = title if aside else news
    actors = {actor.id: actor.name for tag in tagged.tags for actor in tag.actors}
    actors |= {actor.id: actor.name for actor in (*event.agents, *event.objects)}
    places = {p.id: p.name for tag in tagged.tags for p in tag.places if not _only_beside(p.name, title, told)}
    places |= {place.id: place.name} if place else {}
    comments = event.mode in DONE and titles.is_comment(title, language, known, deed=deed_of(event))
    return (
        EventKey(
            at=article.first_seen_at,
            act=event.act,
            mode="opinion" if comments else event.mode,
            agents=_ids(event.agents),
            objects=_ids(event.objects),
            asset=event.asset.casefold() if event.asset else None,
            name=_in_latin(event.asset_name) if event.asset_name else None,
            place=place.id if place else None,
            country=place.country if place else None,
            point=(place.lat, place.lon) if place and place.lat is not None and place.lon is not None else None,
            named=tuple(sorted(actors)[:MAX_NAMED]),
            places=tuple(sorted(places)[:MAX_NAMED]),
            ordinals=titles.ordinals(f"{title}\n{event.quote}", language, known),
            numbers=titles.numbers(told, language, known),
            beside=aside is not None and not titles.tells_toll(news, language, known),
            roundup=titles.is_roundup(title, language, known),
            words=titles.own_words(told, language, known, names=[*actors.values(), *places.values()]),
        ),
    )


def deed_of(event: Event) -> list[str]:
    """The words in which an event's act is told."""
    return [event.quote[p.start - event.start : p.end - event.start] for p in event.parts if p.role == "act"]


def main_event(tags: Iterable[Tag], title: str, language: str | None, known: Titles) -> Event | None:
    """The event that an article is mainly about: told rather than spoken of, in the title and not in an aside there,
    of its strongest tag."""
    ranked = sorted(
        ((event, tag, order) for tag in tags for order, event in enumerate(tag.events)),
        key=lambda it: (
            it[0].mode in SPOKEN, it[0].field != "title", _aside_of(it[0], title, language, known) is not None,
            it[1].role != "primary", -round(it[1].score, 1), it[2], it[1].topic,
        ),
    )  # fmt: skip
    return ranked[0][0] if ranked else None


def _ids(actors: Iterable[Actor]) -> tuple[str, ...]:
    return tuple(sorted(actor.id for actor in islice(actors, MAX_ACTORS)))


def _aside_of(event: Event, title: str, language: str | None, known: Titles) -> tuple[int, int] | None:
    """The clause beside the news of a title in which it tells the event, None where the event is the news."""
    at = next((part.start for part in event.parts if part.role == "act"), event.start)
    spans = titles.asides(title, language, known) if event.field == "title" else []
    return next(((begin, end) for begin, end in spans if begin <= at < end), None)


def _only_beside(name: str, title: str, told: str) -> bool:
    """Whether a title names something, but only in its asides."""
    words = [word for word in name.split() if len(word) > _SHORT]
    return any(word in title for word in words) and not any(word in told for word in words)


def _without_asides(title: str, language: str | None, known: Titles) -> str:
    for begin, end in reversed(titles.asides(title, language, known)):
        title = f"{title[:begin]} {title[end:]}"
    return title


def places_to_look(key: EventKey) -> Iterator[tuple[str, int]]:
    """Where an event is entered: each pair of its parts, in the window of time it falls into.

    Of what an article only names beside them, each with the act.
    """
    window = int(key.at.timestamp() // WINDOW.total_seconds())
    act = f"act={key.family}"
    pairs = {"+".join(pair) for pair in combinations(sorted(_parts(key)), 2)}
    pairs.update(f"{act}+by={actor}" for actor in key.named)
    pairs.update(f"{act}+in={place}" for place in key.places)
    for pair in sorted(pairs):
        yield pair, window


def windows_around(window: int) -> tuple[int, int, int]:
    """The windows that hold every event within :data:`WINDOW` of one in ``window``."""
    return (window - 1, window, window + 1)


def _parts(key: EventKey) -> set[str]:
    parts = {f"act={key.family}", *(f"by={actor}" for actor in {*key.agents, *key.objects})}
    named = (("asset", key.asset), ("name", key.name), ("in", key.place))
    return parts | {f"{kind}={value}" for kind, value in named if value}


def _in_latin(name: str) -> str:
    """The name of a ship as it compares across scripts: "Маринера", "Marinera"."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LATIN))
    return "".join(character for character in plain if character.isalnum() or character == " ").strip()
