"""``wirewatch tag``: the topics of articles on standard input, in process, with no server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tag")(tag)


def tag(
    packs: Annotated[
        Path | None, typer.Option(help="A folder of topic packs, or one pack; the shipped ones by default.")
    ] = None,
) -> None:
    """Tag articles: JSON Lines with id, title and text on standard input, one line of tags for each on output.

    start and end count characters of that field of the input, from 0; end is the first after the quote. A line that
    is not an article is named on standard error, the rest goes on, and the exit code is 1.
    """
    from services.cli import jsonl
    from services.cli.console import json_line
    from services.runtime.errors import UsageError
    from services.tagger import library
    from services.tagger.core.tag import Fields
    from services.tagger.core.tag import tag as tag_article

    folder = packs or library.default_folder()
    if not folder.exists():
        raise UsageError(f"{folder}: there is no such folder or file; give --packs a folder of topic packs.")
    compiled = library.load(folder).compiled
    bad = False
    for _, article in jsonl.read(sys.stdin.buffer, name="standard input"):
        if isinstance(article, jsonl.BadLine):
            typer.echo(article.message, err=True)
            bad = True
            continue
        fields = Fields(article.title, article.summary or "", article.text, article.language)
        tags = tag_article(fields, compiled).tags
        json_line({"id": article.id, "tags": tags})
    if bad:
        raise typer.Exit(1)
