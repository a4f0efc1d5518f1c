"""``wirewatch tag``: the topics of articles on standard input, in process, with no server."""

import typer

from services.cli import articles
from services.cli.family import single
from services.cli.options import PacksOption
from services.cli.output import json_line
from services.runtime.errors import UsageError
from services.tagger import library
from services.tagger.core.tag import Fields
from services.tagger.core.tag import tag as tag_article

app = single()


@app.command()
def tag(packs: PacksOption = None) -> None:
    """Tag the articles on standard input: one line of tags for each, as JSON.

    Lines are JSON objects with id, title and text. start and end count characters of that field, from 0; end is the
    first after the quote. A bad line is named on standard error, the rest goes on, and the exit code is 1.
    """
    folder = packs or library.default_folder()
    if not folder.exists():
        raise UsageError(f"{folder}: there is no such folder or file; give --packs a folder of topic packs.")
    compiled = library.load(folder).compiled
    bad = False
    for article in articles.on_standard_input():
        if article is None:
            bad = True
            continue
        fields = Fields(article.title, article.summary or "", article.text, article.language)
        json_line({"id": article.id, "tags": tag_article(fields, compiled).tags})
    if bad:
        raise typer.Exit(1)
