"""Whom a headline names."""

from __future__ import annotations

from services.deduper.core.event import Event, Vector, shares_names
from services.deduper.core.names import Name, names_of
from services.deduper.vocabularies import state_names


def words(title: str, text: str = "") -> list[set[str]]:
    return [set(name.words) for name in names_of(title, text, {})]


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


def test_any_name_and_half_of_the_states_must_be_shared() -> None:
    theirs = Vector({1: (5, False), 2: (5, True)}, 0)
    ship, state, other, third = (
        (frozenset({1}), False),
        (frozenset({2}), True),
        (frozenset({8}), True),
        (frozenset({9}), True),
    )
    assert shares_names(Event((), 0, ()), theirs)
    assert shares_names(Event((), 0, (ship,)), theirs)
    assert shares_names(Event((), 0, (state, other)), theirs)
    assert not shares_names(Event((), 0, (ship, other)), theirs)
    assert not shares_names(Event((), 0, (state, other, third)), theirs)
    assert not shares_names(Event((), 0, ((frozenset({7}), False),)), theirs)


def test_a_name_is_a_value() -> None:
    assert Name(frozenset({"a"}), state=True) == Name(frozenset({"a"}), state=True)
