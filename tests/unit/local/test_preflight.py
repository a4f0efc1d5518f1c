"""Topic packs are read before the start only where somebody wrote some."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.local import preflight
from services.runtime.errors import UsageError
from services.runtime.process import telemetry
from services.tagger import library


def test_the_packs_that_ship_are_left_to_the_tagger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(library, "load", lambda *folders: read.extend(folders))
    preflight.check({})
    preflight.check({"WIREWATCH_TAGGER_PACKS": str(tmp_path)})
    assert read == []


def test_a_mistake_in_a_pack_of_ones_own_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("format: 2\n")
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        preflight.check({"WIREWATCH_TAGGER_PACKS": str(tmp_path)})


def test_a_missing_package_for_traces_is_said_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'wirewatch\[otlp\]'"):
        preflight.check({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
