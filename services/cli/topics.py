"""``wirewatch topics``: the topics of schemas/topics.yaml on a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import addresses
from services.cli.console import err, json_line, out
from services.runtime.errors import UsageError
from services.runtime.kafka.connection import KafkaAccess

if TYPE_CHECKING:
    from services.runtime.kafka.acl import Right


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    topics = typer.Typer(
        help="Create the Kafka topics that the line needs, or see how they stand.", no_args_is_help=True
    )
    topics.command("create")(create)
    topics.command("list")(list_topics)
    app.add_typer(topics, name="topics")


def create(
    kafka: addresses.KafkaOption = None,
    timeout: Annotated[float, typer.Option(help="Wait this long for the broker to answer.", metavar="SECONDS")] = 60,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="For all topics of articles and alerts, instead of topics.yaml's number.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each partition; else one a broker, and at most 3.")
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(
            "--users", metavar="FILE", help="Also make these users (lines of a name and a password), with their rights."
        ),
    ] = None,
) -> None:
    """Create the topics that are absent. Safe to run again; what is there is left as it is."""
    asyncio.run(_create(addresses.kafka(kafka), timeout, partitions, replication))
    if users is not None:
        asyncio.run(_grant(addresses.kafka(kafka), users))


def list_topics(
    kafka: addresses.KafkaOption = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """What each topic carries, and how it stands on the broker."""
    asyncio.run(_list(addresses.kafka(kafka), as_json=json))


async def _create(kafka: KafkaAccess, timeout: float, partitions: int | None, replication: int | None) -> None:
    import msgspec

    from services.cli.broker import quiet
    from services.runtime.kafka import topics

    quiet()
    declared = list(topics.read().values())
    if partitions:
        declared = [t if t.partitions == 1 else msgspec.structs.replace(t, partitions=partitions) for t in declared]
    async with topics.admin(kafka, timeout_seconds=timeout) as client:
        created = await topics.create(client, declared, replication=replication)
        standing = await topics.found(client, [topic.name for topic in declared])
        wanted = replication or min(3, await topics.brokers(client))
    for topic in declared:
        if topic.name in created:
            out.print(f"created  {topic.name} ({topic.partitions} partitions, {topic.retention_days} days)")
            continue
        there = standing.get(topic.name)
        out.print(f"present  {topic.name}")
        if there and there.partitions != topic.partitions:
            err.print(
                f"note: {topic.name} has {there.partitions} partitions, {topic.partitions} are declared. "
                "Left as it is: another number would move keys to other partitions."
            )
        if there and there.replicas < wanted:
            err.print(
                f"note: {topic.name} has {there.replicas} copies of each partition, {wanted} could be kept. "
                "kafka-reassign-partitions.sh adds copies."
            )


async def _grant(kafka: KafkaAccess, file: Path) -> None:
    from aiokafka.errors import KafkaError

    from services.runtime.kafka import acl as rights
    from services.runtime.kafka import scram as users
    from services.runtime.kafka import topics

    passwords = users.read_passwords(file)
    wanted = rights.rights(topics.read().values())
    if strangers := sorted(passwords.keys() - {right.user for right in wanted}):
        raise UsageError(f"{file} names {', '.join(strangers)}, who have no rights: {', '.join(_users(wanted))} have.")
    try:
        await users.apply(kafka, passwords, wanted)
    except KafkaError as error:
        raise UsageError(f"The Kafka at {kafka} went away meanwhile ({error}): try again.") from None
    out.print(f"users    {', '.join(sorted(passwords))}: {sum(r.user in passwords for r in wanted)} rights")


def _users(wanted: Sequence[Right]) -> list[str]:
    return sorted({right.user for right in wanted})


async def _list(kafka: KafkaAccess, *, as_json: bool) -> None:
    from rich.table import Table

    from services.cli.broker import ANSWER_WITHIN_SECONDS, quiet
    from services.runtime.kafka import topics

    quiet()
    declared = topics.read()
    async with topics.admin(kafka, timeout_seconds=ANSWER_WITHIN_SECONDS) as client:
        standing = await topics.found(client, list(declared))
    if as_json:
        for topic in declared.values():
            there = standing.get(topic.name)
            json_line(
                {
                    "topic": topic.name,
                    "schema": topic.schema,
                    "exists": there is not None,
                    "partitions": there.partitions if there else None,
                    "retention_days": there.retention_days if there else None,
                    "declared_partitions": topic.partitions,
                    "declared_retention_days": topic.retention_days,
                }
            )
        return
    table = Table("topic", "there", "parts", "days", "message", "read by")
    for column in (0, 4):
        table.columns[column].no_wrap = True
    for topic in declared.values():
        there = standing.get(topic.name)
        days = there.retention_days if there else None
        table.add_row(
            topic.name,
            "[green]yes[/]" if there else "[red]no[/]",
            str(there.partitions) if there else "-",
            f"{days:g}" if days is not None else "-",
            topic.schema,
            ", ".join(topic.consumers) or "you",
        )
    out.print(table)
    if len(standing) < len(declared):
        err.print("Some are missing: `wirewatch topics create` makes them.")
