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
