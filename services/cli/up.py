"""``wirewatch up``: the whole pipeline on this machine; ``wirewatch status``: how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.local.process_status import Status


def _a_folder(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("it is empty: name a directory")
    return Path(text)


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        parser=_a_folder,
        metavar="DIR",
        help="Data, logs and run.json; else $WIREWATCH_LOCAL_HOME, else .wirewatch here.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON lines for machines.")]

_TIMEOUT_SECONDS = 120.0


def register(app: typer.Typer) -> None:
    """Add ``up`` and ``status``."""
    app.command()(up)
    app.command()(status)


def up(
    until_alerts: Annotated[
        int | None, typer.Option("--until-alerts", min=1, metavar="N", help="Stop, with exit code 0, after N alerts.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="S", help="Stop, with exit code 1, when S seconds have not brought N alerts."
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run everything here: broker, store and every service, with the sample feeds; alerts appear as they are raised.

    WIREWATCH_KAFKA and WIREWATCH_REDIS name servers to use instead of the embedded ones. Runs until Ctrl-C.
    """
    from services.cli import screens
    from services.cli.console import out
    from services.cli.run_up import Wanted, run

    if timeout is not None and until_alerts is None:
        raise typer.BadParameter("it needs --until-alerts", param_hint="--timeout")
    screen = screens.JsonScreen() if json else screens.PersonScreen(out)
    wanted = Wanted(alerts=until_alerts, seconds=timeout or _TIMEOUT_SECONDS) if until_alerts else None
    raise typer.Exit(run(screen, wanted, home))


def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Show what `wirewatch up` runs: readiness, lag, and articles by the status they ended in.

    Exit code 1 where something is not ready, or nothing runs.
    """
    import logging
    import os

    from services.cli.console import json_line, out
    from services.cli.run_up import home_of
    from services.local import process_status

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away stands in the table
    place = home_of(home)
    run = place.read_run() if place.is_running() else None
    if run is None:
        if json:
            json_line({"running": False, "home": str(place.path)})
        else:
            out.print(f"Nothing runs in {place.path}: start it with `wirewatch up`.")
        raise typer.Exit(1)
    found = process_status.of(run, os.environ)
    if json:
        json_line(found)
    else:
        _show(found)
    well = not (found.kafka.problem or found.redis.problem) and all(service.ready for service in found.services)
    raise typer.Exit(0 if well else 1)


def _show(found: Status) -> None:
    from rich.table import Table

    from services.cli.console import out
    from services.cli.render import duration, plain

    table = Table()
    for column in ("process", "where", "pid", "state", "lag", "articles by status", "dead"):
        table.add_column(column, justify="right" if column == "pid" else "left", overflow="fold")
    for name, server in (("broker", found.kafka), ("store", found.redis)):
        since = f" (since {server.away_since})" if server.away_since else ""
        state = f"[red]{plain(server.problem)}{since}[/]" if server.problem else "[green]ready[/]"
        table.add_row(name, server.address, str(server.pid or "not ours"), state, "", "", "")
    for service in found.services:
        where = {"api": found.api, "samples": found.samples}.get(service.name) or service.ops
        slowed = service.waits_for or service.note
        state = f"[yellow]{plain(slowed)}[/]" if slowed else "[green]ready[/]"
        lag = "" if service.lag_seconds is None else duration(service.lag_seconds)
        counts = ", ".join(f"{count} {status}" for status, count in service.articles.items() if count)
        table.add_row(
            service.name, where, str(service.pid or "-"), state, lag, counts, str(service.dead) if service.dead else ""
        )
    out.print(table)
