"""What differs between two looks at a page: what a reader has to know, and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.rechecks import MAX_DIFFERENCES, MAX_QUOTE
from services.poller.core.edits import compare

TEXT = """Three ships were seized off the cape on Tuesday, officials said.
The defense ministry of Larn confirmed it and said 1,200 tons of oil were on board.
The captain did not resist, a spokesman told reporters on the quay in Port Aster.
“Nobody was hurt,” said Commodore Ilse Vannering, who had led the operation.
A court is to hear the crews next week."""


def told(before: str, after: str) -> list[tuple[str | None, str | None]]:
    differences = compare(before, after)
    assert differences is not None
    return [(one.before, one.after) for one in differences]


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("Three ships", "Two ships", "Three ships were seized", "Two ships were seized"),
        ("1,200 tons", "2,200 tons", "it and said 1,200 tons of oil", "it and said 2,200 tons of oil"),
        (
            "did not resist",
            "did resist",
            "The captain did not resist, a spokesman",
            "The captain did resist, a spokesman",
        ),
        (
            "seized off",
            "released off",
            "Three ships were seized off the cape",
            "Three ships were released off the cape",
        ),
        ("Tuesday", "Thursday", "the cape on Tuesday, officials said", "the cape on Thursday, officials said"),
        ("Port Aster", "Port Kesten", "quay in Port Aster", "quay in Port Kesten"),
        (
            "of Larn",
            "of Varn",
            "defense ministry of Larn confirmed it and",
            "defense ministry of Varn confirmed it and",
        ),
        ("\nA court is to hear the crews next week.", "", "A court is to hear the crews next week.", None),
        ("next week.", "next week.\nTwo sailors were found later.", None, "Two sailors were found later."),
        ("Three", "Correction: it was not Larn.\nThree", None, "Correction: it was not Larn."),
    ],
)
def test_what_matters_is_told_as_it_stands_in_the_texts(
    old: str, new: str, before: str | None, after: str | None
) -> None:
    edited = TEXT.replace(old, new)
    assert told(TEXT, edited) == [(before, after)]
    assert before is None or before in TEXT
    assert after is None or after in edited


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("“Nobody was hurt,”", '"Nobody was hurt,"'),
        ("Three ships", "3 ships"),
        ("1,200 tons", "1200 tons"),
        ("defense", "defence"),
        ("did not", "didn’t"),
        ("reporters", "reprters"),
        ("Port Aster.\n", "Port Aster. "),
        ("officials said.", "officials said.\nAdvertisement\nRead more: Why the treaty took nine years"),
        ("officials said.", "officials said.\nPhoto: Reuters/Ana Torvald\nUpdated 4 hours ago"),
        (
            "next week.",
            "next week.\n57 comments\nSign up for our morning newsletter.\n© 2026 The Example. All rights reserved.",
        ),
        ("off the cape on", "off  the\u00a0cape on"),
        ("Ilse Vannering", "ILSE VANNERING"),
    ],
)
def test_what_does_not_matter_is_not_told(old: str, new: str) -> None:
    assert old in TEXT
    assert told(TEXT, TEXT.replace(old, new)) == []
    assert told(TEXT.replace(old, new), TEXT) == []


def test_the_order_of_paragraphs_does_not_matter() -> None:
    assert told(TEXT, "\n".join(reversed(TEXT.split("\n")))) == []


def test_another_page_is_not_compared() -> None:
    assert compare(TEXT, "Sign in to continue reading.") is None
    assert compare(TEXT, "An entirely different report on the weather.\n" * 9) is None
    assert compare(TEXT, "") is None
    long = "\n".join(f"Sentence {n} tells of ship {n} in the port." for n in range(20))
    assert compare(long, "\n".join(long.split("\n")[:12])) is None  # cut off for whoever does not pay


def test_scripts_without_spaces_are_compared() -> None:
    before = "海军星期二在海峡扣押了三艘船。发言人说没有人受伤。法院下周将听取船员的证词。"
    assert told(before, before) == []
    ((old, new),) = told(before, before.replace("三艘", "两艘"))
    assert (old, new) == ("扣押了三艘船", "扣押了两艘船")


def test_differences_are_few_and_short() -> None:
    before = "\n".join(f"Ship {n} was seized {'and held ' * 60}." for n in range(100, 130))
    found = compare(before, before.replace("seized", "freed"))
    assert found is not None
    assert len(found) == MAX_DIFFERENCES
    assert all(len(text) <= MAX_QUOTE for one in found for text in (one.before, one.after) if text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n".join("A " * 590 + f"{n}." for n in range(34)), "\n".join("A " * 590 + f"{n}." for n in range(90, 124))),
        ("x" * 40_000, "y" * 40_000),
        (" this article" * 3_300, "the story " * 3_900),
        ("\n" * 40_000, "a\n" * 20_000),
    ],
)
def test_hostile_texts_cost_no_more_than_seconds(before: str, after: str) -> None:
    began = time.process_time()
    compare(before, after)
    assert time.process_time() - began < 5


_TEXTS = st.text(alphabet=" \n.,:!?%'’“”—0123456789abnotTihsرßﬁ海三\u0300\u200b𝔘", max_size=300)


@given(_TEXTS, _TEXTS)
def test_a_difference_stands_in_its_text_and_a_text_does_not_differ_from_itself(before: str, after: str) -> None:
    for one in compare(before, after) or ():
        assert one.before or one.after
        assert (one.before or "") in before
        assert (one.after or "") in after
    assert compare(before, before) == ()
