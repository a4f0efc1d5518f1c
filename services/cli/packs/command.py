"""What a person types: ``wirewatch packs``."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli import addresses
from services.cli.family import family
from services.cli.options import JsonOption, KafkaOption, PacksOption, SinceOption, since
from services.cli.output import error, json_line, out, say, warn
from services.cli.packs import explain as explaining
from services.runtime.errors import UsageError
from services.tagger import library
from services.tagger.core.backtest import Backtest
from services.tagger.core.examples import run_examples
from services.tagger.core.explain import explain as explain_article
from services.tagger.errors import PackError
from services.tagger.template import pack_template

app = family("Write, check, explain and try topic packs: what makes an article belong to a topic.")


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A folder of packs, or one pack; else the shipped ones.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check packs and run their examples. Exit code 2: a pack cannot be used; 1: an example failed."""
    try:
        loaded = library.load(folder or library.default_folder())
    except PackError as refused:
        if json:
            json_line({"ok": False, "problems": refused.problems})
        else:
            for problem in refused.problems:
                error(problem)
        raise typer.Exit(2) from None
    failures = [failure for pack in loaded.in_languages for failure in run_examples(pack, loaded.compiled)]
    if json:
        packs = [
            {"id": pack.id, "file": pack.file, "language": pack.language, "examples": len(pack.examples)}
            for pack in loaded.in_languages
        ]
        json_line({"ok": not failures, "packs": packs, "failures": failures})
    else:
        for pack in loaded.in_languages:
            failed = sum(failure.file == pack.file for failure in failures)
            verdict = f"[red]{failed} failed[/]" if failed else "[green]all as expected[/]"
            told = sum(bool(act.verbs or act.passive or act.nouns or act.phrases) for act in pack.acts)
            out.print(
                f"{pack.id} {pack.language}: {told} acts, {len(pack.examples)} examples, {verdict}", soft_wrap=True
            )
        for failure in failures:
            warn("example: " + failure.sentence())
    if failures:
        raise typer.Exit(1)


@app.command()
def new(
    topic: Annotated[
        str, typer.Argument(metavar="TOPIC", help="The topic's name: lower case letters, digits and underscores.")
    ],
    folder: Annotated[
        Path, typer.Option("--in", metavar="DIR", help="The folder to write TOPIC.yaml to.", show_default="here")
    ] = Path(),
) -> None:
    """Write a small pack to start from, with a comment on each part. It finds protests until you change it."""
    try:
        text = pack_template(topic)
    except ValueError as refused:
        raise UsageError(str(refused)) from None
    path = folder / f"{topic}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already; give another topic or another folder.") from None
    except OSError as refused:
        raise UsageError(f"{path}: cannot be written: {refused.strerror}.") from None
    say(f"{path}: written. It finds protests: replace title, things, acts and examples.")
    say(f"Then run: wirewatch packs check {path}")


@app.command()
def explain(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A text, or JSON Lines of articles with id, title and text.")
    ],
    packs: PacksOption = None,
    json: JsonOption = False,
) -> None:
    """Show why an article got its topics or did not: the events read, their weights, and near misses."""
    compiled = library.load(packs or library.default_folder()).compiled
    for name, fields in explaining.articles_of(file):
        topics = explain_article(fields, compiled)
        if json:
            json_line({"id": name, "topics": topics})
        else:
            explaining.show(name, topics)


@app.command()
def backtest(
    packs: PacksOption = None,
    add: Annotated[
        Path | None,
        typer.Option("--add", metavar="PATH", help="A pack or folder to try beside the others: only its topics count."),
    ] = None,
    since_text: SinceOption = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="JSON Lines of articles, instead of those that Kafka still holds."),
    ] = None,
    in_force: Annotated[
        Path | None, typer.Option("--in-force", metavar="PATH", help="The packs to compare with; else the shipped.")
    ] = None,
    examples: Annotated[
        int, typer.Option(metavar="N", help="How many gained and lost tags to quote for each topic.")
    ] = 10,
    kafka: KafkaOption = None,
    json: JsonOption = False,
) -> None:
    """Run packs over past articles beside the ones in force: what is gained, what is lost, how much a day."""
    from services.cli.packs import backtest as trial

    if packs and add:
        raise UsageError("Give --packs (all packs, as they would be) or --add (one more), not both.")
    start = since(since_text, datetime.now(UTC))
    after = library.load(add or packs or library.default_folder())
    before = library.load(in_force or library.default_folder())
    articles = trial.from_file(file, start) if file else trial.from_topic(addresses.kafka(kafka), start)
    shown = {pack.topic for pack in (*after.packs, *(() if add else before.packs))}
    test = Backtest(before.compiled, after.compiled, examples=examples)
    asyncio.run(trial.run(test, articles, shown, as_json=json))
