"""Running commands as a person does, and putting back what they set for the whole process."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from services.cli.app import build


@pytest.fixture
def process_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, logging_as_it_was: None
) -> None:
    """No address from the environment or the working directory; logging as before."""
    for variable in ("WIREWATCH_KAFKA", "WIREWATCH_REDIS", "WIREWATCH_LOCAL_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))


@pytest.fixture
def app() -> typer.Typer:
    """The whole application."""
    return build()


@pytest.fixture
def runner() -> CliRunner:
    """Runs a command and keeps its output."""
    return CliRunner()
