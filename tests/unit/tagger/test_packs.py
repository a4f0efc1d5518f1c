"""A pack is taken whole or refused with file, line and what is allowed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from services.tagger import library
from services.tagger.core.examples import run_examples
from services.tagger.core.tag import Fields, tag
from services.tagger.errors import PackError
from tests.support.packs import SMALL_PACK, shipped, small


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_shipped_packs_pass_their_own_examples() -> None:
    loaded = shipped()
    assert {pack.topic for pack in loaded.packs} == {"alliances", "naval_moves"}
    assert [f.sentence() for pack in loaded.packs for f in run_examples(pack, loaded.compiled)] == []


def test_a_small_pack(tmp_path: Path) -> None:
    loaded = small(tmp_path)
    (pack,) = loaded.packs
    assert pack.topic == "storms"
    assert pack.version.startswith("2.1-")
    assert list(run_examples(pack, loaded.compiled)) == []


def test_a_long_phrase_of_one_act_does_not_hide_a_shorter_act_at_its_end(tmp_path: Path) -> None:
    more = """  warn:
    verb: warns
    phrases: [set to batter]
    needs: [{with: drill}]
discounts:"""
    loaded = small(tmp_path, SMALL_PACK.replace("discounts:", more))
    found = tag(Fields("Hurricane set to batter Japan", "", "", "en"), loaded.compiled).tags
    assert [event.rule for event in found[0].events] == ["strike"]


NAMED = SMALL_PACK.replace("acts:", "needs:\n  of_two: [{agent: storm, object: state}]\nacts:")


def test_a_need_that_several_acts_share_is_stated_once(tmp_path: Path) -> None:
    loaded = small(tmp_path, NAMED.replace("needs: [{agent: storm, object: state}]", "needs: [of_two]"))
    (pack,) = loaded.packs
    assert [need.name for need in pack.acts[0].needs] == ["of_two"]
    assert list(run_examples(pack, loaded.compiled)) == []
    refused = NAMED.replace("needs: [{agent: storm, object: state}]", "needs: [of_three]")
    with pytest.raises(PackError) as error:
        small(tmp_path, refused)
    assert "`needs` have none called 'of_three'" in str(error.value)


def test_the_version_changes_with_the_content(tmp_path: Path) -> None:
    before = small(tmp_path).packs[0].version
    after = small(tmp_path, SMALL_PACK.replace("0.8", "0.7")).packs[0].version
    assert before != after


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("agent: storm", "agent: strom", "    needs", "did you mean 'storm'?"),
        ("    weight: 0.8", "    wieght: 0.8", "wieght", "did you mean 'weight'?"),
        ("    weight: 0.8", "    weight: 8", "weight: 8", "expected a number"),
        ("object: state}", "parties: two}", "    needs", "expected a whole number"),
        ("storm, hurricane", "storm, no", "storm, no", "put it in quotes"),
        ("storm, hurricane", "(storm, hurricane", "(storm", "parenthesis is not closed"),
        ("[strike, batter]", "[strike, (batter]", "[strike, (", "parenthesis is not closed"),
        ("topic: storms", "topic: Storms!", "topic: Storms!", "lower case letters"),
        ("object: state", "object: sate", "    needs", "did you mean 'state'?"),
        ("  drill: [drill]", "  sea: [drill]", "  sea:", "found without being defined"),
        ("    verbs: [strike, batter]\n    nouns: [landfall]\n", "", "  strike:", "has no words"),
        ("format: 2", "format: 1", "format: 1", "it is written in format 1"),
        ("threshold: 0.5", "threshold: 0.5\nthreshold: 0.6", "threshold: 0.6", "is given twice"),
        (
            "factor: 0.25}",
            "factor: 0.25}\n  - {id: exercise, words: storm, factor: 1}",
            "  - {id: exercise, words: storm",
            "is taken",
        ),
        ("title: Storms", "title: [Storms", "threshold", "not valid YAML"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, old: str, new: str, at: str, says: str) -> None:
    text = SMALL_PACK.replace(old, new, 1)
    with pytest.raises(PackError) as caught:
        small(tmp_path, text)
    problems = [p for p in caught.value.problems if says in p]
    assert problems, caught.value.problems
    assert f"storms.yaml, line {line_of(text, at)}:" in problems[0]


def test_all_problems_of_all_packs_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL_PACK.replace("agent: storm", "agent: x").replace("words: drill", "words: y"))
    (tmp_path / "b.yaml").write_text(SMALL_PACK.replace("format: 2", "format: 9"))
    with pytest.raises(PackError) as caught:
        library.load(tmp_path)
    assert [Path(p.split(",")[0]).name for p in caught.value.problems] == ["a.yaml", "a.yaml", "b.yaml"]


@pytest.mark.parametrize("content", [b"", b"- 1", b"\xff\xfe", b"[" * 3000, b"? {a: 1}\n: 2\n"])
def test_what_is_no_pack_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(PackError):
        library.load(tmp_path)


def test_bombs_and_special_files_are_refused_at_once(tmp_path: Path) -> None:
    bomb = b"a0: &a0 [x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)
    )
    (tmp_path / "bomb.yaml").write_bytes(bomb)
    (tmp_path / "brackets.yaml").write_bytes(b"[" * 200_000)
    (tmp_path / "zeros.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    began = time.process_time()
    with pytest.raises(PackError) as caught:
        library.load(tmp_path)
    assert time.process_time() - began < 2
    assert [Path(p.split(",")[0].split(":")[0]).stem for p in caught.value.problems] == [
        "bomb",
        "brackets",
        "pipe",
        "zeros",
    ]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no topic pack"):
        library.load(tmp_path)


def test_two_packs_cannot_have_one_topic(tmp_path: Path) -> None:
    small(tmp_path)
    with pytest.raises(PackError, match="already that of"):
        small(tmp_path, name="storms2.yaml")
