"""A topic can be added by following the documentation, without touching code."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from services.tagger import library
from services.tagger.core.examples import run_examples
from services.tagger.core.names import BUILT_IN
from services.tagger.core.tag import Fields, tag
from tests.support.packs import shipped

ROOT = Path(__file__).resolve().parents[3]
PACK = ROOT / "tests" / "golden" / "tagger" / "border_clashes.yaml"


def test_the_third_pack_passes_its_examples() -> None:
    loaded = library.load(PACK)
    assert [f.sentence() for f in run_examples(loaded.packs[0], loaded.compiled)] == []


def test_it_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    for path in (PACK, *library.default_folder().glob("*.yaml")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    loaded = library.load(tmp_path)
    text = "India and Pakistan exchanged fire across the border. Finland joined NATO on Tuesday."
    tags = tag(Fields("", "", text, "en"), loaded.compiled).tags
    assert {found.topic for found in tags} == {"alliances", "border_clashes"}
    alone = tag(Fields("", "", text, "en"), shipped().compiled).tags
    assert [found.topic for found in alone] == ["alliances"]


def test_the_documentation_names_what_there_is() -> None:
    page = (ROOT / "docs" / "topic-packs.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    assert named >= BUILT_IN
    vocabulary = yaml.safe_load((ROOT / "seeds" / "vocabulary.yaml").read_text(encoding="utf-8"))
    assert all(f"`{name}`" in page for name in vocabulary["things"])
    assert "first 120,000 characters" in page
