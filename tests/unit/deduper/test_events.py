"""Vocabulary, vectors of terms and marks: what names an event, and what tells two apart."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deduper.core.candidate import candidate, headline
from services.deduper.core.event import (
    MOST_TERMS,
    WEIGHT_ONE,
    counts_of,
    event,
    likeness,
    shared_words,
    vector,
    words_of,
)
from services.deduper.core.marks import conflict, marks_of
from services.deduper.core.memory import MemoryIndex
from services.deduper.core.text import tokens
from services.deduper.core.verdict import Copy
from services.deduper.core.vocabulary import MOST_INFORMATION, RECENT_ARTICLES, WARM_ARTICLES, Vocabulary
from services.deduper.vocabularies import Vocabularies, english
from tests.bench import corpus


def test_common_words_say_little_from_the_first_article_on() -> None:
    fresh = Vocabulary(english())
    assert fresh.ready
    the, govern, corvette = fresh.information(["the", "govern", "corvett"]).values()
    assert the < 0.1 < govern < corvette


def test_a_name_in_every_article_stops_saying_much() -> None:
    vocabulary = Vocabulary(english())
    before = vocabulary.information(["zorvak"])["zorvak"]
    for _ in range(400):
        vocabulary.observe({"zorvak": 1})
    assert vocabulary.information(["zorvak"])["zorvak"] < before / 3


def test_without_a_prior_nothing_is_said_before_enough_was_read() -> None:
    vocabulary = Vocabulary()
    for _ in range(WARM_ARTICLES - 1):
        vocabulary.observe({"der": 1, "die": 1})
    assert event("Titel", "der Text", vocabulary).terms
    assert not event("Titel", "der Text", Vocabulary()).terms


def test_counts_are_halved_so_that_news_can_change_its_words() -> None:
    vocabulary = Vocabulary()
    for _ in range(RECENT_ARTICLES):
        vocabulary.observe({"often": 1})
    vocabulary.observe({"often": 1, "once": 1})
    assert vocabulary.articles == RECENT_ARTICLES // 2 + 1
    assert vocabulary.count("often") == vocabulary.articles


@given(st.text(max_size=200), st.text(max_size=800))
def test_any_article_scores_against_itself_at_most_one(title: str, text: str) -> None:
    made = event(title, text, Vocabulary(english()))
    assert len(made.terms) <= MOST_TERMS
    assert all(1 <= term.weight <= WEIGHT_ONE and 0 <= term.rarity <= 30 * MOST_INFORMATION for term in made.terms)
    score, shared = likeness(made, vector(made))
    assert 0 <= score <= 1.02  # weights are rounded
    assert shared == len(made.terms)


def test_two_reports_of_one_event_are_nearer_than_two_of_one_kind() -> None:
    vocabulary = Vocabulary(english())
    one = event("Corvette Marlin hits tanker off Tarvos", "Eleven sailors were hurt near Tarvos.", vocabulary)
    same = event("Eleven hurt as Marlin rams tanker", "The corvette struck it off Tarvos, sailors said.", vocabulary)
    other = event("Frigate Heron hits pier at Selwyn", "Two sailors were hurt at the quay.", vocabulary)
    assert likeness(one, vector(same))[0] > 2 * likeness(one, vector(other))[0]
    assert set(shared_words(one, vector(same))) >= {"marlin", "tarvo"}


def test_initials_and_possessives_are_one_word() -> None:
    assert words_of("The U.S. Navy's ships, U.N. talks") == ["the", "us", "navy", "ship", "un", "talk"]


_PIECES = (
    "U.S.",
    "Navy's",
    "Navy’s",
    "s",
    "U.N.'s",
    " ",
    " ",
    "e.g.",
    "J. K.",
    "'s",
    "us",
    "ships",
    "Ö",
    "_",
    ".",
    "a.b",
    "x",
)


@given(st.lists(st.sampled_from(_PIECES)).map("".join))
def test_words_are_counted_from_tokens_as_if_possessives_and_initials_had_been_mended_first(text: str) -> None:
    assert counts_of(text, tokens(text)) == Counter(words_of(text))


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (("EU adopts 13th package", ""), ("EU adopts 12th package", ""), "series"),
        (("EU adopts thirteenth package", ""), ("EU adopts 12th package", ""), "series"),
        (("EU adopts package", "The 12th package"), ("EU adopts 12th package", ""), None),
        (("At least 19 dead in blast", ""), ("At least 12 dead in blast", ""), "facts"),
        (("At least 19 dead in blast", "First 12, then 19."), ("At least 12 dead in blast", ""), None),
        (("Finland signs the treaty on bases", ""), ("Sweden signs the treaty on bases", ""), "facts"),
        (("Finland signs the treaty", ""), ("The treaty of bases is signed", ""), None),
        (("", ""), ("", ""), None),
    ],
)
def test_texts_that_differ_in_a_number_or_an_actor_that_matters(
    mine: tuple[str, str], theirs: tuple[str, str], expected: str | None
) -> None:
    assert conflict(marks_of(*mine), marks_of(*theirs), home=False) == expected


@given(st.text(), st.text())
def test_a_text_never_differs_from_itself(title: str, text: str) -> None:
    assert conflict(marks_of(title, text), marks_of(title, text), home=True) is None


def test_one_form_with_other_names_is_another_event_of_that_outlet() -> None:
    one = marks_of("Army Names Best Leader of the Year in Selwyn", "", english())
    other = marks_of("Army Names Best Leader of the Year in Tarvos", "", english())
    assert conflict(one, other, home=True) == "series"
    assert conflict(one, other, home=False) == "facts"


def test_the_outlet_behind_a_headline_is_not_part_of_it() -> None:
    assert headline("Fleet sails for the northern cape - The Daily Example") == "Fleet sails for the northern cape"
    assert headline("Fleet sails for the northern cape | World | Example") == "Fleet sails for the northern cape"
    assert headline("Fleet - Example") == "Fleet - Example"


def test_each_language_has_a_vocabulary_of_its_own() -> None:
    vocabularies = Vocabularies()
    assert vocabularies.of("en") is vocabularies.of("en")
    assert vocabularies.of("en").ready
    assert not vocabularies.of("de").ready


def test_copies_stay_copies_where_their_states_are_in_every_second_report() -> None:
    """Such states are no telling words any more, and a headline that names them is still the same headline."""
    index, vocabularies, verdicts = MemoryIndex(96 * 3600), Vocabularies(), []
    for item in corpus.items(120, copies=120, seed=3, relevant_share=1.0, words=120):
        verdict = index.check_and_insert(candidate(item.article, vocabularies.of("en")), 0).verdict
        verdicts += [type(verdict)] * item.copy
    assert verdicts == [Copy] * 120
