"""The lead of an alert is prose."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerter.core.lead import MAX_SENTENCE, SENTENCES, lead_sentences, sentences

FIRST = "Two navies met off the cape on Tuesday, officials of both said."
SECOND = "They sailed on without a word, and the harbour master noted nothing."


def test_the_first_two_sentences() -> None:
    assert lead_sentences(f"{FIRST} {SECOND} A third one stands here as well, of some length.") == (FIRST, SECOND)


@pytest.mark.parametrize(
    "furniture",
    [
        "By Jane Doe, our correspondent in the capital of the region.",
        "Subscribe to our newsletter and never miss another story of ours.",
        "Photo: the harbour at dawn, as seen from the lighthouse on the hill.",
        "Learn the benefits of becoming a member and subscribe today!",
        "This website uses cookies to make your visit a better one for you.",
        "SHARE ON ALL OF THE NETWORKS YOU LIKE",
        "Short.",
    ],
)
def test_furniture_is_passed_over(furniture: str) -> None:
    assert lead_sentences(f"{furniture}\n\n{FIRST}\n{SECOND}") == (FIRST, SECOND)


def test_the_title_is_not_repeated() -> None:
    assert lead_sentences(f"{FIRST}\n{SECOND}", title=FIRST) == (SECOND,)


def test_abbreviations_do_not_end_a_sentence() -> None:
    text = "Adm. J. Smith met Gen. Lee on St. Helena in the U.S. Navy's newest ship. It left."
    assert list(sentences(text)) == [text.removesuffix(" It left."), "It left."]


def test_a_long_sentence_is_cut_at_a_word() -> None:
    (cut,) = lead_sentences("Word " * 300 + "end.")
    assert len(cut) <= MAX_SENTENCE
    assert cut.endswith("Word…")


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_a_short_lead(text: str) -> None:
    lead = lead_sentences(text)
    assert len(lead) <= SENTENCES
    assert all(0 < len(sentence) <= MAX_SENTENCE for sentence in lead)
