"""``wirewatch packs``: check, explain and begin topic packs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PacksOption = Annotated[
    Path | None, typer.Option("--packs", help="A folder of topic packs, or one pack; the shipped ones by default.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    packs = typer.Typer(help="Topic packs: what makes an article belong to a topic.", no_args_is_help=True)
    packs.command("check")(check)
    app.add_typer(packs, name="packs")


def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of packs, or one pack; else the shipped ones.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
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
                err.print(f"[bold red]error:[/] {problem}", soft_wrap=True)
        raise typer.Exit(2) from None
    failures = [failure for pack in loaded.packs for failure in run_examples(pack, loaded.compiled)]
    if json:
        packs = [{"id": pack.id, "file": pack.file, "examples": len(pack.examples)} for pack in loaded.packs]
        json_line({"ok": not failures, "packs": packs, "failures": failures})
    else:
        for pack in loaded.packs:
            failed = sum(failure.topic == pack.topic for failure in failures)
            verdict = f"[red]{failed} failed[/]" if failed else "[green]all as expected[/]"
            out.print(f"{pack.id}: {len(pack.rules)} rules, {len(pack.examples)} examples, {verdict}", soft_wrap=True)
        for failure in failures:
            err.print(f"[bold red]example:[/] {failure.sentence()}", soft_wrap=True, markup=True)
    if failures:
        raise typer.Exit(1)
