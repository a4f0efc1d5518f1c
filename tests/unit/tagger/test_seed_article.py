"""The article that the product is measured by: both topics, the right actors, nothing from its boilerplate."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped

ARTICLE = Path(__file__).resolve().parents[4] / "shared" / "seeds" / "putin_kim_pact.txt"


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the seed article lies beside the repository, and is not there")
def test_the_seed_article() -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    tags = {found.topic: found for found in tag(Fields("", "", text, "en"), shipped().compiled).tags}
    assert set(tags) == {"alliances", "naval_moves"}
    assert tags["alliances"].role == "primary"
    quotes = [e for found in tags.values() for e in found.evidence]
    assert all(text[e.start : e.end] == e.quote for e in quotes)
    for word in ("Valuetainment", "Member", "writer", "Follow", "Add comment"):
        assert not any(word in e.quote for e in quotes)
    actors = {a.id for found in tags.values() for a in found.actors}
    assert {"RUS", "PRK", "USA", "CUB"} <= actors
    assert {"havana", "guantanamo-bay"} <= {p.id for p in tags["naval_moves"].places}


FRAME_ABOVE = (
    "Home | World | Politics | Subscribe\n\nMost read: NATO summit opens in Ankara\n\nCookie settings - Accept all\n\n"
)
FRAME_BELOW = (
    "\n\nSign up for our NATO newsletter. Join our alliance of readers in Russia and China.\n\nAll rights reserved.\n"
)


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the seed article lies beside the repository, and is not there")
@pytest.mark.parametrize(
    ("first", "last", "topics"),
    [
        (0, None, {"alliances", "naval_moves"}),
        (0, 4, {"alliances"}),
        (2, 8, {"alliances", "naval_moves"}),
        (-6, None, {"alliances", "naval_moves"}),
    ],
)
def test_a_part_of_it_in_the_frame_of_another_site(first: int, last: int | None, topics: set[str]) -> None:
    kept = [part for part in ARTICLE.read_text(encoding="utf-8").split("\n\n") if part.strip()][first:last]
    text = FRAME_ABOVE + "\n\n".join(kept) + FRAME_BELOW
    tags = tag(Fields("", "", text, "en"), shipped().compiled).tags
    assert {found.topic for found in tags} == topics
    for evidence in (e for found in tags for e in found.evidence):
        assert any(evidence.quote in part for part in kept)
        assert not any(word in evidence.quote for word in ("Valuetainment", "writer", "Add comment"))


def test_menus_and_calls_to_subscribe_are_no_lead_and_no_evidence() -> None:
    text = (
        FRAME_ABOVE
        + "Russia and North Korea signed a mutual defence pact on Wednesday, state media said."
        + FRAME_BELOW
    )
    (found,) = tag(Fields("", "", text, "en"), shipped().compiled).tags
    assert (found.topic, found.role) == ("alliances", "primary")
    assert [e.quote[:22] for e in found.evidence] == ["Russia and North Korea"]
