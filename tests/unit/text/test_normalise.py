"""Text made comparable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.text.normalise import has_phrase, normalise, spaced_words
from services.text.words import has_word_borders


@given(st.text(max_size=40), st.text(max_size=40))
def test_normalising_is_stable_and_finds_what_it_normalised(text: str, other: str) -> None:
    spaced = spaced_words(text)
    assert spaced_words(spaced) == spaced
    if spaced:
        assert has_phrase("\n".join(map(spaced_words, (other, text))), spaced)


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("海军演习在黑海举行", "黑海", True),
        ("북한이 미사일을 발사했다", "북한", True),
        ("warships", "ships", False),
        ("ＮＡＴＯ's FLEET", "nato", True),
        ("mutual-defence clause", "Mutual Defence", True),
    ],
)
def test_whole_words_where_words_have_borders(text: str, phrase: str, found: bool) -> None:
    assert has_phrase(spaced_words(text), spaced_words(phrase)) is found


def test_which_scripts_have_borders() -> None:
    assert all(map(has_word_borders, ("ship", "корабль", "πλοίο", "السفينة", "जहाज")))
    assert not any(map(has_word_borders, ("船", "เรือ", "ふね", "សំពៅ", "선박")))


@pytest.mark.parametrize(
    ("text", "same"), [("Straße", "strasse"), ("ＡＢＣ", "abc"), ("a\ud800b", "a?b"), ("OK", "ok")]
)
def test_case_width_and_lone_surrogates(text: str, same: str) -> None:
    assert normalise(text) == same
