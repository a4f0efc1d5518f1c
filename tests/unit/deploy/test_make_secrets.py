"""The secrets of the Compose stack are random, made once, and readable by their owner and group only."""

from __future__ import annotations

import importlib.util
import stat
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.deploy.compose import ROOT


@pytest.fixture
def make_secrets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/docker/make_secrets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_made_once_and_kept(make_secrets: ModuleType, tmp_path: Path) -> None:
    assert make_secrets.main([str(tmp_path)]) == 0
    first = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert set(first) == set(make_secrets.NAMES)
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 32 for value in first.values())
    assert make_secrets.main([str(tmp_path)]) == 0
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == first


def test_nobody_else_can_read_them(make_secrets: ModuleType, tmp_path: Path) -> None:
    make_secrets.make(tmp_path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o440}


def test_never_said_aloud(make_secrets: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_secrets.main([str(tmp_path)])
    said = capsys.readouterr()
    for file in tmp_path.iterdir():
        assert file.read_text() not in said.out + said.err


def test_a_folder_that_is_not_there(
    make_secrets: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_secrets.main([str(tmp_path / "absent")]) == 2
    assert f"cannot write to {tmp_path / 'absent'}" in capsys.readouterr().err
