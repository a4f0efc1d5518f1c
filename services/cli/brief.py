"""``wirewatch brief``: the last day or week in Markdown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli.archive.file import ArchiveOption, archive_file
from services.cli.family import single

app = single()


@app.command()
def brief(
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=31, help="How many days back.")] = 1,
    archive: ArchiveOption = None,
) -> None:
    """Write what the alerts of the last days say, with their sources, in Markdown. Nothing is generated.

    To send it: wirewatch brief --days 7 | mail -s "The week" desk@example.org
    """
    from services.archive_store.brief import brief as written
    from services.archive_store.database import reading

    with reading(archive_file(archive)) as db:
        typer.echo(written(db, datetime.now(UTC), days=days), nl=False)
