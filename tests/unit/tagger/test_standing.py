"""What is talked about is no event: practices, adjectives, words that say which ship is meant. What still is one."""

from __future__ import annotations

import pytest

from services.contracts.messages import Tag
from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped


def _found(title: str, topic: str) -> Tag | None:
    tags = tag(Fields(title, "", "", "en"), shipped().compiled).tags
    return next((found for found in tags if found.topic == topic), None)


def _naval(title: str) -> Tag | None:
    return _found(title, "naval_moves")


@pytest.mark.parametrize(
    "title",
    [
        "Lawyers say French attacks on fishing boats violate the law of the sea",
        "Senator defends US strikes on drug boats in Caribbean",
        "Bishops call drug boat strikes unacceptable",
        "Britain has been bombing drug boats in the Caribbean. Is it lawful?",
        "Targeting drug boats has done little to stop cocaine, study finds",
        "Minister to face hearing for blowing up fishing boats",
        "Anger in Lima over US striking drug boats",
        "Monday deadline looms for Trump's drug boat strikes",
        "Many seized oil tankers carried no cargo, audit of Iran finds",
        "Fees to rise for Chinese tankers docked in US ports",
        "Police seize yachts of man accused of fraud in Spain",
        "Boats the US military is striking carry no fentanyl, officials say",
        "Vote to bar Trump from striking drug boats fails",
        "Aid convoy stuck outside blockaded Gaza",
        "Admirals sink Frigates in overtime",
        "Milwaukee Admirals sink Chicago Frigates 5-2 to win Calder Cup series",
    ],
)
def test_what_is_only_talked_about_is_no_event(title: str) -> None:
    assert _naval(title) is None


@pytest.mark.parametrize(
    ("title", "mode"),
    [
        ("US carries out three strikes on drug boats in Pacific", "done"),
        ("US strikes on drug boats kill six in Caribbean", "done"),
        ("Houthi attacks on ships resume in Red Sea", "done"),
        ("Another strike on drug boat kills two, Pentagon says", "done"),
        ("Iran seizes oil tanker in Gulf of Oman", "done"),
        ("Tanker seized by Iran off Oman", "done"),
        ("IRGC says tanker seized near Hormuz", "done"),
        ("French frigate arrives in Cyprus", "done"),
        ("French frigate heads for Cyprus", "under_way"),
        ("Peru and Chile sign pact as French frigate calls at Callao", "done"),
        ("Coast guard forces back Russian frigate off Sweden", "done"),
        ("Peru calls on France to send frigate to Callao", "demanded"),
        ("Britain sends destroyer to Cyprus", "under_way"),
        ("Video shows marines seizing oil tanker off Cuba", "done"),
        ("Oil tankers under attack in Red Sea, navies say", "under_way"),
        ("Pakistan trying to seize oil tanker off Karachi", "under_way"),
        ("Iran threatens to seize British tankers in Strait of Hormuz", "threatened"),
        ("US forces are striking drug boats again, Pentagon says", "under_way"),
        ("Drones set Russian oil tanker ablaze in Black Sea", "done"),
    ],
)
def test_a_new_act_keeps_its_mode(title: str, mode: str) -> None:
    found = _naval(title)
    assert found is not None
    assert found.events[0].mode == mode


@pytest.mark.parametrize(
    "title",
    [
        "Turkey denies that it will quit NATO",
        "Turkey denies it will quit NATO",
        "Ankara denied on Monday that it plans to leave NATO",
        "Moscow dismisses reports that it will leave CSTO",
        "Trump rejects claims US will quit NATO",
    ],
)
def test_what_somebody_says_is_not_so_is_denied(title: str) -> None:
    found = _found(title, "alliances")
    assert found is not None
    assert found.events[0].mode == "denied"


def test_a_name_explained_between_commas_is_no_event() -> None:
    assert _found("Kazakhstan, part of a military bloc led by Russia, holds vote", "alliances") is None
    assert _found("Armenia is a member of the CSTO, a military bloc led by Russia.", "alliances") is None
