"""What a phrase stands for."""

from __future__ import annotations

import pytest

from services.tagger.core.automaton import Automaton
from services.tagger.core.fold import fold
from services.tagger.core.inflect import forms
from services.tagger.core.phrases import needles


def found(phrase: str, text: str) -> list[str]:
    """The quotes that ``phrase`` finds in ``text``."""
    automaton = Automaton([(needle, "thing", 0) for needle in needles(phrase)])
    folded = fold(text)
    return [folded.norm[hit.start : hit.end] for hit in automaton.hits(folded.data, folded.norm, 0)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("sign", {"sign", "signs", "signed", "signing"}),
        ("seize", {"seize", "seizes", "seized", "seizing"}),
        ("treaty", {"treaty", "treaties", "treatied", "treatying"}),
        ("deploy", {"deploy", "deploys", "deployed", "deploying"}),
        ("ship", {"ship", "ships", "shipped", "shipping"}),
        ("submit", {"submit", "submits", "submitted", "submitting"}),
        ("send", {"send", "sends", "sent", "sending"}),
        ("withdraw", {"withdraw", "withdraws", "withdrew", "withdrawn", "withdrawing"}),
        ("patrol", {"patrol", "patrols", "patrolled", "patrolling"}),
        ("Marine", {"Marine", "Marines", "Marined", "Marining"}),
    ],
)
def test_forms(word: str, expected: set[str]) -> None:
    assert set(forms(word)) == expected


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("sign~ (a|the|) pact", "They signed the pact, signing pact.", ["signed the pact", "signing pact"]),
        ("ratif*", "Ratification; they ratified it. Gratify.", ["Ratification", "ratified"]),
        ("=US", "The US and us, U.S.", ["US"]),
        ("=U.S.", "The US and us, U.S.", ["U.S."]),
        ("Turkey", "Turkey and turkey", ["Turkey"]),
        ("aircraft carrier", "an aircraft-carrier and aircraft, carrier", ["aircraft-carrier"]),
        ("pact", "impact pacts pact’s", ["pact"]),
        ("Türkiye", "TÜRKIYE Turkiye", ["TÜRKIYE", "Turkiye"]),
        ("war", "(war) 'war' war-weary", ["war", "war", "war"]),
        ("'s aid", "Cuba's aid, Cuba\u2019s aid", ["s aid", "s aid"]),
    ],
)
def test_matches(phrase: str, text: str, expected: list[str]) -> None:
    assert found(phrase, text) == expected


@pytest.mark.parametrize("phrase", ["(a|b", "a | b", "a* b", "=", "...", "(a|b|c|d)" * 12])
def test_what_cannot_be_used_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        needles(phrase)
