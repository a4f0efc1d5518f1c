"""Whatever a text holds, its time is bounded: what is counted here is work, so that a slow machine cannot fail it."""

from __future__ import annotations

import pytest

from services.tagger.core import frames, mentions, reading, scoring
from services.tagger.core.tag import MOST_EVENTS, Fields, tag
from tests.support.packs import shipped

TEXTS = {
    "one line of 5 MB": "word " * 1_000_000,
    "a million triggers": "NATO " * 1_000_000,
    "a million triggers on lines": "NATO\n" * 1_000_000,
    "combining characters": "e\u0301 NATO" * 700_000,
    "zero-width characters": "NATO\u200b" * 1_000_000,
    "stops": "NATO. " * 800_000,
    "abbreviations": "U.S. NATO " * 500_000,
    "emoji": "\U0001f600 NATO joins " * 300_000,
    "lone surrogates": "\ud800 NATO " * 500_000,
    "everything": "Russia warship sent USS A join treaty signed Iran tanker seized with Cuba " * 70_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_read_and_scored_is_bounded(name: str) -> None:
    text = TEXTS[name]
    compiled = shipped().compiled
    tagging = tag(Fields(text, text, text, "en"), compiled)
    assert tagging.truncated
    read = reading.read(text, text, text, compiled["en"])
    if read is not None:
        assert len(read.folded.norm) <= reading.MOST_CHARACTERS + 30_000
        assert len(read.sentences) <= reading.MOST_SENTENCES
        assert max((len(sentence.mentions) for sentence in read.sentences), default=0) <= mentions.MOST_HITS
    for found in tagging.tags:
        assert all(e.end - e.start <= 1200 for e in found.evidence)
        assert len(found.events) <= MOST_EVENTS
    assert scoring.STRONGEST < 10
    assert scoring.MOST_READ * frames.MOST_ACT_WORDS <= 4000
