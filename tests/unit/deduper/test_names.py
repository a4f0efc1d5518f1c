"""Whom a headline names."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from services.deduper.core.days import days_of
from services.deduper.core.names import Name, is_written, names_of
from services.deduper.core.similarity import EntityOverlap, compare_entities
from services.deduper.core.terms import TermVector
from services.deduper.vocabularies import state_names


def words(title: str, text: str = "") -> list[set[str]]:
    return [set(name.words) for name in names_of(title, text, {})]


@given(st.text(alphabet="ab-'’ 3_é.", max_size=12))
def test_a_word_is_written_where_it_stands_by_itself(text: str) -> None:
    for word in ("a", "ab", "a-b"):
        assert is_written(word, text) == (word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text))


def test_words_with_a_capital_are_names() -> None:
    assert words("Corvette Marlin hits tanker off Tarvos", "The corvette struck it.") == [{"marlin"}, {"tarvos"}]


def test_a_word_that_is_also_written_small_is_none() -> None:
    assert words("Saudi Arabia Signs Defence Pact", "It signs a defence pact.") == [{"saudi"}, {"arabia"}]


def test_days_and_months_are_none() -> None:
    assert words("Marlin sails on Tuesday, June ends") == [{"marlin"}]


def test_scripts_without_capitals_have_none() -> None:
    assert words("俄罗斯和朝鲜签署条约") == []
    assert words("") == []


def test_a_state_is_one_name_whatever_it_is_called() -> None:
    (name,) = names_of("Moscow says Russian ships left Russia", "", state_names())
    assert name.state
    assert {"russia", "russian", "moscow"} <= name.words


def test_a_headline_with_many_names_is_cut() -> None:
    assert len(names_of(" ".join(f"Name{letter}" for letter in "abcdefghijklmnop"), "", {})) == 8


def test_whom_the_other_text_speaks_of() -> None:
    theirs = {1, 2}
    ship, state, other, third = (
        (frozenset({1}), False),
        (frozenset({2}), True),
        (frozenset({8}), True),
        (frozenset({9}), True),
    )

    def met(*names: tuple[frozenset[int], bool]) -> EntityOverlap:
        return compare_entities(TermVector((), 0, 0, names), theirs)

    assert not met().none_shared
    assert not met(ship).none_shared
    assert not met(state).none_shared
    assert met(state, other).state_missing
    assert met(ship, other).state_missing
    assert met(state, other, third).none_shared
    assert met((frozenset({7}), False)).none_shared
    assert not met((frozenset({7}), False)).state_missing
    assert met(other, third).states_disjoint
    assert not met(other).states_disjoint
    assert not met(state, other, third).states_disjoint


def test_weekdays_of_title_and_lead() -> None:
    assert days_of("Fleet sails on Monday", "It had been due on SUNDAY. " + "x " * 400 + "Friday") == 0b1000001
    assert days_of("Am Dienstag", "La flotte part jeudi.") == 0b1010
    assert days_of("No day", "none of these: mondays, fridayish") == 0


def test_a_name_is_a_value() -> None:
    assert Name(frozenset({"a"}), state=True) == Name(frozenset({"a"}), state=True)
