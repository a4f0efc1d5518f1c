"""What a person types: ``wirewatch archive``."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.family import family
from services.cli.options import ArchiveOption, JsonOption, SinceOption, archive_file, since
from services.cli.output import json_line, say, shorten, warn

app = family("Check the quotes of every alert in the archive, and export the proof of one.")


@app.command()
def verify(since_text: SinceOption = None, archive: ArchiveOption = None, json: JsonOption = False) -> None:
    """Check every quote of every alert against the stored text, and every text against its hash.

    A quote whose article has been dropped or has not come yet is named, too. Exit code 1: not all of them stand.
    """
    from services.archive_store.database import reading
    from services.archive_store.reader import PROBLEMS, quote_checks

    counts: Counter[str] = Counter()
    with reading(archive_file(archive), seconds=None) as db:
        for one in quote_checks(db, since=since(since_text, datetime.now(UTC))):
            counts[one.problem] += 1
            if one.problem and json:
                json_line(one)
            elif one.problem:
                place = f"alert {one.alert_id}, revision {one.revision}"
                article = f", article {one.article_id}: “{shorten(one.quote, 80)}”" if one.article_id else ""
                warn(f"{place}{article}: {PROBLEMS[one.problem]}.")
    wrong = counts.total() - counts[""]
    if json:
        json_line({"quotes": counts.total(), "stand": counts[""], **{name: counts[name] for name in PROBLEMS}})
    else:
        say(f"{counts.total()} quotes checked, {counts['']} stand in the stored texts, {wrong} do not.")
    if wrong:
        raise typer.Exit(1)


@app.command()
def export(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The id of an alert, or its beginning.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where to write it; else wirewatch-<alert> here.")
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Write an alert, its sources and their hashes for somebody who has no Wirewatch.

    The folder has alert.json, alert.html to read, and verify.py, which checks it: python3 verify.py alert.json
    """
    from services.cli.archive.export import write

    folder, digest = write(archive_file(archive), alert, to, datetime.now(UTC))
    say(f"{folder}: alert.json (SHA-256 {digest}), alert.html, verify.py")
    say(f"To check it: cd {folder} && python3 verify.py alert.json")
