"""What a person types: ``wirewatch topics``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.cli import addresses
from services.cli.family import family
from services.cli.options import JsonOption, KafkaOption

app = family("Create the Kafka topics that the pipeline needs, or show their state.")


@app.command()
def create(
    kafka: KafkaOption = None,
    timeout: Annotated[float, typer.Option(help="How long to wait for the broker.", metavar="SECONDS")] = 60,
    partitions: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Partitions of the topics of articles and alerts; else as declared."),
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Copies of each partition; else one per broker, at most 3.")
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option("--users", metavar="FILE", help="Also create these users (a name and a password per line)."),
    ] = None,
) -> None:
    """Create the missing topics. Existing topics are left as they are, so it is safe to run again."""
    from services.cli.topics import admin

    asyncio.run(admin.create(addresses.kafka(kafka), timeout, partitions, replication))
    if users is not None:
        asyncio.run(admin.grant(addresses.kafka(kafka), users))


@app.command("list")
def list_topics(kafka: KafkaOption = None, json: JsonOption = False) -> None:
    """Show what each topic carries, and its state on the broker."""
    from services.cli.topics import admin

    asyncio.run(admin.show(addresses.kafka(kafka), as_json=json))
