"""Options that several commands share, each with one name, one metavar and one sentence."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services.local.home import home_in
from services.runtime.errors import UsageError

_RUNNING = "that of the `wirewatch up` running in this directory."


def _a_folder(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("it is empty: name a directory")
    return Path(text)


KafkaOption = Annotated[
    str | None,
    typer.Option("--kafka", metavar="HOST:PORT", help=f"Kafka; else $WIREWATCH_KAFKA, else {_RUNNING}"),
]
RedisOption = Annotated[
    str | None, typer.Option("--redis", metavar="URL", help=f"Redis; else $WIREWATCH_REDIS, else {_RUNNING}")
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        parser=_a_folder,
        metavar="DIR",
        help="Data and logs; else $WIREWATCH_LOCAL_HOME, else .wirewatch.",
    ),
]
PacksOption = Annotated[
    Path | None, typer.Option("--packs", metavar="PATH", help="A folder of topic packs, or one pack; else the shipped.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
ArchiveOption = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="FILE",
        help="The archive's file; else $WIREWATCH_ARCHIVE_FILE, else that of the `wirewatch up` of this directory.",
    ),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Since then: 90m, 24h, 7d, 2026-01-31 or RFC 3339.")
]

_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def archive_file(option: Path | None) -> Path:
    """The file of the option, of the environment, or where ``wirewatch up`` puts it."""
    named = option or os.environ.get("WIREWATCH_ARCHIVE_FILE")
    return Path(named) if named else home_in(os.environ).path / "archive.db"


def span(text: str) -> timedelta | None:
    """``90m``, ``24h``, ``7d``; None for anything else."""
    found = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def since(text: str | None, now: datetime) -> datetime | None:
    """The moment that ``--since`` names: a span before ``now``, the beginning of a day in UTC, or a time.

    Raises :class:`UsageError`.
    """
    if text is None:
        return None
    try:
        if (before := span(text)) is not None:
            return now - before
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        found = None
    if found is not None and _DAY.fullmatch(text):
        return found.replace(tzinfo=UTC)
    if found is None or found.tzinfo is None:
        raise UsageError(f"--since is {text!r}: give 90m, 24h, 7d, a day (2026-01-31) or a time with its offset.")
    return found
