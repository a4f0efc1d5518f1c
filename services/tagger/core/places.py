"""Naval bases, straits, seas, ports and capitals: where it happens, with coordinates and country."""

from dataclasses import dataclass

from services.contracts.messages import Place
from services.tagger.core.documents import Document, at
from services.tagger.core.names import PLACE_KINDS
from services.tagger.errors import PackError

_KEYS = {"name", "also", "kind", "country", "lat", "lon"}


@dataclass(frozen=True, slots=True)
class PlaceList:
    """All places by id, and each name with the id it means."""

    by_id: dict[str, Place]
    names: tuple[tuple[str, str], ...]


def read_places(document: Document) -> PlaceList:
    """The list in a file: ``{slug: {name, also, kind, country, lat, lon}}``. Raises :class:`PackError`."""
    if not isinstance(document.value, dict):
        raise PackError((f"{document.name}: it is a mapping from a slug to a place.",))
    by_id: dict[str, Place] = {}
    names: list[tuple[str, str]] = []
    for slug, entry in document.value.items():
        where = at(document, (slug,))
        if not isinstance(entry, dict) or not {"name", "kind", "lat", "lon"} <= set(entry) or set(entry) - _KEYS:
            raise PackError((f"{where}: a place has name, kind, lat, lon and may have also and country.",))
        if entry["kind"] not in PLACE_KINDS:
            raise PackError((f"{where}: kind is one of {', '.join(PLACE_KINDS)}.",))
        by_id[slug] = Place(
            id=slug,
            name=entry["name"],
            kind=entry["kind"],
            country=entry.get("country"),
            lat=float(entry["lat"]),
            lon=float(entry["lon"]),
        )
        names += [(text, slug) for text in (entry["name"], *entry.get("also", ()))]
    return PlaceList(by_id, tuple(names))
