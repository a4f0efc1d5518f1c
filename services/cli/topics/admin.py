"""Topics, users and rights on a broker: created, and compared with what is declared."""

from pathlib import Path

import msgspec
from aiokafka.errors import KafkaError

from services.cli.broker import ANSWER_WITHIN_SECONDS, quiet
from services.cli.output import json_line, out, table, warn
from services.runtime.errors import UsageError
from services.runtime.kafka import acl, scram, topics
from services.runtime.kafka.connection import KafkaAccess


async def create(kafka: KafkaAccess, timeout: float, partitions: int | None, replication: int | None) -> None:
    """Create the declared topics that are missing, and say where an existing one differs."""
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
            warn(
                f"note: {topic.name} has {there.partitions} partitions, {topic.partitions} are declared. "
                "Left as it is: another number would move keys to other partitions."
            )
        if there and there.replicas < wanted:
            warn(
                f"note: {topic.name} has {there.replicas} copies of each partition, {wanted} could be kept. "
                "kafka-reassign-partitions.sh adds copies."
            )


async def grant(kafka: KafkaAccess, file: Path) -> None:
    """Create the users of ``file``, with the rights that the declared topics imply. Raises :class:`UsageError`."""
    passwords = scram.read_passwords(file)
    wanted = acl.rights(topics.read().values())
    users = {right.user for right in wanted}
    if unknown := sorted(passwords.keys() - users):
        raise UsageError(f"{file} names {', '.join(unknown)}, who have no rights: {', '.join(sorted(users))} have.")
    try:
        await scram.apply(kafka, passwords, wanted)
    except KafkaError as error:
        raise UsageError(f"The Kafka at {kafka} went away meanwhile ({error}): try again.") from None
    out.print(f"users    {', '.join(sorted(passwords))}: {sum(r.user in passwords for r in wanted)} rights")


async def show(kafka: KafkaAccess, *, as_json: bool) -> None:
    """Every declared topic beside its state on the broker."""
    quiet()
    declared = topics.read()
    async with topics.admin(kafka, timeout_seconds=ANSWER_WITHIN_SECONDS) as client:
        standing = await topics.found(client, list(declared))
    made = table("topic", "exists", "partitions", "days", "message", "read by", whole=("topic", "message"))
    for topic in declared.values():
        there = standing.get(topic.name)
        days = there.retention_days if there else None
        if as_json:
            json_line(
                {
                    "topic": topic.name,
                    "schema": topic.schema,
                    "exists": there is not None,
                    "partitions": there.partitions if there else None,
                    "retention_days": days,
                    "declared_partitions": topic.partitions,
                    "declared_retention_days": topic.retention_days,
                }
            )
        made.add_row(
            topic.name,
            "[green]yes[/]" if there else "[red]no[/]",
            str(there.partitions) if there else "-",
            f"{days:g}" if days is not None else "-",
            topic.schema,
            ", ".join(topic.consumers) or "you",
        )
    if as_json:
        return
    out.print(made)
    if len(standing) < len(declared):
        warn("Some are missing: `wirewatch topics create` creates them.")
