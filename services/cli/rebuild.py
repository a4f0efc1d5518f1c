"""``wirewatch rebuild``: stories and alerts in Redis, made again from Kafka."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.addresses import KafkaOption, RedisOption

if TYPE_CHECKING:
    from services.alerter.rebuild import Report
    from services.runtime.kafka.connection import KafkaAccess, RedisAccess


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def rebuild(
        kafka: KafkaOption = None,
        redis: RedisOption = None,
        as_json: Annotated[bool, typer.Option("--json", help="The counts as one line of JSON.")] = False,
    ) -> None:
        """Put back into Redis what it lacks of stories and alerts, from the topics. Removes nothing; can be repeated.

        Settings of the alerter (WIREWATCH_ALERTER_*) hold here, too. The deduper's index is in no topic: after a loss
        it fills again by itself, and until then a copy of an older article is taken for news.
        """
        import asyncio

        from services.cli import addresses
        from services.cli.console import json_line, out

        report = asyncio.run(_run(addresses.kafka(kafka), addresses.redis(redis)))
        if as_json:
            json_line(dataclasses.asdict(report))
            return
        out.print(
            f"{report.alerts} alerts and {report.dossiers} dossiers on the topics; {report.restored} put back, "
            f"{report.opened} of them never published before; {report.members} story members put back"
        )
        if report.undecodable:
            out.print(f"{report.undecodable} messages could not be read and were passed over")


async def _run(kafka: KafkaAccess, redis: RedisAccess) -> Report:
    import os
    from datetime import timedelta

    from services.alerter import severity_file
    from services.alerter.edges.redis import RedisAlertStore, RedisStories, RedisStoryWriter
    from services.alerter.edges.topics import KafkaLog
    from services.alerter.rebuild import Rebuild
    from services.alerter.settings import AlerterSettings
    from services.runtime.files import shipped as files
    from services.runtime.process import settings
    from services.runtime.process.clock import SystemClock
    from services.runtime.process.outages import Waiting
    from services.runtime.redis.connection import RedisCalls, connect

    own = {name: value for name, value in os.environ.items() if name.startswith("WIREWATCH_ALERTER_")}
    chosen = settings.load(AlerterSettings, "alerter", own)
    client, clock = connect(redis), SystemClock()
    calls = RedisCalls(clock, Waiting())
    store = RedisAlertStore(
        client,
        calls,
        clock,
        retention_days=chosen.retention_days,
        closed_retention_days=chosen.closed_retention_days,
        stream_revisions=chosen.stream_revisions,
    )
    try:
        return await Rebuild(
            log=KafkaLog(kafka),
            store=store,
            stories=RedisStories(client, calls),
            writer=RedisStoryWriter(client, calls),
            rules=severity_file.load(chosen.severity_file or files.seeds() / "severity.yaml"),
            stale_after=timedelta(hours=chosen.stale_after_hours),
            clock=clock,
        ).run()
    finally:
        await client.aclose()
