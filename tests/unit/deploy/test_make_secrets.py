"""The secrets of the Compose stack are random, made once, and readable by their owner and group only."""

from __future__ import annotations

import importlib.util
import stat
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.deploy.compose import ROOT, services


@pytest.fixture
def make_secrets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/docker/make_secrets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(make_secrets: ModuleType, tmp_path: Path) -> Path:
    for name in make_secrets.SECRETS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.glob("*/*")}


def test_made_once_and_kept(make_secrets: ModuleType, folder: Path) -> None:
    assert make_secrets.main([str(folder)]) == 0
    first = contents(folder)
    assert set(first) == set(make_secrets.SECRETS)
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 32 for value in first.values())
    assert make_secrets.main([str(folder)]) == 0
    assert contents(folder) == first


def test_nobody_else_can_read_them(make_secrets: ModuleType, folder: Path) -> None:
    make_secrets.make(folder)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("*/*")} == {0o440}


def test_never_said_aloud(make_secrets: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_secrets.main([str(folder)])
    said = capsys.readouterr()
    for content in contents(folder).values():
        assert content.split()[-1] not in said.out + said.err


def test_a_folder_that_is_not_there(
    make_secrets: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_secrets.main([str(tmp_path / "absent")]) == 2
    assert f"cannot write to {tmp_path / 'absent'}" in capsys.readouterr().err


def test_each_folder_is_a_volume_seen_only_by_who_needs_it(make_secrets: ModuleType) -> None:
    folders = {name.split("/")[0] for name in make_secrets.SECRETS}
    seen = {
        (name, volume.split(":")[0])
        for name, definition in services().items()
        for volume in definition.get("volumes", ())
        if "secrets" in volume
    }
    assert seen == {("secrets", f"{name}-secrets") for name in folders} | {
        (name, f"{name}-secrets") for name in folders
    }
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    for name in folders:
        assert f"/var/lib/wirewatch/secrets/{name}" in dockerfile
