"""States, blocs, organisations and forces by the names that news gives them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.contracts.messages import Actor, ActorKind
from services.tagger.core.documents import Document, Path, at
from services.tagger.core.names import ACTOR_KINDS
from services.tagger.core.phrases import Wording
from services.tagger.core.places import PlaceList
from services.tagger.errors import PackError

_STATE_KEYS = {"name", "also", "demonyms", "capital", "leaders", "ships", "navy"}
_OTHER_KEYS = {"name", "also", "kind", "state", "leaders"}
_NAVY_WORDS = ("navy", "navies", "naval forces", "coast guard", "coastguard", "naval force", "marines")
_SOURCES: dict[str, ActorKind] = {
    "state": "state",
    "bloc": "organisation",
    "organisation": "organisation",
    "force": "force",
}


@dataclass(frozen=True, slots=True)
class Known:
    """An actor, its kind as rules count it (``bloc`` is an organisation there), and for a force its state."""

    actor: Actor
    kind: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Name:
    """A phrase that means an actor. ``metonym``: a capital, which is a place after "in", "at" and the like.

    ``ship``: the prefix of a ship's name, which ends with the capitalised words that follow.
    """

    phrase: str
    actor: str
    metonym: bool = False
    ship: bool = False
    leader: bool = False


@dataclass(frozen=True, slots=True)
class ActorList:
    """All actors by id, and all their names."""

    by_id: dict[str, Known]
    names: tuple[Name, ...]


def read_actors(document: Document) -> ActorList:
    """The list in a file: ``{states: {ISO: {...}}, others: {slug: {...}}}``. Raises :class:`PackError`."""
    value = document.value
    if not isinstance(value, dict) or set(value) != {"states", "others"}:
        raise PackError((f"{document.name}: it holds `states` and `others`, nothing else.",))
    by_id: dict[str, Known] = {}
    names: list[Name] = []
    for code, entry in value["states"].items():
        _check(document, ("states", code), entry, _STATE_KEYS)
        by_id[code] = Known(Actor(id=code, name=entry["name"], kind="state"), "state", code)
        names += _state_names(code, entry)
        force = Actor(id=f"{code.lower()}-navy", name=f"{_first_demonym(entry)} naval forces", kind="force")
        by_id[force.id] = Known(force, "force", code)
        names += _navy_names(force.id, entry)
    for slug, entry in value["others"].items():
        _check(document, ("others", slug), entry, _OTHER_KEYS)
        kind = entry.get("kind")
        if kind not in ACTOR_KINDS:
            raise PackError((f"{at(document, ('others', slug))}: kind is one of {', '.join(ACTOR_KINDS)}.",))
        state = entry.get("state")
        if state is not None and state not in value["states"]:
            raise PackError((f"{at(document, ('others', slug, 'state'))}: {state} is not among the states.",))
        by_id[slug] = Known(Actor(id=slug, name=entry["name"], kind=_SOURCES[kind]), kind, state)
        names += [Name(text, slug) for text in (entry["name"], *entry.get("also", ()))]
        names += [Name(text, slug, leader=True) for text in entry.get("leaders", ())]
    return ActorList(by_id, tuple(names))


def read_names(
    document: Document, known: ActorList, places: PlaceList, wording: Wording, *, latin: bool
) -> tuple[ActorList, PlaceList]:
    """The same actors and places by their names in another language: ``{actors: {id: {...}}, places: {id: [...]}}``.

    ``latin``: leaders are written as in English there. Prefixes of ships are the same everywhere.
    """
    names = [name for name in known.names if name.ship or (latin and name.leader)]
    problems = list(_unreadable(document, wording))
    for id_, entry in document.value.get("actors", {}).items():
        if id_ not in known.by_id:
            problems.append(f"{at(document, ('actors', id_))}: {id_} is no actor of actors.yaml.")
        for key, texts in entry.items():
            actor = f"{id_.lower()}-navy" if key == "navy" else id_
            names += [Name(text, actor, metonym=key == "capital") for text in texts]
    unknown = [id_ for id_ in document.value.get("places", {}) if id_ not in places.by_id]
    problems += [f"{at(document, ('places', id_))}: {id_} is no place of places.yaml." for id_ in unknown]
    if problems:
        raise PackError(tuple(problems))
    found = [(text, id_) for id_, texts in document.value.get("places", {}).items() for text in texts]
    return ActorList(known.by_id, tuple(names)), PlaceList(places.by_id, tuple(found))


def _unreadable(document: Document, wording: Wording) -> Iterator[str]:
    lists: list[tuple[Path, list[str]]] = [
        (("actors", id_, key), texts)
        for id_, entry in document.value.get("actors", {}).items()
        for key, texts in entry.items()
    ]
    lists += [(("places", id_), texts) for id_, texts in document.value.get("places", {}).items()]
    for path, texts in lists:
        for index, text in enumerate(texts):
            try:
                wording.check(text)
            except ValueError as error:
                yield f"{at(document, (*path, index))}: {text!r}: {error}."


def _check(document: Document, path: tuple[str, ...], entry: Any, allowed: set[str]) -> None:
    if not isinstance(entry, dict) or "name" not in entry:
        raise PackError((f"{at(document, path)}: an actor needs at least a `name`.",))
    for key in entry:
        if key not in allowed:
            raise PackError((f"{at(document, (*path, key))}: unknown key {key!r}: allowed are {sorted(allowed)}.",))


def _state_names(code: str, entry: dict[str, Any]) -> Iterator[Name]:
    for text in (entry["name"], *entry.get("also", ()), *entry.get("demonyms", ())):
        yield Name(text, code)
    for text in entry.get("leaders", ()):
        yield Name(text, code, leader=True)
    if entry.get("capital"):
        yield Name(entry["capital"], code, metonym=True)
    for prefix in entry.get("ships", ()):
        yield Name(f"={prefix}", code, ship=True)


def _navy_names(force: str, entry: dict[str, Any]) -> Iterator[Name]:
    owners = [entry["name"] + "'s", *entry.get("demonyms", ())]
    for owner in owners:
        yield from (Name(f"{owner} {word}", force) for word in _NAVY_WORDS)
    for text in entry.get("navy", ()):
        yield Name(text, force)


def _first_demonym(entry: dict[str, Any]) -> str:
    demonyms = entry.get("demonyms") or [entry["name"]]
    return str(demonyms[0]).lstrip("=")
