"""The sentences of ``tests/golden/tagger/wire_sentences.txt``, and what the packs say of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.tagger.core.languages import Languages
from services.tagger.core.tag import Fields, tag

LETTERS = {"alliances": "A", "naval_moves": "N"}
_FILE = Path(__file__).resolve().parents[1] / "golden" / "tagger" / "wire_sentences.txt"


@dataclass(frozen=True, slots=True)
class WireSentence:
    """A text with the letters of the topics it should get."""

    text: str
    wanted: str


def wire_sentences() -> list[WireSentence]:
    """All of them, in the order of the file."""
    lines = [line for line in _FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [WireSentence(text, wanted) for wanted, text in (line.split("\t", 1) for line in lines)]


def found_in(sentence: WireSentence, languages: Languages) -> set[str]:
    """The topics given: a sentence with a full stop is read as a text, any other as a headline."""
    text = sentence.text
    fields = Fields("", "", text, "en") if text.endswith(".") else Fields(text, "", "", "en")
    return {found.topic for found in tag(fields, languages).tags}
