"""``wirewatch status``: the state of what ``wirewatch up`` runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from services.cli.family import single
from services.cli.options import HomeOption, JsonOption
from services.cli.output import cell, duration, json_line, out, say, table

if TYPE_CHECKING:
    from services.local.process_status import Status

app = single()


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Show what `wirewatch up` runs: readiness, lag, and articles by the status they ended in.

    Exit code 1 where something is not ready, or nothing runs.
    """
    from services.cli.up.run import home_of
    from services.local import process_status

    place = home_of(home)
    run = place.read_run() if place.is_running() else None
    if run is None:
        if json:
            json_line({"running": False, "home": str(place.path)})
        else:
            say(f"Nothing runs in {place.path}: start it with `wirewatch up`.")
        raise typer.Exit(1)
    found = process_status.of(run, os.environ)
    if json:
        json_line(found)
    else:
        out.print(as_table(found))
        say(f"\nPage and API: {found.api}")
    well = not (found.kafka.problem or found.redis.problem) and all(service.ready for service in found.services)
    raise typer.Exit(0 if well else 1)


def as_table(found: Status) -> Table:
    """Servers and services, one a line; no line is longer than a terminal of 80 columns needs."""
    made = table("process", "where", "pid", "state", "lag", "articles by status", "dead", whole=("process", "where"))
    for name, server in (("broker", found.kafka), ("store", found.redis)):
        since = f" (since {server.away_since})" if server.away_since else ""
        state = f"[red]{cell(server.problem)}{since}[/]" if server.problem else "[green]ready[/]"
        made.add_row(name, _short(server.address), str(server.pid or "not ours"), state, "", "", "")
    for service in found.services:
        where = {"api": found.api, "samples": found.samples}.get(service.name) or service.ops
        slowed = service.waits_for or service.note
        state = f"[yellow]{cell(slowed)}[/]" if slowed else "[green]ready[/]"
        lag = "" if service.lag_seconds is None else duration(service.lag_seconds)
        counts = ", ".join(f"{count} {status}" for status, count in service.articles.items() if count)
        dead = str(service.dead) if service.dead else ""
        made.add_row(service.name, _short(where), str(service.pid or "-"), state, lag, counts, dead)
    return made


def _short(address: str) -> str:
    """Host and port of an address; several servers as they stand."""
    return address.partition("://")[2].partition("/")[0] or address
