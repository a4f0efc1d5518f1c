"""Ties told in other words than a verb of signing: named, handed over, refused; and what only looks like one."""

from __future__ import annotations

import pytest

from services.contracts.messages import Tag
from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped


def _alliance(title: str) -> Tag | None:
    tags = tag(Fields(title, "", "", "en"), shipped().compiled).tags
    return next((one for one in tags if one.topic == "alliances"), None)


@pytest.mark.parametrize(
    ("title", "act"),
    [
        ("Lagos hosts round of Nigeria-Ghana defence cooperation", "sign"),  # the tie is named, whatever the verb
        ("Norway, Iceland widen security arrangement", "sign"),
        ("Hungary-Slovakia defence accord goes before lawmakers", "sign"),
        ("Sudan's entry into ECOWAS discussed in Abuja", "join"),
        ("Portugal joins NATO battlegroup in Latvia", "join"),
        ("Jordan considers participating in AUKUS", "join"),
        ("Estonia and Latvia stand together on coast guard", "deepen"),
        ("Chile and Peru work more closely on maritime security", "deepen"),
        ("Oslo shares intelligence with Stockholm on cables", "deepen"),
        ("Jordan, Egypt friendship hailed at Amman talks", "deepen"),
        ("Athens seeks new partners as Paris looks inward", "deepen"),
        ("Tokyo takes over joint force headquarters from US", "posture"),
        ("Canada will not send ships to US-led coalition off Oman", "refuse"),
        ("Rupture between Kigali and Kinshasa widens", "doubt"),
        ("Seoul and Tokyo at odds over troops in Busan", "doubt"),
        ("Rapprochement between Cairo and Doha gains pace", "restore"),
        ("Tallinn and Riga confer on Article 4", "invoke"),
        ("Armenia offered American guarantee", "guarantee"),
        ("Lithuania, Latvia form joint command", "sign"),
        ("Norway pushes back against joining strikes on Libya", "refuse"),  # a war of others
        ("Canada declines role in US strikes on Libya", "refuse"),
        ("Danish army to help Estonia patrol its border", "posture"),
        ("Spat over US base in Iceland drags on", "doubt"),  # told by nouns alone
        ("Row between Paris and Chad over base access", "doubt"),
        ("Calls for Arab NATO grow louder", "sign"),
        ("Fresh strain in US-Canada relations", "doubt"),  # no place: two states joined by a hyphen
        ("Serbia says it will never join NATO", "join"),  # an adverb parts the verb from "will"
        ("Chad and Paris at odds over bases in Abeche", "doubt"),
        ("Chad and Niger agree on common air defence", "sign"),
        ("Armenia turns away from Turkey", "deepen"),
        ("Danish commitment to Iceland unshaken, envoy says", "reaffirm"),
    ],
)
def test_a_tie_is_read_in_other_words(title: str, act: str) -> None:
    found = _alliance(title)
    assert found is not None
    assert act in {event.act for event in found.events}


@pytest.mark.parametrize(
    "title",
    [
        "ASEAN talks on Laos dam drag on",
        "Kenya Airways and Delta widen partnership",
        "Peru, Chile at odds over grape exports",
        "Uruguay and Paraguay stand together on soy tariffs",
        "Rupture in Ghana pipeline cuts gas to Togo",
        "Ministers pledge to Kyiv came late",
        "EU leaders push back against Hungary on migration",
        "Reconciliation of accounts delays Fiji audit",
        "Denmark closes embassy in Chad over safety of staff",
        "Togo and Ghana end up with good relations in survey",
        "Danish army to help Norway fight floods",
        "Chile and Peru open the door to ties with banks",
        "Russia and China open Vladivostok trade link",  # a port that is a naval base, too
    ],
)
def test_what_only_looks_like_a_tie_is_none(title: str) -> None:
    assert _alliance(title) is None


def test_a_verb_after_leaders_who_pledge_is_a_verb() -> None:
    found = _alliance("NATO leaders pledge to defend Estonia")
    assert found is not None
    assert _alliance("NATO ministers vow to counter sabotage") is not None


def test_what_only_widens_is_the_event_and_has_no_effect() -> None:
    found = _alliance("Rupture between Kigali and Kinshasa deepens")
    assert found is not None
    assert found.events[0].mode == "under_way"
