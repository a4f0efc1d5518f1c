"""What a person types: ``wirewatch send``."""

from typing import Annotated

import typer

from services.cli import addresses
from services.cli.family import single
from services.cli.options import KafkaOption

app = single()


@app.command()
def send(
    file: Annotated[str, typer.Argument(help="A JSONL file; - reads standard input.", metavar="FILE")] = "-",
    kafka: KafkaOption = None,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Mark completed articles as known history: they open no alert.")
    ] = False,
) -> None:
    """Send articles into the pipeline, one JSON object a line.

    A line needs id, and title or text; it becomes an article of the feed 'import'. A line of `wirewatch parse` or of
    the articles topic is sent as it is. A bad line is named and the rest goes on (exit code 1).
    """
    from services.cli.send import sending

    if sending.run(file, addresses.kafka(kafka), backfill=backfill):
        raise typer.Exit(1)
