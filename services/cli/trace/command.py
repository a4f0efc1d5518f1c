"""What a person types: ``wirewatch trace``."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from services.cli import addresses
from services.cli.family import single
from services.cli.options import JsonOption, KafkaOption, RedisOption
from services.cli.output import duration, json_line, out, plain, say, table
from services.runtime.errors import UsageError

if TYPE_CHECKING:
    from services.cli.trace.timeline import Timeline

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

app = single()


@app.command()
def trace(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="An article, an alert, a story, or the trace id of a log line.")
    ],
    story: Annotated[bool, typer.Option("--story", help="ID is a story: show every article of it.")] = False,
    kafka: KafkaOption = None,
    redis: RedisOption = None,
    json: JsonOption = False,
) -> None:
    """Show an article's way through the services: at each its status, when, and why.

    Reads the topics and Redis; the logs of the services have the same under the trace id.
    Exit code 1 where nothing is known of ID.
    """
    from services.cli.trace import search

    wanted = wanted.strip().lower()
    if parent := _TRACEPARENT.fullmatch(wanted):
        wanted = parent.group(1)
    if not wanted:
        raise UsageError("Give the id of an article, an alert, a story or a trace.")
    found = asyncio.run(search.timelines(addresses.kafka(kafka), addresses.redis(redis), wanted, whole_story=story))
    for timeline in found:
        if json:
            json_line(timeline)
        else:
            _show(timeline)
    if not found:
        if not json:
            say(f"Nothing is known of {wanted}: the topics keep an article for eight days, an alert for thirty.")
        raise typer.Exit(1)


def _show(shown: Timeline) -> None:
    began = shown.steps[0].at
    out.print(Text(plain(shown.title), style="bold"))
    names = [f"article {shown.article}", f"version {shown.version}"]
    names += [f"{what} {name}" for what, name in (("story", shown.story), ("alert", shown.alert)) if name]
    out.print(Text(plain(f"{shown.outlet}  {shown.url or ''}")))
    out.print(Text("  ".join(names), style="dim"))
    out.print(Text(f"trace {shown.trace}", style="dim"))
    made = table("service", "status", "when (UTC)", "after", "why, and where the message is")
    for column in made.columns[:4]:
        column.no_wrap = True
    for number, step in enumerate(shown.steps):
        style = {"dead": "red", "waiting": "yellow"}.get(step.status, "")
        form = "%m-%d %H:%M:%S.%f" if number == 0 else "      %H:%M:%S.%f"
        when = step.at.astimezone(UTC).strftime(form)[:-3] if step.at else ""
        after = duration((step.at - began).total_seconds()) if step.at and began and number else ""
        why = Text(plain(step.reason)).append(f"  {step.place or ''}", style="dim")
        made.add_row(step.service, Text(step.status, style=style), when, after, why)
    out.print(made)
    out.print()
