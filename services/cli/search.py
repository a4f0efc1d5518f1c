"""``wirewatch search``: the articles of the archive, in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.family import single
from services.cli.options import ArchiveOption, JsonOption, SinceOption, archive_file, since
from services.runtime.errors import UsageError

if TYPE_CHECKING:
    from services.archive_store.search import Search

app = single()

_Values = list[str] | None


def _filter(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{name}", metavar=name.upper(), help=f"Only {what}; several are alternatives."
    )
    return option


@app.command()
def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help='Words, "a phrase", begin*, a OR b, -without, a NEAR/5 b, title:word.'),
    ] = None,
    topic: Annotated[_Values, _filter("topic", "this topic")] = None,
    act: Annotated[_Values, _filter("act", "this act")] = None,
    actor: Annotated[_Values, _filter("actor", "this actor, by id (RUS)")] = None,
    place: Annotated[_Values, _filter("place", "this place or country, by id")] = None,
    outlet: Annotated[_Values, _filter("outlet", "this outlet")] = None,
    language: Annotated[_Values, _filter("language", "this language (en)")] = None,
    min_severity: Annotated[
        str | None,
        typer.Option("--min-severity", metavar="LEVEL", help="Least severity of an article's alert."),
    ] = None,
    since_text: SinceOption = None,
    best: Annotated[bool, typer.Option("--best", help="The best match first, instead of the newest.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, max=100, help="How many to show.")] = 20,
    watch: Annotated[
        str | None, typer.Option("--watch", metavar="NAME", help="Print the search as a watch of that name instead.")
    ] = None,
    archive: ArchiveOption = None,
    json: JsonOption = False,
) -> None:
    """Search the articles of the archive. Words after -- may begin with a minus: wirewatch search -- navy -parade."""
    from services.archive_store.errors import SearchError
    from services.archive_store.search import Search, understood

    values = {"topic": topic, "act": act, "actor": actor, "place": place, "outlet": outlet, "language": language}
    try:
        query, filters = understood(" ".join(words or ()), min_severity=min_severity, **values)
        asked = Search(
            query=query,
            filters=filters,
            since=since(since_text, datetime.now(UTC)),
            order="rank" if best else "time",
            limit=limit,
        )
        if watch is not None:
            from services.archive_store.watch import watch_of

            typer.echo(watch_of(watch, asked), nl=False)
            return
        _show(archive_file(archive), asked, json=json)
    except SearchError as error:
        raise UsageError(str(error)) from None


def _show(path: Path, asked: Search, *, json: bool) -> None:
    from rich.text import Text

    from services.archive_store.database import reading
    from services.archive_store.search import search
    from services.cli.output import cell, json_lines, out, plain, table, warn

    with reading(path) as db:
        found = search(db, asked)
    if json:
        json_lines(found.hits)
        return
    shown = table("seen", "severity", "outlet", "what", whole=("seen", "severity"))
    for hit in found.hits:
        what = Text(plain(hit.title.text), style="bold")
        if len(what) == len(hit.title.text):
            for start, end in hit.title.marks:
                what.stylize("reverse", start, end)
        what.append("\n" + plain(hit.snippet.text), style="not bold")
        shown.add_row(hit.first_seen_at[:16].replace("T", " "), hit.severity or "", cell(hit.outlet), what)
    out.print(shown)
    if found.count == 0:
        warn("Nothing in the archive matches.")
    elif found.count is not None and found.count > len(found.hits):
        warn(f"{len(found.hits)} of {'more than ' if found.more else ''}{found.count}.")
