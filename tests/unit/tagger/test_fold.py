"""The folded copy keeps one character for each, and leads back to the original."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.tagger.core.fold import fold


def test_case_accents_and_punctuation_go() -> None:
    assert fold("Côte d’Ivoire’s “U.S.-led” drill?").data == " cote d ivoire s  u s  led  drill  "


def test_a_letter_outside_windows_1252_stays_part_of_its_word() -> None:
    assert fold("Erdoğan?").data == " erdo~an  "


def test_hidden_characters_are_cut_and_found_again() -> None:
    text = "air\u00adcraft  carrier Erdog\u0306an"
    folded = fold(text)
    start = folded.data.index(" aircraft carrier ")
    assert text[folded.raw(start) : folded.raw(start + len("aircraft carrier"))] == "air\u00adcraft  carrier"
    assert folded.norm.endswith("Erdoğan")


@given(st.text())
def test_one_character_for_each_character_of_norm(text: str) -> None:
    folded = fold(text)
    assert len(folded.data) == len(folded.norm) + 2
    assert folded.raw(len(folded.norm)) == len(text)


@given(st.text(alphabet="ab \u0301\u00ad\u200b\t\n\u00e9\u011f", max_size=60))
def test_the_way_back_never_goes_backwards(text: str) -> None:
    folded = fold(text)
    places = [folded.raw(n) for n in range(len(folded.norm) + 1)]
    assert places == sorted(places)
