"""A search as a watch: what finds articles in the archive, asked of alerts that are still to come. Pure."""

import re
from typing import Any

import yaml

from services.archive_store.errors import SearchError
from services.archive_store.search import Search
from services.archive_store.tokens import Kind
from services.contracts.messages import SEVERITIES

_COUNTRY = re.compile("[A-Z]{3}")
_KEYS: dict[Kind, str] = {"topic": "topics", "actor": "actors", "outlet": "outlets", "language": "languages"}


def watch_of(name: str, asked: Search) -> str:
    """The YAML of one watch for the list ``watches`` of the watch file; its channel is the log of the shipped file.

    Raises :class:`SearchError` where the search says something that no watch can.
    """
    when: dict[str, Any] = {}
    for kind, key in _KEYS.items():
        if values := [value for of, value in asked.filters if of == kind]:
            when[key] = values
    if acts := [value for of, value in asked.filters if of == "act"]:
        when["event"] = {"act": acts}
    if places := [value for of, value in asked.filters if of == "place"]:
        when["places"] = _places(places)
    if severities := [value for of, value in asked.filters if of == "severity"]:
        when["min_severity"] = next(level for level in SEVERITIES if level in severities)
    if asked.query is not None:
        if not asked.query.simple:
            raise SearchError("A watch knows words and phrases, all of them, any of them or none: leave out the rest.")
        words = {"any": asked.query.any, "all": asked.query.every, "none": asked.query.none}
        when["words"] = {key: list(values) for key, values in words.items() if values}
    id_ = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "search"
    watch = [{"id": id_, "name": name, "when": when, "channels": ["desk-log"]}]
    return yaml.safe_dump(watch, sort_keys=False, allow_unicode=True)


def _places(places: list[str]) -> dict[str, list[str]]:
    found = {
        "ids": [p for p in places if not _COUNTRY.fullmatch(p)],
        "countries": [p for p in places if _COUNTRY.fullmatch(p)],
    }
    return {key: values for key, values in found.items() if values}
