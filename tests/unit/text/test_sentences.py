"""Sentences of news text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.text.sentences import LONGEST, around, split


def pieces(text: str) -> list[str]:
    return [text[a:b] for a, b in split(text, 0, len(text), limit=1000)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("The U.S. Navy sailed. It returned.", ["The U.S. Navy sailed.", "It returned."]),
        ("They left the U.S. The ship stayed.", ["They left the U.S.", "The ship stayed."]),
        ("Gen. A. B. Smith spoke. “Go,” he said.", ["Gen. A. B. Smith spoke.", "“Go,” he said."]),
        ("He said “no.” She left.", ["He said “no.”", "She left."]),
        ("Headline\nFirst line. Second", ["Headline", "First line.", "Second"]),
        ("A broken\nline here.\n\nNext part", ["A broken\nline here.", "Next part"]),
        ("It cost 3.5 million. Then 4.", ["It cost 3.5 million.", "Then 4."]),
        ("He came on Friday.The ship left.", ["He came on Friday.", "The ship left."]),
        ("“We go,” he said.“No.”She stayed.", ["“We go,” he said.", "“No.”", "She stayed."]),
        ("See example.com or Gen.Smith of the U.S.Navy.", ["See example.com or Gen.Smith of the U.S.Navy."]),
        ("", []),
        ("   \n \n", []),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_text_without_an_end_is_cut() -> None:
    assert max(len(piece) for piece in pieces("word " * 5000)) <= LONGEST


@given(st.text(alphabet="aB. \n!”“U.S", max_size=200))
def test_sentences_cover_all_that_is_not_space_in_order(text: str) -> None:
    assert "".join("".join(piece.split()) for piece in pieces(text)) == "".join(text.split())


@given(st.text(alphabet="aB. \n\u201d", max_size=200), st.sets(st.integers(0, 199), max_size=6), st.integers(1, 4))
def test_the_sentences_around_places_are_those_of_the_whole(text: str, places: set[int], first: int) -> None:
    whole = split(text, 0, len(text), limit=1000)
    chosen = around(text, 0, len(text), sorted(places), first=first, limit=1000)
    wanted = [span for n, span in enumerate(whole) if n < first or any(span[0] <= p < span[1] for p in places)]
    assert chosen == sorted(set(chosen))
    assert set(wanted) <= set(chosen) <= set(whole)
