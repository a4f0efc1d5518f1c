"""The lists of actors, places and shared words: ids of the right form, coordinates on the globe, errors with lines."""

from __future__ import annotations

import re

import pytest

from services.runtime.files import shipped as files
from services.runtime.files import yaml
from services.tagger.core.actors import read_actors
from services.tagger.core.packs import read_vocabulary
from services.tagger.core.phrases import EnglishWording
from services.tagger.core.places import read_places
from services.tagger.errors import PackError

# Codes of ISO 3166-1 that places use and that are no states of the list.
TERRITORIES = {"FLK", "GIB", "GUM", "HKG", "IOT", "PRI", "SJM"}


def test_ids_are_iso_codes_or_slugs() -> None:
    actors = read_actors(yaml.parse((files.seeds() / "actors.yaml").read_bytes(), "actors.yaml"))
    states = {key for key, known in actors.by_id.items() if known.kind == "state"}
    assert len(states) > 190
    assert all(re.fullmatch("[A-Z]{3}", code) for code in states)
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in actors.by_id.keys() - states)
    places = read_places(yaml.parse((files.seeds() / "places.yaml").read_bytes(), "places.yaml"))
    for key, place in places.by_id.items():
        assert re.fullmatch("[a-z0-9-]+", key)
        assert place.country is None or place.country in states | TERRITORIES, key
        assert place.lat is not None
        assert place.lon is not None
        assert -90 <= place.lat <= 90
        assert -180 <= place.lon <= 180


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"states: {}", "it holds `states` and `others`"),
        (b"states:\n  FRA: {demonyms: [French]}\nothers: {}", "line 2: an actor needs at least a `name`"),
        (b"states:\n  FRA: {name: France, capitol: Paris}\nothers: {}", "line 2: unknown key 'capitol'"),
        (b"states: {}\nothers:\n  x: {name: X, kind: gang}", "line 3: kind is one of"),
        (b"states: {}\nothers:\n  x: {name: X, kind: force, state: FRA}", "line 3: FRA is not among the states"),
    ],
)
def test_a_wrong_actor_is_named(content: bytes, says: str) -> None:
    with pytest.raises(PackError, match=re.escape(says)):
        read_actors(yaml.parse(content, "actors.yaml"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"- x", "it is a mapping"),
        (b"x: {name: X, kind: sea}", "line 1: a place has name, kind, lat, lon"),
        (b"x: {name: X, kind: lake, lat: 1, lon: 2}", "line 1: kind is one of"),
    ],
)
def test_a_wrong_place_is_named(content: bytes, says: str) -> None:
    with pytest.raises(PackError, match=re.escape(says)):
        read_places(yaml.parse(content, "places.yaml"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"masks: []\nwords: []", "it holds `things` and `masks`"),
        (b"things:\n  a: b", "line 2: things.a takes a list"),
        (b"things:\n  a:\n    - (b", "line 3: '(b': a parenthesis is not closed"),
        (b"things:\n  a: [1990]", "line 2: 1990 is not text"),
    ],
)
def test_a_wrong_vocabulary_is_named(content: bytes, says: str) -> None:
    with pytest.raises(PackError, match=re.escape(says)):
        read_vocabulary(yaml.parse(content, "vocabulary.yaml"), EnglishWording())
