"""What a person types: ``wirewatch dead``."""

import asyncio
from typing import Annotated

import typer
from msgspec import to_builtins

from services.cli import addresses
from services.cli.family import family
from services.cli.options import JsonOption, KafkaOption
from services.cli.output import json_lines, out, warn
from services.runtime.errors import UsageError

app = family("Show what could not be processed and why, and send it again.")


@app.command("list")
def list_letters(
    kafka: KafkaOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the newest N.")] = 50,
) -> None:
    """List the newest dead letters, oldest first."""
    from services.cli.dead import letters

    found = asyncio.run(letters.read(addresses.kafka(kafka)))
    shown = found.letters[-limit:]
    if json:
        json_lines({**to_builtins(letter), "replayed": letter.id in found.replayed} for letter in shown)
    else:
        out.print(letters.as_table(shown, found.replayed))
        waiting = len(found.letters) - len(found.replayed)
        out.print(f"{len(found.letters)} dead letters, {waiting} not replayed; {len(shown)} shown")
    if found.unreadable:
        warn(f"{found.unreadable} records of the dead-letter topic are no dead letters and were skipped.")


@app.command()
def replay(
    kafka: KafkaOption = None,
    only: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="This one; may be given several times.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were not replayed yet.")] = False,
    reason: Annotated[str | None, typer.Option(metavar="REASON", help="Of these, only those with this reason.")] = None,
) -> None:
    """Send dead letters back to the topic they came from, each once.

    What fails again becomes a new dead letter with one more attempt.
    """
    from services.cli.dead import letters

    if bool(only) == everything and not (reason and not only):
        raise UsageError("Choose what to replay: --id ID, or --all, or --reason REASON.")
    if asyncio.run(letters.replay(addresses.kafka(kafka), only=only or [], reason=reason)):
        raise typer.Exit(1)
