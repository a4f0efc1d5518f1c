"""What leads are made of: clauses in front, asides, clauses of pronouns, other verbs, columnists."""

from __future__ import annotations

import pytest

from services.contracts.messages import Tag
from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped


def _tag(topic: str, title: str, text: str = "") -> Tag | None:
    tags = tag(Fields(title, "", text, "en"), shipped().compiled).tags
    return next((found for found in tags if found.topic == topic), None)


@pytest.mark.parametrize(
    ("topic", "sentence"),
    [
        ("alliances", "Relations between Lima and Quito, frozen since a coup in May, are thawing."),
        ("alliances", "Canada's allies are wondering whether they can still count on American protection."),
        (
            "alliances",
            "The agreement, signed by the defence ministers of Chile and Peru, lets troops of both train there.",
        ),
        ("alliances", "Leaders of the 32-member alliance agreed on Tuesday to spend more on defence."),
        ("alliances", "Norway requested consultations with allies under Article 4 of the treaty."),
        ("alliances", "Denmark suspended the sharing of intelligence with Washington."),
        ("alliances", "Nordic leaders and Canada agreed to deepen ties."),
        ("alliances", "NATO descends into crisis over Arctic bases"),
        ("naval_moves", "The convoy, which left Genoa in May, was surrounded by Israeli vessels overnight."),
        ("naval_moves", "Cargo ships are once more being attacked by pirates off Somalia."),
        ("naval_moves", "Three people were killed in the tenth strike on a boat since May."),
        ("naval_moves", "More than 20 tankers have been seized by Iran."),
        ("naval_moves", "Houthis Attack Ship in Red Sea"),
        ("naval_moves", "Brazil sends ships as well as a nuclear submarine to Montevideo."),
    ],
)
def test_who_and_whom_are_found_over_what_stands_between(topic: str, sentence: str) -> None:
    assert _tag(topic, "", sentence) if sentence.endswith(".") else _tag(topic, sentence)


@pytest.mark.parametrize(
    ("topic", "title"),
    [
        ("alliances", "Following his meeting with NATO, Trump's remark leaves audience stunned"),
        ("alliances", "Kremlin ally claims Dutch army is weak"),
        ("alliances", "JANE DOE: Do we want a special relationship with such a man?"),
        ("naval_moves", "US oil blockade of Jamaica pushes Haiti toward collapse"),
        ("naval_moves", "Fear of mines in the Strait of Hormuz slows the flow of oil"),
        ("naval_moves", "Spanish bombers blast sites threatening Black Sea shipping"),
        ("naval_moves", "Strike force of loggers grows in British Columbia"),
    ],
)
def test_what_another_verb_or_clause_has_is_not_the_acts(topic: str, title: str) -> None:
    assert _tag(topic, title) is None


@pytest.mark.parametrize(
    ("topic", "title", "mode"),
    [
        ("alliances", "Japan's minister in Lima to strengthen defence ties with Peru", "under_way"),
        ("alliances", "Peru has hopes of joining NATO", "planned"),
        ("alliances", "Peru won't be able to use Chilean bases for strikes", "denied"),
        ("naval_moves", "Chile sends in navy to escort tankers through Strait of Malacca", "under_way"),
        ("naval_moves", "Chile has no plans to send frigate to Strait of Malacca", "denied"),
        ("naval_moves", "Arrival of Chilean frigate in Callao worries Peru", "done"),
    ],
)
def test_how_far_it_has_come(topic: str, title: str, mode: str) -> None:
    found = _tag(topic, title)
    assert found is not None
    assert mode in {event.mode for event in found.events}


def test_of_equal_events_the_one_that_is_done_comes_first() -> None:
    text = "Peru threatened to send a frigate to Havana. It was a surprise. Chile sent a frigate to Havana on Monday."
    found = _tag("naval_moves", "", text)
    assert found is not None
    assert [event.mode for event in found.events][:2] in (["done", "threatened"], ["under_way", "threatened"])


def test_one_sentence_deep_in_a_long_text_does_not_prove_a_tie() -> None:
    town = "The council of the town met on Tuesday to talk about the new school and its roof. " * 40
    deep = "Pakistan downgraded diplomatic ties with Oman last month. "
    one = tag(Fields("Council talks about school", "", town + deep + town, "en"), shipped().compiled)
    first = tag(Fields("Council talks about school", "", deep + town, "en"), shipped().compiled)
    assert [found.topic for found in one.tags] == []
    assert [found.topic for found in first.tags] == ["alliances"]
