"""What a person types: ``wirewatch watches``."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli import addresses
from services.cli.family import family
from services.cli.options import JsonOption, KafkaOption, RedisOption, SinceOption, since
from services.cli.output import cell, error, json_line, json_lines, out, table
from services.runtime.errors import UnusableFilesError

WatchesOption = Annotated[
    Path | None, typer.Option("--watches", metavar="FILE", help="A watch file; else the one in force.")
]
_IN_FORCE = "the one in force: $WIREWATCH_NOTIFIER_WATCHES, else that of `wirewatch up` here, else the shipped one"

app = family("Check, list and try watches: who is notified of which alerts, and how.")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=f"A watch file; else {_IN_FORCE}.")] = None,
    json: JsonOption = False,
) -> None:
    """Check a watch file and the secrets it refers to. Nothing is sent. Exit code 2: it cannot be used."""
    from services.cli.watches import files

    path = file or files.in_force(os.environ)
    try:
        watches, channels = files.checked(path, os.environ)
    except UnusableFilesError as refused:
        if json:
            json_line({"ok": False, "problems": refused.problems})
        else:
            for problem in refused.problems:
                error(problem)
        raise typer.Exit(2) from None
    if json:
        json_line({"ok": True, "file": str(path), "watches": watches, "channels": channels})
    else:
        out.print(f"{path}: [green]can be used[/] (watches: {watches}, channels: {channels})", soft_wrap=True)


@app.command("list")
def list_watches(watches: WatchesOption = None, json: JsonOption = False) -> None:
    """List the watches of a file: what each matches, its channels, and when it sends. Secrets are not read."""
    from services.cli.watches import files

    found = files.described(watches or files.in_force(os.environ))
    if json:
        json_lines(found)
        return
    made = table("watch", "name", "matches", "channels", "when")
    for one in found:
        made.add_row(*(cell(one[key]) for key in ("id", "name", "when", "channels", "timing")))
    out.print(made)


@app.command("test")
def try_out(
    watches: WatchesOption = None,
    since_text: SinceOption = None,
    kafka: KafkaOption = None,
    json: JsonOption = False,
) -> None:
    """Try a watch file on the alerts that Kafka still holds, beside the one in force. Nothing is sent.

    Quiet hours, limits and digests only change when something is sent, and are left out.
    """
    from services.cli.watches import files, trial
    from services.notifier.edges import watch_file

    address, after = addresses.kafka(kafka), since(since_text, datetime.now(UTC))
    changed, current = (watch_file.parse(path or files.in_force(os.environ)) for path in (watches, None))
    raised, counts = trial.judge(asyncio.run(trial.alerts(address, after)), changed=changed, current=current)
    if json:
        json_lines((*raised, {"summary": counts}))
        return
    signs = {"both": " ", "new": "[green]+[/]", "gone": "[red]-[/]"}
    made = table("", "alert", "severity", "watch", "channel", "headline", whole=("alert", "severity"))
    for each in raised:
        alert = f"{each.alert_id[:12]} r{each.revision}"
        cells = (alert, each.severity, each.watch_id, each.channel_id, each.headline)
        made.add_row(signs[each.how], *map(cell, cells))
    out.print(made)
    out.print(
        f"\n{counts.revisions} revisions of {counts.alerts} alerts: {counts.changed} deliveries, {counts.current} with "
        f"the watches in force; [green]{counts.new} new[/], [red]{counts.gone} gone[/]"
    )


@app.command()
def deliveries(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="Show the newest N.")] = 50,
    redis: RedisOption = None,
    json: JsonOption = False,
) -> None:
    """List what was delivered, waits or was given up, the newest at the end."""
    from services.cli import store

    found = asyncio.run(store.deliveries(addresses.redis(redis), dead=dead, limit=limit))
    if json:
        json_lines(found)
        return
    made = table("queued", "watch", "channel", "state", "tries", "alert", "error", whole=("queued",), right=("tries",))
    for each in found:
        one = each.delivery
        what = one.headline if one.alert_id is None else f"{one.headline} (r{one.revision})"
        queued = one.queued_at.strftime("%m-%d %H:%M:%S")
        row = (queued, one.watch_id, one.channel_id, each.state, str(each.attempts), what, each.error or "")
        made.add_row(*map(cell, row))
    out.print(made)
    out.print(f"\n{len(found)} {'dead ' if dead else ''}deliveries shown")
