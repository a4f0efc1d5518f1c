"""An event in one line."""

from __future__ import annotations

from msgspec.structs import replace

from services.contracts.events import summary_of
from services.contracts.messages import Actor, Event, Place

SEIZURE = Event(
    act="seize",
    verb="seizes",
    mode="done",
    field="title",
    start=0,
    end=34,
    quote="US seizes Russian oil tanker",
    rule="seize",
    agents=(Actor(id="USA", name="United States", kind="state"),),
    objects=(Actor(id="RUS", name="Russia", kind="state"),),
    asset="oil tanker",
    asset_name="Marinera",
    place=Place(id="north-atlantic", name="North Atlantic", kind="sea"),
)


def test_who_does_what_to_whom_where_and_whether_it_is_done() -> None:
    assert summary_of(SEIZURE) == "United States → seizes → oil tanker Marinera (Russia) · North Atlantic · done"


def test_what_the_text_does_not_say_is_left_out() -> None:
    unclaimed = replace(SEIZURE, agents=(), objects=(), asset_name=None, place=None, mode="under_way")
    assert summary_of(unclaimed) == "seizes → oil tanker · under way"


def test_of_a_thing_of_the_doers_own_the_party_is_where_it_goes() -> None:
    sent = replace(SEIZURE, verb="sends", own_asset=True)
    assert summary_of(sent) == "United States → sends → oil tanker Marinera → Russia · North Atlantic · done"


def test_of_many_parties_three_are_named() -> None:
    parties = tuple(Actor(id=name, name=name, kind="state") for name in "ABCDE")
    signed = replace(SEIZURE, verb="sign", agents=parties, objects=(), asset="pact", asset_name=None, place=None)
    assert summary_of(signed) == "A, B, C and 2 more → sign → pact · done"
