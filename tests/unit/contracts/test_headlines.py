"""What headlines tell of where they come from: each rule with an example for it and one against it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.headlines import MOST_CHARACTERS, one_source, read, reports_of, signs


def sign(one: str, other: str) -> str | None:
    found = one_source(read(one), read(other))
    assert found == one_source(read(other), read(one))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ruthenian drone strikes US consulate in Tarvos", "Ruthenian Drone Strikes U.S. Consulate In Tarvos"),
        ("Tourist bus crash in northern Dovania: embassy", "Bus crash in northern Dovania, embassy says"),
        ("Dovania extends state of emergency for 3 months", "Dovania extends state of emergency for three months"),
        ("Dovania’s navy closes the northern strait", "Dovania navy closes northern strait"),
        (
            "Ann Selwyn, admiral for 17 years, dies at 84",
            "Ann Selwyn, admiral for 17 years and a poet, dies in Tarvos at 84",
        ),
    ],
)
def test_edits_of_one_headline_are_one_source(one: str, other: str) -> None:
    assert sign(one, other) == "nearly the headline of"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dovania grants asylum to 5 members of the team", "Dovania grants asylum to 2 members of the team"),
        ("Dovania says navy attacked tanker in strait", "Dovania denies navy attacked tanker in strait"),
        ("Explosion in Tarvos", "Explosion in Tarvos"),
        ("Dovania closes strait to all tankers", "Tankers turn back after Dovania shuts its waters"),
        (
            "Dovania to build a nuclear submarine in Tarvos",
            "Tarvos to let Dovania build a nuclear submarine, premier says",
        ),
    ],
)
def test_other_numbers_denials_short_and_own_headlines_are_not_edits(one: str, other: str) -> None:
    assert sign(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Troops ready for weeks on the ground, Washington Post reports", "Dovania plans invasion, citing WaPo"),
        ("Strait shut, according to the Wall Street Journal", "WSJ reports: navy closes Dovania's waters"),
        ("Minister told Reuters strait stays shut", "Minister tells Reuters: no ship will pass"),
        ("Admiralty Report: missile hit school", "School hit by a stray missile, Admiralty report finds"),
        ("Dovania bans photographers from briefings: report", "Dovania Reportedly Bans Press Photographers"),
        ("Navy leaves Dovania harbour, Reuters reports", "Report: Navy leaves Dovania harbour"),
    ],
)
def test_what_passes_on_one_report_is_one_source(one: str, other: str) -> None:
    assert sign(one, other) == "passes on the same report as"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Troops ready for the ground, Reuters reports", "Strait mined by night, Bloomberg reports"),
        ("Dovania told Allies strait stays shut", "Premier tells Allies that ships may pass"),  # they are no medium
        ("Fed could be led by a shadow chair: report", "Deputy admits a case is empty: Report"),  # of other things
        ("Strait is closed, officials say", "Navy has shut the waters, officials say"),  # both may have asked them
    ],
)
def test_other_reports_and_statements_are_sources_of_their_own(one: str, other: str) -> None:
    assert sign(one, other) is None


def test_a_publisher_is_known_by_its_host_or_family() -> None:
    cited = read("Troops ready for the ground, WaPo reports")
    assert reports_of(cited, ("washingtonpost.com", "washington-post"))
    assert reports_of(read("Strait mined, according to the BBC"), ("bbc.co.uk", "bbc"))
    assert not reports_of(cited, ("denverpost.com", "denver"))
    assert not reports_of(read("Troops ready: report"), ("report.example", "report"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("‘Let Me Answer the Question!’ Minister Spars With Host", "'Let me answer!' Minister snaps at reporter"),
        ("Minister: we ‘blew their fleet off the map’", 'Premier insists navy "blew their fleet off the map"'),
        ("Selwyn says 'there's a dark cloud over me'", "‘Dark cloud hangs over her’: Selwyn on her illness"),
        (
            "Premier Threatens ‘FAST AND FURIOUS’ End To Talks",
            "'Fast, furious and brutal': premier's threat to Dovania",
        ),
        ("Premier vows to 'obliterate' the fleet", "Premier: navy will ‘obliterate’ Dovania's ships"),
    ],
)
def test_the_same_words_quoted_are_one_source(one: str, other: str) -> None:
    assert sign(one, other) == "quotes the same words as"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("‘Nora the Ghost Hunter’ actor dies at 54", "Tributes to star of ‘Nora the Ghost Hunter’"),  # a title
        (
            "‘Ghost Hunter’ Actor Dead At 54",
            "Tributes Pour In For ‘Ghost Hunter’ Star",
        ),  # With Capitals anything may be one
        ("He 'ordered Ann Selwyn to leave'", "Fans ‘booed Ann Selwyn’s daughter’"),  # a name
        ("‘Close the strait now’, says minister", "‘We want to see the strait open’, says another"),
    ],
)
def test_titles_names_and_other_words_are_no_common_quotation(one: str, other: str) -> None:
    assert sign(one, other) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_headlines_can_be_compared(one: str, other: str) -> None:
    sign(one, other)


@pytest.mark.parametrize("piece", [" ", "A ", "a, ", "“a ", "'a", "A.", ", A ", "told ", "citing A", "-"])
def test_a_hostile_headline_takes_no_time(piece: str) -> None:
    started = time.process_time()
    read(piece * 100_000)
    assert time.process_time() - started < 0.5


def test_only_the_beginning_of_a_headline_is_read() -> None:
    assert read("word " * MOST_CHARACTERS + "‘let me answer’").quoted == frozenset()


_WORDS = st.sampled_from(
    "tarvos navy strait fleet 3 4 no “we will not yield to them” Reuters reports: report says".split()
)


@given(st.lists(_WORDS, min_size=4, max_size=9), st.lists(_WORDS, max_size=3), st.integers(0, 8))
def test_headlines_of_one_source_share_a_sign(words: list[str], more: list[str], left_out: int) -> None:
    one = read(" ".join(words))
    other = read(" ".join([*more, *words[:left_out], *words[left_out + 1 :]]))
    if one_source(one, other):
        assert signs(one) & signs(other)
