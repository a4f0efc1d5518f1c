"""Who really said it: copies, families and wires fold into independent sources."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.stories import (
    Folded,
    StoryMember,
    decode_member,
    encode_member,
    fold,
    independent_sources,
)
from tests.support.clock import START


def a_member(article_id: str, *, family: str | None = None, minute: float = 0, **more: Any) -> StoryMember:
    family = family or f"family-{article_id}"
    values: dict[str, Any] = {
        "article_id": article_id,
        "outlet": f"{article_id}.example",
        "family": family,
        "title": "T",
        "first_seen_at": START + timedelta(minutes=minute),
    }
    return StoryMember(**(values | more))


def sources(*members: StoryMember) -> list[str]:
    return [item.member.article_id for item in fold(members) if item.independent]


def because(article_id: str, folded: tuple[Folded, ...]) -> str | None:
    return next(item.because for item in folded if item.member.article_id == article_id)


IDS = st.sampled_from("abcdefgh")
MEMBERS = st.lists(
    st.builds(
        a_member,
        IDS,
        family=st.sampled_from(["north", "south", "ap"]),
        minute=st.integers(0, 5),
        wire=st.sampled_from([None, None, "AP", "Reuters"]),
        copy_of=st.one_of(st.none(), st.sampled_from("abcdefghxy")),
    ),
    max_size=12,
    unique_by=lambda member: member.article_id,
)


@given(MEMBERS, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(members: list[StoryMember], draw: random.Random) -> None:
    mixed = members + members[: len(members) // 2]
    draw.shuffle(mixed)
    assert fold(mixed) == fold(members)


@given(MEMBERS)
def test_every_member_is_there_once_and_some_source_speaks(members: list[StoryMember]) -> None:
    folded = fold(members)
    assert sorted(item.member.article_id for item in folded) == sorted(member.article_id for member in members)
    assert [item.member.first_seen_at for item in folded] == sorted(member.first_seen_at for member in members)
    assert (independent_sources(folded) > 0) == bool(members)
    assert all(item.independent == (item.because is None) for item in folded)


@given(MEMBERS, st.integers(0, 11))
def test_a_further_copy_of_a_member_adds_no_source(members: list[StoryMember], at: int) -> None:
    if members:
        copy = a_member("z", minute=9, copy_of=members[at % len(members)].article_id)
        assert independent_sources(fold([*members, copy])) == independent_sources(fold(members))


@given(MEMBERS)
def test_a_new_voice_adds_one_source(members: list[StoryMember]) -> None:
    assert independent_sources(fold([*members, a_member("z", minute=9)])) == independent_sources(fold(members)) + 1


@given(MEMBERS)
def test_sources_are_of_different_authors(members: list[StoryMember]) -> None:
    speaking = [item.member for item in fold(members) if item.independent]
    authors = [member.wire.casefold() for member in speaking if member.wire]
    assert len(authors) == len(set(authors))


def test_copy_is_no_source_and_says_whose_text_it_is() -> None:
    folded = fold([a_member("a"), a_member("b", minute=1, copy_of="a"), a_member("c", minute=2, copy_of="b")])
    assert [item.independent for item in folded] == [True, False, False]
    assert because("b", folded) == because("c", folded) == "same text as a.example"


def test_original_seen_after_its_copy_still_speaks() -> None:
    assert sources(a_member("copy", copy_of="late"), a_member("late", minute=5)) == ["late"]


def test_first_copy_speaks_for_an_original_that_is_not_there() -> None:
    copies = [a_member(name, minute=n, copy_of="gone") for n, name in enumerate("abc")]
    assert sources(*copies) == ["a"]
    assert sources(*copies, a_member("own", minute=9)) == ["a", "own"]


def test_members_that_claim_to_copy_each_other_are_one_source() -> None:
    assert sources(a_member("a", copy_of="b"), a_member("b", minute=1, copy_of="a"), a_member("c", copy_of="b")) == [
        "a"
    ]
    assert sources(a_member("a", copy_of="a")) == ["a"]


def test_labels_of_one_publisher_are_one_source() -> None:
    folded = fold([a_member("a", family="north"), a_member("b", family="north", minute=1)])
    assert independent_sources(folded) == 1
    assert because("b", folded) == "same publisher family as a.example"


def test_carriers_of_one_wire_are_one_source() -> None:
    folded = fold(
        [a_member("a", wire="AP"), a_member("b", wire="AP", minute=1), a_member("c", wire="Reuters", minute=2)]
    )
    assert [item.independent for item in folded] == [True, False, True]
    assert because("b", folded) == "carries the wire AP"


def test_agency_and_its_carrier_are_one_source() -> None:
    agency, carrier = a_member("agency", family="ap"), a_member("carrier", wire="AP", minute=1)
    assert sources(agency, carrier) == ["agency"]
    late = fold([agency, a_member("early", wire="AP", minute=-1)])
    assert because("agency", late) == "its wire report was carried by early.example before"


def test_wire_credited_on_a_copy_only_is_the_author_of_the_text() -> None:
    uncredited, credited = a_member("a"), a_member("b", wire="AP", minute=1, copy_of="a")
    assert sources(uncredited, credited, a_member("c", wire="AP", minute=2)) == ["a"]


def test_own_report_beside_a_printed_copy_counts() -> None:
    first, copy = a_member("a", family="north"), a_member("b", family="south", minute=1, copy_of="a")
    assert sources(first, copy, a_member("own", family="south", minute=2)) == ["a", "own"]


def test_of_two_versions_of_a_member_the_same_one_wins() -> None:
    one, other = a_member("a", title="One"), a_member("a", title="Other")
    assert fold([one, other]) == fold([other, one])
    assert len(fold([one, other])) == 1


@given(MEMBERS)
def test_member_is_stored_as_it_is(members: list[StoryMember]) -> None:
    assert [decode_member(encode_member(member)) for member in members] == members


def test_near_equal_headlines_are_one_source() -> None:
    folded = fold(
        [
            a_member("a", title="Ruthenian drone strikes US consulate in Tarvos"),
            a_member("b", title="Ruthenian Drone Strikes U.S. Consulate In Tarvos", minute=1),
            a_member("c", title="Embassy staff flee burning building in Tarvos", minute=2),
        ]
    )
    assert [item.independent for item in folded] == [True, False, True]
    assert because("b", folded) == "nearly the headline of a.example"


def test_outlets_that_pass_on_one_report_are_one_source_with_who_reported_it() -> None:
    post = a_member("post", outlet="washingtonpost.com", title="Troops ready for Dovania", minute=5)
    citing = [
        a_member("a", title="Invasion of Dovania is near, Washington Post reports"),
        a_member("b", title="Dovania: plans for war are ready, according to the Washington Post", minute=1),
    ]
    folded = fold([*citing, post])
    assert [item.because for item in folded] == [
        None,
        "passes on the same report as a.example",
        "its report was passed on by a.example before",
    ]
    early = fold([a_member("post", outlet="washingtonpost.com", title="Troops ready", minute=-1), *citing])
    assert because("a", early) == "passes on the report of washingtonpost.com"


def test_outlets_that_quote_the_same_words_are_one_source() -> None:
    folded = fold(
        [
            a_member("a", title="‘Let Me Answer the Question!’ Minister Spars With Host"),
            a_member("b", title="'Let me answer!' Minister snaps at reporter", minute=1),
        ]
    )
    assert because("b", folded) == "quotes the same words as a.example"


def test_a_family_that_only_passed_on_a_report_counts_with_a_report_of_its_own() -> None:
    cited = "Invasion is near, Reuters reports"
    own = a_member("own", family="north", title="Our reporter saw the fleet leave", minute=2)
    assert sources(a_member("a", title=cited), a_member("b", family="north", title=cited, minute=1), own) == [
        "a",
        "own",
    ]
