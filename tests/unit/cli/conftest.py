"""Running commands as a person does, and putting back what they set for the whole process."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
import typer
from typer.testing import CliRunner

from services.cli.app import build


@pytest.fixture
def process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No address from the environment or the working directory; logging as before."""
    for variable in ("WIREWATCH_KAFKA", "WIREWATCH_REDIS", "WIREWATCH_API_URL", "WIREWATCH_LOCAL_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def app() -> typer.Typer:
    """The whole application."""
    return build()


@pytest.fixture
def runner() -> CliRunner:
    """Runs a command and keeps its output."""
    return CliRunner()
