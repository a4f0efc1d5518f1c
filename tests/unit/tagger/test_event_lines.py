"""The line that a reader gets of an event: no plan told as a deed, no common word as an act, no false owner."""

from __future__ import annotations

import pytest

from services.contracts.events import summary_of
from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped


def _lines(title: str) -> list[str]:
    tags = tag(Fields(title, "", "", "en"), shipped().compiled).tags
    return [summary_of(event) for found in tags for event in found.events]


@pytest.mark.parametrize(
    ("title", "line"),
    [
        # What somebody may be made or let do is planned, what he is let do goes on.
        ("Macron weighs having French marines guard tankers", "France → escorts → oil tanker · planned"),
        ("Chile considers letting its navy escort grain ships", "Chile → escorts → merchant ship · planned"),
        ("Chile lets its navy escort grain ships", "Chile → escorts → merchant ship · under way"),
        # A plan that is foiled, or that nobody has yet.
        ("Greece not yet planning Red Sea escort mission", "Greece → deploys · Red Sea · denied"),
        ("Greece planning Red Sea escort mission", "Greece → deploys · Red Sea · planned"),
        ("Norway foils alleged Russian plot to attack frigate", "Russia → attacks → warship · denied"),
        ("Norway warns of Russian plot to attack frigate", "Russia → attacks → warship · threatened"),
        ("Peru votes on return of US military bases", "Peru → hosts forces of → base (United States) · planned"),
        # What is gone for, told after "may", or only judged.
        ("Meloni visits Riyadh to talk energy and seek defence pact", "Italy → signs → defence tie · planned"),
        ("Tariffs may upend markets and test Peru's ties with Chile", "strains → ties (Peru) · planned"),
        ("Poland says improving ties with Belarus is folly", "Poland → deepens ties → ties (Belarus) · opinion"),
        # What is only acted is not done; what a video shows is.
        ("Iran sinks Greek frigate in animated video", "Iran → sinks → warship (Greece) · threatened"),
        ("Iran sinks Greek frigate, video shows", "Iran → sinks → warship (Greece) · done"),
        # Who helps after an attack does not try to attack.
        ("Oman trying to reach second tanker after Houthi attack", "Houthis → attacks → oil tanker · done"),
        # To name a guarantee is not to give it.
        ("French security guarantees under scrutiny in Baltics", "strains → guarantee (France) · under way"),
        ("Moldova to give up reactors in exchange for security guarantees", "guarantees · planned"),
        ("Paris ties security guarantees for Armenia to ores", "France → sets terms for → guarantee (Armenia) · done"),
        ("Poland gets French security guarantees", "France → guarantees · done"),
    ],
)
def test_it_says_how_far_it_has_come(title: str, line: str) -> None:
    assert _lines(title)[0] == line


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("HMS Dragon has weathered storms, fire and floods", "United Kingdom → meets with an accident · done"),
        ("Frigates shadow, board and seize tanker off Oman", "seizes → oil tanker · done"),
        ("French boat strikes are straining defence alliance", "France → strains → defence tie · under way"),
        ("Peru strikes defence alliance with Chile", "Peru → signs → defence tie (Chile) · done"),
        ("Russia masses attack submarines", "Russia → deploys → submarine · under way"),
        ("Polish attack submarine docks in Norway", "Poland → sails → submarine · done"),
        ("Drones attack submarines in Sevastopol", "attacks → submarine · Sevastopol · done"),
        ("Chile, Peru attack Greek frigate", "Chile, Peru → attacks → warship (Greece) · done"),
        ("Could Norway join the EU?", "Norway → joins → European Union · opinion"),
        ("India's second aircraft carrier enters active service", "India → commissions → aircraft carrier · done"),
        ("HMS Astute, armed with cruise missiles, joins the fleet", "United Kingdom → commissions · done"),
        ("Indian aircraft carrier enters Red Sea", "India → sails → aircraft carrier · Red Sea · done"),
        ("Oman safeguards Greek frigate", "Oman → escorts → warship (Greece) · under way"),
    ],
)
def test_a_word_is_an_act_only_where_it_is_the_verb_or_its_noun(title: str, line: str) -> None:
    assert _lines(title)[0] == line


@pytest.mark.parametrize(
    "title", ["India eyes striking Pakistani military targets", "Mayor flies to Paris to discuss base deal with Macron"]
)
def test_words_of_another_sense_tell_nothing(title: str) -> None:
    assert not _lines(title)


@pytest.mark.parametrize(
    ("title", "line"),
    [
        # A place, a quarrel or the doer is not whose the thing is.
        ("French aircraft carrier arrives in Crete in latest Turkey row", "France → sails → aircraft carrier · done"),
        ("Arrival of France's largest warship ratchets up pressure on Libya", "France → deploys → warship · done"),
        ("British frigate sails to Norway", "United Kingdom → sails → Norway · under way"),
        ("China deploys warships against Vietnam", "China → deploys → warship → Vietnam · under way"),
        ("Russian frigate docks in Turkish-occupied port", "Russia → sails → warship · done"),
        ("Egyptian navy seizes cocaine in the Red Sea", "Egypt → seizes · Red Sea · done"),
        ("Egyptian navy seizes Greek tanker", "Egypt → seizes → oil tanker (Greece) · done"),
        ("France deploys fighter jets to Poland", "France → stations forces → troops (Poland) · done"),
        ("France strikes ships to reopen Red Sea and Houthis vow revenge", "France → attacks → ship · Red Sea · done"),
        # Who asks for more or praises it does not give it.
        ("Sweden asks Germany to raise defence spending", "Sweden → asks more of → Germany · demanded"),
        ("Macron praises Poland's military spending", "France → praises the effort of → Poland · done"),
        ("Peru and Chile discuss defence pact", "Peru, Chile → discusses → defence tie · under way"),
    ],
)
def test_it_says_whose_it_is_and_who_does_it(title: str, line: str) -> None:
    assert _lines(title)[0] == line


def test_a_scolding_comes_before_the_deed_that_it_scolds() -> None:
    scolding = "Erdogan furious with Macron over refusal to let Turkey use French bases"
    assert _lines(scolding)[:2] == [
        "Turkey → scolds → France · done",
        "France → lets use bases → Turkey · denied",
    ]
    assert _lines("Macron says Turkey can use French bases") == ["France → lets use bases → Turkey · opinion"]


def test_who_saves_lives_on_a_ship_neither_escorts_it_nor_is_it_of_who_attacked_it() -> None:
    assert _lines("Oman trying to save lives on second tanker after Houthi attack") == [
        "Houthis → attacks → oil tanker · done",
        "Oman → rescues → oil tanker · under way",
    ]


def test_who_is_scolded_for_an_attack_is_no_ally() -> None:
    assert not _lines("Macron furious with Iran over strike on French base in Iraq")
