"""Events as they go onto the wire: what the thing is called, and what is no name."""

from __future__ import annotations

import pytest

from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped


@pytest.mark.parametrize(
    ("sentence", "asset", "name"),
    [
        ("Iran seized the oil tanker Marinera in the Gulf of Oman on Sunday.", "oil tanker", "Marinera"),
        ("American forces boarded the tanker “Skipper” off the coast of Venezuela.", "oil tanker", "Skipper"),
        ("Turkey sends frigate Deti Minopo to the Mediterranean", "warship", "Deti Minopo"),
        ("The Russian submarine Kazan arrived in Havana on Wednesday.", "submarine", "Kazan"),
        ("Iran seized the tanker off Oman on Sunday, officials said.", "oil tanker", None),
        ("US Seizes Oil Tanker Off Venezuela", "oil tanker", None),
        ("Iran seized two tankers Sunday in the Gulf of Oman.", "oil tanker", None),
    ],
)
def test_a_ship_has_the_name_that_stands_behind_its_kind(sentence: str, asset: str, name: str | None) -> None:
    found = tag(Fields(sentence, "", "", "en"), shipped().compiled)
    event = found.tags[0].events[0]
    assert (event.asset, event.asset_name) == (asset, name)
