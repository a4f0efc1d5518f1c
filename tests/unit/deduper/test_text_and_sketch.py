"""Normalisation and sketches: what they ignore, what they keep, what they never do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deduper.core.passages import density, is_all_over
from services.deduper.core.sketch import (
    BLOCKING_LIMIT,
    EVERYTHING,
    LEAST_BLOCKING,
    MOST_KEPT,
    SAMPLE_LIMIT,
    SMALLEST_KEPT,
    in_boilerplate,
    sketch,
)
from services.deduper.core.text import encoded_words, fold, is_unspaced, tokens
from services.text.normalise import normalise
from tests.support.stories import prose


def words(text: str) -> list[bytes]:
    return encoded_words(fold(text))


def test_case_punctuation_and_typography_do_not_count() -> None:
    assert tokens("“It’s the ﬁrst—ever!” SAID\u00a0Straße") == tokens("it's the first ever, said strasse")


def test_unspaced_scripts_become_characters_and_the_rest_stays_words() -> None:
    assert tokens("北约 NATO 联盟") == ["北", "约", "nato", "联", "盟"]
    assert is_unspaced(tokens("北约联盟 NATO"))
    assert not is_unspaced(tokens("나토 동맹 회의"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("إيران وأمريكا", "ايران وامريكا"),
        ("مُعاهَدة دفـــاع", "معاهده دفاع"),
        ("قرارداد یک کشور ۱۲", "قرارداد يك كشور 12"),
        ("ISPARTA İZMİR", "ısparta izmir"),
    ],
)
def test_letters_that_are_written_in_two_ways_are_the_same(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@given(st.text())
def test_any_text_folds_and_folding_again_changes_nothing_in_the_tokens(text: str) -> None:
    assert tokens(normalise(text)) == tokens(text)


@given(st.text(alphabet="aZß9é_ -'“”’–…\u00a0\u2028\x1c.北"))
def test_the_fast_way_cuts_as_the_slow_one(text: str) -> None:
    assert tokens(text) == re.findall(r"北|[^\W_北]+", normalise(text))
    assert words(text) == [word.encode() for word in tokens(text)]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
def test_any_text_has_a_sketch(text: str) -> None:
    made = sketch(words(text))
    assert list(made.hashes) == sorted(set(made.hashes))
    assert all(value <= made.threshold for value in made.hashes)


@given(st.integers(0, 50), st.integers(200, 600), st.integers(0, 100))
def test_a_part_keeps_its_part_of_the_sketch(seed: int, length: int, start: int) -> None:
    whole = prose(seed, length).split()
    part = sketch(words(" ".join(whole[start : start + 100])))
    of_whole = sketch(words(" ".join(whole)))
    below = {value for value in part.hashes if value <= min(SAMPLE_LIMIT, of_whole.threshold)}
    assert below <= set(of_whole.hashes)
    found_by = set(of_whole.blocking_hashes(EVERYTHING))
    assert {value for value in part.blocking_hashes(EVERYTHING) if value < BLOCKING_LIMIT} <= found_by


def test_size_stays_between_its_bounds() -> None:
    assert len(sketch(words(prose(1, 60))).hashes) >= SMALLEST_KEPT
    assert sketch(words(prose(1, 10))).threshold == EVERYTHING
    long = sketch(words(prose(1, 6000)))
    assert len(long.hashes) == MOST_KEPT
    assert long.threshold < SAMPLE_LIMIT
    assert len(sketch(words(prose(1, 60))).blocking_hashes(EVERYTHING)) == LEAST_BLOCKING
    assert len(sketch(words(prose(1, 10))).blocking_hashes(EVERYTHING)) == 8


@given(st.integers(0, 50), st.integers(30, 900))
def test_a_shingle_begins_at_its_place(seed: int, length: int) -> None:
    text = words(prose(seed, length))
    made = sketch(text)
    for place, value in zip(made.places, made.hashes, strict=True):
        assert sketch(text[place : place + made.length]).hashes == (value,)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("NATO holds its largest exercise since the war", 3),
        ("나토 동맹 회의가 브뤼셀에서 열렸다", 3),
        ("北约举行战后最大规模演习", 5),
        ("北大西洋条約機構は戦後最大の演習を行った", 7),
        ("นาโตจัดการซ้อมรบครั้งใหญ่ที่สุด", 12),
    ],
)
def test_a_shingle_is_as_long_as_its_script_asks(text: str, length: int) -> None:
    assert sketch(words(text)).length == length


def pattern(marks: str) -> list[bool]:
    return [mark == "x" for mark in marks]


def test_words_changed_here_and_there_leave_shared_shingles_all_over() -> None:
    assert is_all_over(pattern("x..x.xx...x.x..xx..x.x..x.x.x"))
    assert not is_all_over(pattern("......xxxxxx.......xxxxx....."))
    assert not is_all_over(pattern("x..x.xx...x.x"))  # too few to say so


def test_a_wrapper_leaves_one_stretch() -> None:
    assert density(pattern("....xxxxx.xxxx.....")) == pytest.approx(0.9)
    assert density(pattern("x....xxxxx.....xxxx")) == pytest.approx(10 / 19)


def test_what_lies_between_blocking_hashes_of_boilerplate_is_boilerplate() -> None:
    # In the order of the text: w . w . a . a . w, where the blocking hashes come first and the others are 5 to 8.
    places = (0, 2, 4, 6, 8, 1, 3, 5, 7)
    assert in_boilerplate(places, (True, True, False, False, True)) == [
        *(True, True, False, False, True),
        *(True, False, False, False),
    ]
    assert in_boilerplate((1, 0, 2), (True,)) == [True, True, True]
    assert in_boilerplate((1, 0, 2), (False,)) == [False, False, False]
    assert in_boilerplate((), ()) == []
