"""Vocabulary, term vectors and discriminators: what names an event, and what tells two apart."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deduper.core.discriminators import conflict, discriminators_of
from services.deduper.core.fingerprint import fingerprint, headline
from services.deduper.core.records import StoredVector
from services.deduper.core.similarity import compare_texts, packed_terms
from services.deduper.core.terms import (
    MOST_TERMS,
    READ_CHARACTERS,
    WEIGHT_ONE,
    TermVector,
    beginning,
    count_words,
    term_vector,
    words_of,
)
from services.deduper.core.verdict import Copy
from services.deduper.core.vocabulary import (
    MOST_INFORMATION,
    MOST_WORDS,
    RECENT_ARTICLES,
    WARM_ARTICLES,
    Vocabulary,
)
from services.deduper.edges.memory import MemoryIndex
from services.deduper.vocabularies import Vocabularies, english
from tests.bench import corpus
from tests.support.articles import an_article


def vector_of(title: str, text: str, vocabulary: Vocabulary) -> TermVector:
    return term_vector(title, text, count_words(title, text), vocabulary)


def tells(vocabulary: Vocabulary, *words: str) -> dict[str, float]:
    """How much each word tells, where it is enough to count."""
    return {word: rare for _, word, rare in vocabulary.weigh(dict.fromkeys(words, 1), most=10)}


def stored(vector: TermVector) -> StoredVector:
    return StoredVector(title_norm=vector.title_norm, days=vector.days, terms=packed_terms(vector))


def test_common_words_say_little_from_the_first_article_on() -> None:
    fresh = Vocabulary(english())
    assert fresh.ready
    told = tells(fresh, "the", "govern", "corvett")
    assert told.keys() == {"govern", "corvett"}
    assert told["govern"] < told["corvett"]


def test_a_name_in_every_article_stops_saying_much() -> None:
    vocabulary = Vocabulary(english())
    before = tells(vocabulary, "zorvak")["zorvak"]
    for _ in range(200):
        vocabulary.learn({"zorvak": 1})
    assert tells(vocabulary, "zorvak")["zorvak"] < before / 3


def test_without_a_prior_nothing_is_said_before_enough_was_read() -> None:
    vocabulary = Vocabulary()
    for _ in range(WARM_ARTICLES):
        assert not vector_of("Titel", "der Text", vocabulary).terms
        vocabulary.learn({"der": 1, "die": 1})
    assert vector_of("Titel", "der Text", vocabulary).terms


def test_weighing_learns_nothing() -> None:
    vocabulary = Vocabulary(english())
    assert vector_of("Marlin sails", "The Marlin sails.", vocabulary) == vector_of(
        "Marlin sails", "The Marlin sails.", vocabulary
    )
    assert vocabulary.articles == 0


def test_counts_are_halved_so_that_news_can_change_its_words() -> None:
    vocabulary = Vocabulary()
    for _ in range(RECENT_ARTICLES):
        vocabulary.learn({"often": 1})
    vocabulary.learn({"often": 1, "once": 1})
    assert vocabulary.articles == RECENT_ARTICLES // 2 + 1
    assert vocabulary.count("often") == vocabulary.articles


def test_a_vocabulary_stays_bounded_and_forgets_what_was_counted_least() -> None:
    vocabulary = Vocabulary(english())
    for number in range(40):
        vocabulary.learn({"zorvak": 5, **{f"w{number}x{n}": 1 for n in range(10_000)}})
    assert len(vocabulary) <= MOST_WORDS + 10_000
    assert vocabulary.count("zorvak") == 200
    assert tells(vocabulary, "govern") != tells(vocabulary, "corvett")


@given(st.text(max_size=200), st.text(max_size=800))
def test_any_article_scores_against_itself_at_most_one(title: str, text: str) -> None:
    made = vector_of(title, text, Vocabulary(english()))
    assert len(made.terms) <= MOST_TERMS
    assert all(1 <= term.weight <= WEIGHT_ONE and 0 <= term.rarity <= 30 * MOST_INFORMATION for term in made.terms)
    match = compare_texts(made, stored(made))
    assert 0 <= match.score <= 1.02  # weights are rounded
    assert match.shared == made.terms


def test_two_reports_of_one_event_are_nearer_than_two_of_one_kind() -> None:
    vocabulary = Vocabulary(english())
    one = vector_of("Corvette Marlin hits tanker off Tarvos", "Eleven sailors were hurt near Tarvos.", vocabulary)
    same = vector_of(
        "Eleven hurt as Marlin rams tanker", "The corvette struck it off Tarvos, sailors said.", vocabulary
    )
    other = vector_of("Frigate Heron hits pier at Selwyn", "Two sailors were hurt at the quay.", vocabulary)
    found = compare_texts(one, stored(same))
    assert found.score > 2 * compare_texts(one, stored(other)).score
    assert {term.word for term in found.shared} >= {"marlin", "tarvo"}


def test_initials_and_possessives_are_one_word() -> None:
    assert words_of("The U.S. Navy's ships, U.N. talks") == ["the", "us", "navy", "ship", "un", "talk"]


def test_only_the_beginning_of_a_text_names_its_event_and_it_ends_with_a_word() -> None:
    text = "harbour " * (READ_CHARACTERS // 8) + "Tarvos opens. " + "library " * 50
    assert count_words("Quay", text).keys() == {"quay", "harbour", "tarvo"}
    assert beginning("short") == "short"
    assert beginning("港" * 3 * READ_CHARACTERS) == "港" * READ_CHARACTERS


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (("EU adopts 13th package", ""), ("EU adopts 12th package", ""), "event"),
        (("EU adopts thirteenth package", ""), ("EU adopts 12th package", ""), "event"),
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
    assert conflict(discriminators_of(*mine), discriminators_of(*theirs), same_outlet=False) == expected


@given(st.text(), st.text())
def test_a_text_never_differs_from_itself(title: str, text: str) -> None:
    assert conflict(discriminators_of(title, text), discriminators_of(title, text), same_outlet=True) is None


def test_one_form_with_other_names_is_another_event_of_that_outlet() -> None:
    one = discriminators_of("Army Names Best Leader of the Year in Selwyn", "", english())
    other = discriminators_of("Army Names Best Leader of the Year in Tarvos", "", english())
    assert conflict(one, other, same_outlet=True) == "event"
    assert conflict(one, other, same_outlet=False) == "facts"


def test_the_outlet_behind_a_headline_is_not_part_of_it() -> None:
    assert headline("Fleet sails for the northern cape - The Daily Example") == "Fleet sails for the northern cape"
    assert headline("Fleet sails for the northern cape | World | Example") == "Fleet sails for the northern cape"
    assert headline("Fleet - Example") == "Fleet - Example"


@pytest.mark.parametrize("piece", [" ", "a ", " - ", "A.", "1,", "a's ", "“a", "北", "Aa-"])
def test_an_article_that_repeats_itself_takes_time_in_proportion(piece: str) -> None:
    def seconds(characters: int) -> float:
        repeated = piece * (characters // len(piece))
        article = an_article(title=repeated, text=repeated)
        taken = []
        for _ in range(3):
            started = time.process_time()
            fingerprint(article, Vocabularies().of("en"))
            taken.append(time.process_time() - started)
        return min(taken)

    assert seconds(40_000) < 3 * seconds(20_000) + 0.01


def test_each_language_has_a_vocabulary_of_its_own() -> None:
    vocabularies = Vocabularies()
    assert vocabularies.of("en") is vocabularies.of("en")
    assert vocabularies.of("en").ready
    assert not vocabularies.of("de").ready


def test_copies_stay_copies_where_their_states_are_in_every_second_report() -> None:
    """Such states are no telling words any more, and a headline that names them is still the same headline."""
    index, vocabularies, verdicts = MemoryIndex(96 * 3600), Vocabularies(), []
    for item in corpus.items(120, copies=120, seed=3, relevant_share=1.0, words=120):
        made = fingerprint(item.article, vocabularies.of("en"))
        vocabularies.of("en").learn(made.word_counts)
        verdict = index.check_and_insert(made, 0).verdict
        verdicts += [type(verdict)] * item.copy
    assert verdicts == [Copy] * 120
