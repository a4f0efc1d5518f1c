"""``wirewatch brief``: the last day or week in Markdown."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli.family import single
from services.cli.options import ArchiveOption, archive_file
from services.runtime.errors import UsageError

app = single()


@app.command()
def brief(
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=31, help="How many days back.")] = 1,
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="ID", help="Send it to this apprise channel of the watch file (mail, chat)."),
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Write what the alerts of the last days say, with their sources, in Markdown. Nothing is generated."""
    from services.archive_store.brief import brief as written
    from services.archive_store.database import reading

    now = datetime.now(UTC)
    with reading(archive_file(archive)) as db:
        text = written(db, now, days=days)
    if channel is None:
        typer.echo(text, nl=False)
    else:
        _send(channel, f"Wirewatch, {now:%Y-%m-%d}", text)


def _send(channel: str, title: str, text: str) -> None:
    """Send it as the notifier would. Raises :class:`UsageError` where that cannot be done."""
    from services.cli.watches import files
    from services.notifier.core.deliveries import Message
    from services.notifier.edges import apprise, watch_file
    from services.notifier.edges.redact import redact

    path = files.in_force(os.environ)
    route = watch_file.load(path, os.environ).routes.get(channel)
    if route is None or route.channel.kind != "apprise" or route.url is None:
        raise UsageError(f"{path} has no channel {channel!r} of the kind apprise: name one that it has.")
    problem = apprise.deliver(route.url, Message(title=title, body=text), "low")
    if problem is not None:
        raise UsageError(f"The channel {channel} has not taken it: {redact(problem, route.url)}")
