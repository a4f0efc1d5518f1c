"""From an article to its tags."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.messages import Tag
from services.tagger.core.reading import MOST_CHARACTERS
from services.tagger.core.tag import Fields, Tagging, tag
from tests.support.packs import SMALL_PACK, shipped, small

WORDS = ["Two storms battered Japan", "NATO", "Russia", "signed a defence pact with", "sent warships to", "U.S.", "Å"]
NOISE = st.text(alphabet=" .\n\t\u0301\u00ad\u200b“”é\ud800\U0001f600aZ", max_size=12)
TEXTS = st.lists(st.one_of(st.sampled_from(WORDS), NOISE), max_size=25).map(" ".join)


def run(title: str = "", text: str = "", summary: str = "", language: str | None = "en") -> Tagging:
    return tag(Fields(title, summary, text, language), shipped().compiled)


def only(tagging: Tagging) -> Tag:
    (found,) = tagging.tags
    return found


def exact(article: Fields, tags: tuple[Tag, ...]) -> bool:
    return all(getattr(article, e.field)[e.start : e.end] == e.quote and e.quote for t in tags for e in t.evidence)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_evidence_is_exact_in_whatever_text(title: str, summary: str, text: str) -> None:
    article = Fields(title, summary, text, "en")
    tagging = tag(article, shipped().compiled)
    assert exact(article, tagging.tags)
    assert all(t.evidence and 0 < t.score <= 1 for t in tagging.tags)


def test_a_title_alone_can_prove_a_topic() -> None:
    found = only(run(title="Russia and North Korea sign mutual defence treaty"))
    assert (found.topic, found.role) == ("alliances", "primary")
    assert [a.id for a in found.actors] == ["RUS", "PRK"]
    assert found.evidence[0].field == "title"
    assert found.pack.startswith("alliances@")


def test_a_summary_that_repeats_the_text_is_not_read_twice() -> None:
    text = "Iran seized a British oil tanker in the Strait of Hormuz on Friday, officials said."
    found = only(run(text=text, summary=text[:60] + "…"))
    assert [e.field for e in found.evidence] == ["text"]
    assert [(p.id, p.kind) for p in found.places] == [("strait-of-hormuz", "strait")]


def test_a_summary_of_its_own_is_read() -> None:
    found = only(run(text="More soon.", summary="China sent two destroyers through the Taiwan Strait on Sunday."))
    assert found.evidence[0].field == "summary"


def test_another_language_is_passed_over_and_an_unknown_one_is_not() -> None:
    title = "Russia and North Korea sign mutual defence treaty"
    assert run(title=title, language="de").tags == ()
    assert run(title=title, language="en-GB").tags != ()
    assert run(title=title, language=None).tags != ()


def test_a_dateline_is_no_evidence() -> None:
    found = only(run(text="MOSCOW (Reuters) - Russia sent three warships to Cuba on Monday."))
    assert found.evidence[0].quote == "Russia sent three warships to Cuba on Monday."


def test_a_ship_prefix_needs_its_capitals_and_names_the_state() -> None:
    found = only(run(text="The USS Ronald Reagan sailed into the South China Sea on Tuesday, officials said."))
    assert [a.id for a in found.actors] == ["USA"]
    assert [p.id for p in found.places] == ["south-china-sea"]


def test_a_name_that_begins_inside_another_is_no_place_of_its_own() -> None:
    found = only(run(text="Indian warships sailed to the Gulf of Aden on Tuesday."))
    assert [p.id for p in found.places] == ["gulf-of-aden"]


def test_a_sea_is_not_the_state_in_its_name() -> None:
    found = only(run(text="Philippine warships patrolled the South China Sea."))
    assert "CHN" not in [a.id for a in found.actors]


def test_masks_and_discounts(tmp_path: Path) -> None:
    compiled = small(tmp_path).compiled

    def score(text: str) -> float:
        tags = tag(Fields("", "", text, "en"), compiled).tags
        return tags[0].score if tags else 0.0

    assert score("A storm struck Japan.") == 0.8
    assert score("A storm, strong and slow, struck Japan.") == 0.8
    assert score("Japan was struck by a storm.") == 0.8
    assert score("Japan struck a storm.") == 0
    assert score("A perfect storm struck Japan.") == 0
    assert score("In a drill a storm struck Japan.") == 0
    assert score("A storm struck.") == 0
    assert score("A storm struck Japan. Then storms struck Cuba.") == pytest.approx(0.96)


def test_an_article_in_one_endless_line_is_bounded(tmp_path: Path) -> None:
    compiled = small(tmp_path, SMALL_PACK).compiled
    tagging = tag(Fields("", "", "storm struck Japan " * 50_000, "en"), compiled)
    assert tagging.truncated
    assert len(tagging.tags[0].evidence) <= 5
    assert all(e.end <= MOST_CHARACTERS for e in tagging.tags[0].evidence)


@pytest.mark.parametrize(
    ("title", "text", "parties"),
    [
        ("Xi welcomes Putin in Beijing", "The two countries signed a treaty on Tuesday.", {"CHN", "RUS"}),
        ("Rutte hosts ministers at NATO", "The alliance has been strained by months of rows.", {"nato"}),
    ],
)
def test_the_lead_takes_up_the_parties_of_the_headline(title: str, text: str, parties: set[str]) -> None:
    (found,) = tag(Fields(title, "", text, "en"), shipped().compiled).tags
    assert found.topic == "alliances"
    assert {actor.id for event in found.events for actor in (*event.agents, *event.objects)} == parties


def test_nothing_is_taken_up_where_the_headline_names_nobody() -> None:
    assert not tag(Fields("A treaty after long talks", "", "The two brothers signed.", "en"), shipped().compiled).tags
