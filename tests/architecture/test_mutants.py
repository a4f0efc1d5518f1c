"""The mutants of ``make faults ARGS=--mutants`` still fit the code that they break."""

from __future__ import annotations

from services.runtime.files import shipped as files
from tests.faults.mutants import MUTANTS


def test_every_edit_of_a_mutant_finds_its_text_once() -> None:
    root = files.seeds().parent
    edits = [(path, text) for mutant in MUTANTS for path, text, _ in mutant.edits]
    assert [path for path, text in edits if (root / path).read_text().count(text) != 1] == []
