"""Which file a command reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

ArchiveOption = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="FILE",
        help="The archive's file; else $WIREWATCH_ARCHIVE_FILE, else that of the `wirewatch up` of this directory.",
    ),
]


def archive_file(option: Path | None) -> Path:
    """The file of the option, of the environment, or where ``wirewatch up`` puts it."""
    if option is not None:
        return option
    if named := os.environ.get("WIREWATCH_ARCHIVE_FILE"):
        return Path(named)
    return Path(os.environ.get("WIREWATCH_LOCAL_HOME") or ".wirewatch") / "archive.db"
