"""docs/commands.md speaks of every command there is, and of none and no option that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
import typer.main

from services.cli.app import build

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command by its full name."""
    if not hasattr(command, "list_commands"):
        yield name, command
        return
    context = typer.Context(command)
    for child in command.list_commands(context):
        yield from commands(command.get_command(context, child), f"{name} {child}")


def known() -> dict[str, Any]:
    return dict(commands(typer.main.get_command(build()), "wirewatch"))


def test_every_command_is_documented() -> None:
    assert [name for name in known() if f"`{name}" not in PAGE] == []


def test_every_documented_command_exists() -> None:
    first_words = {name.split()[1] for name in known()}
    named = set(re.findall(r"(?:^### `|\| `)wirewatch ((?:[a-z]+ ?)+)", PAGE, flags=re.MULTILINE))
    assert named
    assert {name.strip() for name in named} <= {name.removeprefix("wirewatch ") for name in known()}
    assert first_words <= {name.split()[0] for name in named}


def test_every_documented_option_exists() -> None:
    there = {option for command in known().values() for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"`(--?[a-z][a-z-]*)", PAGE)) <= there
