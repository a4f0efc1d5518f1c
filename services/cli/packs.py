"""``wirewatch packs``: begin, check, explain and try out topic packs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli import addresses

PacksOption = Annotated[
    Path | None, typer.Option("--packs", help="A folder of topic packs, or one pack; the shipped ones by default.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON for machines instead of text for people.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    packs = typer.Typer(help="Topic packs: what makes an article belong to a topic.", no_args_is_help=True)
    packs.command("check")(check)
    packs.command("new")(new)
    packs.command("explain")(explain)
    packs.command("backtest")(backtest)
    app.add_typer(packs, name="packs")


def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of packs, or one pack; else the shipped ones.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check packs and run their examples. Exit code 2: a pack cannot be used; 1: an example failed."""
    from services.cli.console import err, json_line, out
    from services.tagger import library
    from services.tagger.core.examples import run_examples
    from services.tagger.errors import PackError

    try:
        loaded = library.load(folder or library.default_folder())
    except PackError as error:
        if json:
            json_line({"ok": False, "problems": error.problems})
        else:
            for problem in error.problems:
                err.print("error: " + problem, soft_wrap=True, markup=False, style="red")
        raise typer.Exit(2) from None
    failures = [failure for pack in loaded.packs for failure in run_examples(pack, loaded.compiled)]
    if json:
        packs = [{"id": pack.id, "file": pack.file, "examples": len(pack.examples)} for pack in loaded.packs]
        json_line({"ok": not failures, "packs": packs, "failures": failures})
    else:
        for pack in loaded.packs:
            failed = sum(failure.topic == pack.topic for failure in failures)
            verdict = f"[red]{failed} failed[/]" if failed else "[green]all as expected[/]"
            out.print(f"{pack.id}: {len(pack.acts)} acts, {len(pack.examples)} examples, {verdict}", soft_wrap=True)
        for failure in failures:
            err.print("example: " + failure.sentence(), soft_wrap=True, markup=False)
    if failures:
        raise typer.Exit(1)


def new(
    topic: Annotated[str, typer.Argument(help="The topic's name: lower case letters, digits and underscores.")],
    folder: Annotated[Path, typer.Option("--in", help="The folder to write <topic>.yaml to.")] = Path(),
) -> None:
    """Write a small pack that works, with a comment on each part, to begin from."""
    from services.cli.console import out
    from services.runtime.errors import UsageError
    from services.tagger.template import pack_template

    try:
        text = pack_template(topic)
    except ValueError as error:
        raise UsageError(str(error)) from None
    path = folder / f"{topic}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path}: the file is there already; give another topic or another folder.") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}.") from None
    out.print(f"{path}: written. Change it, then run: wirewatch packs check {path}", soft_wrap=True, markup=False)


def explain(
    file: Annotated[Path, typer.Argument(help="A text, or JSON Lines of articles with id, title and text.")],
    packs: PacksOption = None,
    json: JsonOption = False,
) -> None:
    """Show why an article got its topics or did not: events read, weights, and what was missing."""
    from services.cli.console import json_line, out
    from services.cli.explanation import articles_of, render
    from services.tagger import library
    from services.tagger.core.explain import explain as explain_article

    compiled = library.load(packs or library.default_folder()).compiled
    for name, fields in articles_of(file):
        topics = explain_article(fields, compiled)
        if json:
            json_line({"id": name, "topics": topics})
        else:
            render(name, topics, out)


def backtest(
    packs: PacksOption = None,
    since: Annotated[
        str | None, typer.Option(help="Only articles first seen since then: 2026-01-31 or RFC 3339.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="JSON Lines of articles, instead of those that Kafka still holds.")
    ] = None,
    in_force: Annotated[
        Path | None, typer.Option("--in-force", help="The packs to compare with; the shipped ones by default.")
    ] = None,
    examples: Annotated[int, typer.Option(help="How many gained and lost tags are quoted for each topic.")] = 10,
    kafka: addresses.KafkaOption = None,
    json: JsonOption = False,
) -> None:
    """Run packs over past articles beside the ones in force: what is gained, what is lost, how much a day."""
    from services.cli import backtesting

    backtesting.run(
        packs=packs, since=since, file=file, in_force=in_force, examples=examples, kafka=kafka, as_json=json
    )
