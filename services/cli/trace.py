"""``wirewatch trace``: an article's way through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.addresses import KafkaOption, RedisOption

if TYPE_CHECKING:
    from services.cli.way import Way
    from services.runtime.kafka.connection import KafkaAccess, RedisAccess


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def trace(
        wanted: Annotated[
            str, typer.Argument(metavar="ID", help="An article, an alert, a story, or the trace id of a log line.")
        ],
        story: Annotated[bool, typer.Option("--story", help="ID is a story: every article of it.")] = False,
        kafka: KafkaOption = None,
        redis: RedisOption = None,
        json: Annotated[bool, typer.Option("--json", help="One version of one article a line.")] = False,
    ) -> None:
        """Show an article's way through the services: at each its status, when, and why.

        Reads the topics and Redis; the same way is in the logs of the services, under the trace id.
        Exit code 1 where nothing is known of ID.
        """
        import asyncio
        import re

        from services.cli import addresses
        from services.cli.console import json_line, out
        from services.runtime.errors import UsageError

        wanted = wanted.strip().lower()
        if parent := re.fullmatch(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", wanted):
            wanted = parent.group(1)
        if not wanted:
            raise UsageError("Give the id of an article, an alert, a story or a trace.")
        found = asyncio.run(_ways(addresses.kafka(kafka), addresses.redis(redis), wanted, whole_story=story))
        for way in found:
            if json:
                json_line(way)
            else:
                _show(way)
        if not found:
            if not json:
                out.print(
                    f"Nothing is known of {wanted}: the topics keep an article for eight days, an alert for thirty.",
                    markup=False,
                )
            raise typer.Exit(1)


async def _ways(kafka: KafkaAccess, redis: RedisAccess, wanted: str, *, whole_story: bool) -> list[Way]:
    from datetime import timedelta

    from redis.exceptions import RedisError

    from services.alerter.edges.redis import RedisAlertStore
    from services.cli import broker, trails
    from services.cli.way import ways
    from services.contracts import ids, topics
    from services.notifier.edges.redis import RedisOutbox
    from services.runtime.errors import UsageError
    from services.runtime.process.clock import SystemClock
    from services.runtime.process.outages import Waiting
    from services.runtime.redis.connection import RedisCalls, connect

    broker.quiet()
    await broker.require_topic(kafka, topics.ARTICLES)
    clock = SystemClock()
    client, calls = connect(redis), RedisCalls(clock, Waiting())
    try:
        await client.ping()
        found = await trails.find(kafka, wanted, whole_story=whole_story)
        stories = sorted(found.stories())
        store = RedisAlertStore(client, calls, clock, retention_days=1, closed_retention_days=1, stream_revisions=1)
        kept = dict(zip(stories, await store.load(stories), strict=True))
        told = await trails.told(
            RedisOutbox(client, calls, remember=timedelta(days=8)), {ids.alert_id(story) for story in stories}
        )
    except (RedisError, OSError) as error:
        raise UsageError(f"Redis does not answer ({error}): is `wirewatch up` running?") from None
    finally:
        await client.aclose()
    return ways(
        found,
        await trails.committed(kafka),
        stored={one.alert.id: one.alert for one in kept.values() if one.alert is not None},
        known=[story for story, one in kept.items() if one.known.dossier.contributions],
        told=told,
    )


def _show(way: Way) -> None:
    from datetime import UTC

    from rich.table import Table
    from rich.text import Text

    from services.cli.console import out
    from services.cli.render import duration, plain

    began = way.steps[0].at
    out.print(Text(plain(way.title), style="bold"))
    names = [f"article {way.article}", f"version {way.version}"]
    names += [f"{what} {name}" for what, name in (("story", way.story), ("alert", way.alert)) if name]
    out.print(Text(plain(f"{way.outlet}  {way.url or ''}")))
    out.print(Text("  ".join(names), style="dim"))
    out.print(Text(f"trace {way.trace}", style="dim"))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("service", "status", "when (UTC)", "after"):
        table.add_column(column, no_wrap=True)
    table.add_column("why, and where the message is", overflow="fold")
    for number, step in enumerate(way.steps):
        style = {"dead": "red", "waiting": "yellow"}.get(step.status, "")
        form = "%m-%d %H:%M:%S.%f" if number == 0 else "      %H:%M:%S.%f"
        when = step.at.astimezone(UTC).strftime(form)[:-3] if step.at else ""
        after = duration((step.at - began).total_seconds()) if step.at and began and number else ""
        why = Text(plain(step.reason)).append(f"  {step.place or ''}", style="dim")
        table.add_row(step.service, Text(step.status, style=style), when, after, why)
    out.print(table)
    out.print()
