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

        Settings of the alerter and the deduper (WIREWATCH_ALERTER_*, WIREWATCH_DEDUPER_*) hold here, too. The deduper
        makes its index again by itself when it finds it lost; this does so without it.
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

    await _rebuild_index(kafka, redis)
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


async def _rebuild_index(kafka: KafkaAccess, redis: RedisAccess) -> None:
    """The deduper's part: its index, and the members of stories with it."""
    import os

    from services.cli.console import err
    from services.deduper.edges.article_log import KafkaArticleLog
    from services.deduper.edges.redis import RedisIndexStore
    from services.deduper.rebuild import Rebuild
    from services.deduper.settings import DeduperSettings
    from services.deduper.vocabularies import Vocabularies
    from services.runtime.process import settings
    from services.runtime.process.clock import SystemClock
    from services.runtime.process.outages import Waiting
    from services.runtime.redis.connection import RedisCalls, connect

    own = {name: value for name, value in os.environ.items() if name.startswith("WIREWATCH_DEDUPER_")}
    window_s = settings.load(DeduperSettings, "deduper", own).window_hours * 3600
    client, clock, waiting = connect(redis), SystemClock(), Waiting()
    store = RedisIndexStore(client, RedisCalls(clock, waiting), window_s=window_s)
    log = KafkaArticleLog(kafka, clock, waiting)
    try:
        report = await Rebuild(store, log, clock, Vocabularies().of, window_s=window_s).run()
    finally:
        await client.aclose()
    err.print(
        f"index: {report.articles} articles and {report.copies} copies on the topics, {report.known} known already, "
        f"{report.undecodable} unreadable"
    )
