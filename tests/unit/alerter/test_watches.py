"""Watches: what they match, and how their file can be wrong."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.alerter.core.watches import Near, Watch, distance_km, is_news, matching, meets
from services.alerter.errors import RuleFileError
from services.alerter.watch_file import load
from services.contracts.messages import Change
from tests.support.alerts import an_opened_alert

ALERT = an_opened_alert()


def a_watch(**when: Any) -> Watch:
    return Watch(id="w", name="W", **when)


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ({}, True),
        ({"topics": ("naval_moves", "other")}, True),
        ({"topics": ("alliances",)}, False),
        ({"actors": ("RUS",)}, True),
        ({"actors": ("CHN",)}, False),
        ({"countries": ("CUB",)}, True),
        ({"countries": ("USA",)}, False),
        ({"near": Near(lat=23.0, lon=-82.0, km=100)}, True),
        ({"near": Near(lat=23.0, lon=-82.0, km=10)}, False),
        ({"min_severity": "medium"}, True),
        ({"min_severity": "high"}, False),
        ({"corroborated": True}, False),
        ({"words": ("off the cape",)}, True),
        ({"words": ("cap",)}, False),
        ({"outlets": ("news.example",)}, True),
        ({"outlets": ("example",)}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("fr",)}, False),
        ({"topics": ("naval_moves",), "actors": ("CHN",)}, False),
    ],
)
def test_all_conditions_must_hold(when: dict[str, Any], met: bool) -> None:
    assert meets(ALERT, a_watch(**when)) is met


@pytest.mark.parametrize(
    "when",
    [
        {"countries": ("CUB",)},
        {"near": Near(lat=23.13, lon=-82.38, km=20_000)},
        {"actors": ("RUS",)},
        {"languages": ("en",)},
    ],
)
def test_an_alert_that_lacks_the_field_does_not_match(when: dict[str, Any]) -> None:
    bare = msgspec.structs.replace(ALERT, places=(), actors=(), language=None)
    assert not meets(bare, a_watch(**when))
    assert meets(bare, a_watch())


def test_a_place_without_a_position_is_near_nothing() -> None:
    place = msgspec.structs.replace(ALERT.places[0], lat=None, lon=None)
    assert not meets(
        msgspec.structs.replace(ALERT, places=(place,)), a_watch(near=Near(lat=23.13, lon=-82.38, km=20_000))
    )


def test_distances_are_those_of_a_globe() -> None:
    assert distance_km(23.13, -82.38, 19.9, -75.15) == pytest.approx(830, abs=15)  # Havana to Guantanamo Bay
    assert distance_km(0, 179.5, 0, -179.5) == pytest.approx(111.2, abs=0.5)
    assert distance_km(90, 0, -90, 0) == pytest.approx(20_015, abs=1)


@pytest.mark.parametrize(
    ("revision", "kinds", "state", "news"),
    [
        (1, (), "new", True),
        (2, ("severity",), "new", True),
        (2, ("source",), "new", False),
        (2, ("source", "actor"), "acknowledged", True),
        (2, ("state",), "new", False),
        (3, ("topic", "state"), "new", True),
        (2, ("severity",), "muted", False),
        (2, ("severity",), "closed", False),
    ],
)
def test_more_of_the_same_and_what_was_put_away_is_no_news(
    revision: int, kinds: tuple[str, ...], state: Any, news: bool
) -> None:
    changes = tuple(Change(kind=kind) for kind in kinds)
    assert is_news(msgspec.structs.replace(ALERT, revision=revision, changes=changes, state=state)) is news


def test_every_watch_that_is_met_is_named() -> None:
    near = Watch(id="near", name="Near", near=Near(lat=23.13, lon=-82.38, km=500))
    assert matching(ALERT, [near, a_watch(topics=("alliances",)), a_watch()]) == (near, a_watch())


GOOD = """\
channels:
  desk: {webhook: "https://desk.example/hook", secret_file: desk.secret}
watches:
  - id: a
    name: A
    channels: [desk]
    when: {topics: [naval_moves], near: {lat: 1, lon: 2, km: 3}}
"""
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def written(folder: Path, text: str, secret: str = SECRET) -> Path:
    (folder / "desk.secret").write_text(secret + "\n")
    file = folder / "watches.yaml"
    file.write_text(text)
    return file


def test_a_watch_with_a_channel(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD))
    assert found.watches[0].near == Near(lat=1, lon=2, km=3)
    assert found.channels["desk"].secret == b"k" * 32


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("[desk]", "[desks]", 6, "no channel 'desks'"),
        ("https://", "ftp://", 2, "no http or https address"),
        ("desk.secret", "none.secret", 2, "cannot be read"),
        ("topics:", "topic:", 7, "unknown key 'topic'"),
        ("lat: 1", "lat: 91", 7, "a number from -90 to 90"),
        (", km: 3", "", 7, "'km' is missing"),
        ("    name: A\n", "", 4, "'name' is missing"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    assert before in GOOD
    file = written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(RuleFileError, match=says) as caught:
        load(file)
    assert f"{file}, line {line}:" in str(caught.value)


@pytest.mark.parametrize("secret", ["", "whsec_short", "whsec_" + base64.b64encode(b"k").decode(), "k" * 40, "whsec_é"])
def test_a_weak_or_broken_secret_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(RuleFileError, match="line 2"):
        load(written(tmp_path, GOOD, secret))
