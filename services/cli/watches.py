"""``wirewatch watches``: check watch files, try them on past alerts, see what was delivered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.addresses import KafkaOption, RedisOption

if TYPE_CHECKING:
    from services.cli.watch_trial import Trial
    from services.notifier.core.watches import Watch, WatchFile
    from services.notifier.edges.redis import Listed
    from services.runtime.kafka.connection import RedisAccess

JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
WatchesOption = Annotated[
    Path | None,
    typer.Option("--watches", metavar="FILE", help="A watch file; else the one in force."),
]
_IN_FORCE = "the one in force: $WIREWATCH_NOTIFIER_WATCHES, else the shipped one"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    watches = typer.Typer(help="Watches: who hears of which alert, and how.", no_args_is_help=True)
    watches.command("check")(check)
    watches.command("list")(list_watches)
    watches.command("test")(try_out)
    watches.command("deliveries")(deliveries)
    app.add_typer(watches, name="watches")


def check(
    file: Annotated[Path | None, typer.Argument(help=f"A watch file; else {_IN_FORCE}.")] = None,
    json: JsonOption = False,
) -> None:
    """Check a watch file and the secrets it refers to. Nothing is sent. Exit code 2: it cannot be used."""
    import os

    from services.cli.console import err, json_line, out
    from services.notifier.edges import apprise, watch_file
    from services.runtime.errors import UnusableFilesError

    path = file or in_force()
    try:
        active = watch_file.load(path, os.environ, apprise_problem=apprise.problem_of)
    except UnusableFilesError as error:
        if json:
            json_line({"ok": False, "problems": error.problems})
        else:
            for problem in error.problems:
                err.print("[bold red]error:[/] ", end="")
                err.print(problem, markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    if json:
        json_line({"ok": True, "file": str(path), "watches": len(active.watches), "channels": len(active.routes)})
    else:
        out.print(f"{path}: {len(active.watches)} watches, {len(active.routes)} channels, [green]can be used[/]")


def list_watches(watches: WatchesOption = None, json: JsonOption = False) -> None:
    """The watches of a file: what each asks for, where it goes, and when. Secrets are not looked up."""
    from services.cli.console import json_line, out
    from services.notifier.edges import watch_file

    file = watch_file.parse(watches or in_force())
    if json:
        for watch in file.watches:
            json_line(_described(watch, file))
        return
    from rich.table import Table

    table = Table("watch", "name", "asks for", "through", "when", box=None, header_style="bold")
    for watch in file.watches:
        said = _described(watch, file)
        table.add_row(*(_plain(said[key]) for key in ("id", "name", "when", "channels", "timing")))
    out.print(table)


def try_out(
    watches: WatchesOption = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="Only alerts since then: RFC 3339, or 90m, 24h, 7d.")
    ] = None,
    kafka: KafkaOption = None,
    json: JsonOption = False,
) -> None:
    """Try a watch file on the alerts that Kafka still holds, beside the one in force. Nothing is sent.

    Quiet hours, limits and digests decide when, not whether, and are left out.
    """
    import asyncio

    from services.cli import addresses, watch_trial
    from services.cli.broker import quiet
    from services.notifier.edges import watch_file

    address = addresses.kafka(kafka)
    after = watch_trial.since(since)
    changed, current = watch_file.parse(watches or in_force()), watch_file.parse(in_force())
    quiet()
    trial = watch_trial.judge(asyncio.run(watch_trial.alerts(address, after)), changed=changed, current=current)
    _show_trial(trial, json=json)


def deliveries(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    redis: RedisOption = None,
    json: JsonOption = False,
) -> None:
    """What was delivered, waits or was given up, the newest at the end."""
    import asyncio

    from services.cli import addresses
    from services.cli.console import json_line, out

    found = asyncio.run(_deliveries(addresses.redis(redis), dead=dead, limit=limit))
    if json:
        for each in found:
            json_line(each)
        return
    from rich.table import Table

    table = Table("queued", "watch", "channel", "state", "tried", "alert", "why", box=None, header_style="bold")
    for each in found:
        delivery = each.delivery
        what = delivery.headline if delivery.alert_id is None else f"{delivery.headline} (r{delivery.revision})"
        queued = delivery.queued_at.strftime("%m-%d %H:%M:%S")
        row = (queued, delivery.watch_id, delivery.channel_id, each.state, str(each.attempts), what, each.error or "")
        table.add_row(*(_plain(cell) for cell in row))
    out.print(table)
    out.print(f"{len(found)} {'dead ' if dead else ''}deliveries shown")


def in_force() -> Path:
    """The file that the notifier of this environment reads."""
    import os

    from services.notifier.settings import default_path

    given = os.environ.get("WIREWATCH_NOTIFIER_WATCHES")
    return Path(given) if given else default_path()


async def _deliveries(address: RedisAccess, *, dead: bool, limit: int) -> list[Listed]:
    from datetime import timedelta

    from services.notifier.edges.redis import RedisOutbox
    from services.runtime.errors import UsageError
    from services.runtime.process.clock import SystemClock
    from services.runtime.process.outages import Waiting
    from services.runtime.redis.connection import FAILURES, RedisCalls, connect

    client = connect(address)
    try:
        await client.ping()
        outbox = RedisOutbox(client, RedisCalls(SystemClock(), Waiting()), remember=timedelta(days=8))
        found = await (outbox.listed_dead(limit=limit) if dead else outbox.listed(limit=limit))
    except FAILURES as error:
        raise UsageError(f"Redis does not answer ({error}): is `wirewatch up` running?") from None
    finally:
        await client.aclose()
    return list(reversed(found))


def _show_trial(trial: Trial, *, json: bool) -> None:
    from services.cli.console import json_line, out

    if json:
        for each in trial.raised:
            json_line(each)
        json_line({"summary": trial.summary})
        return
    from rich.table import Table

    marks = {"both": " ", "new": "[green]+[/]", "gone": "[red]-[/]"}
    table = Table("", "alert", "severity", "watch", "through", "headline", box=None, header_style="bold")
    for each in trial.raised:
        alert = f"{each.alert_id[:12]} r{each.revision}"
        cells = (alert, each.severity, each.watch_id, each.channel_id, each.headline)
        table.add_row(marks[each.how], *(_plain(cell) for cell in cells))
    out.print(table)
    said = trial.summary
    out.print(
        f"{said.revisions} revisions of {said.alerts} alerts: {said.changed} deliveries, {said.current} with the "
        f"watches in force; [green]{said.new} new[/], [red]{said.gone} gone[/]"
    )


def _described(watch: Watch, file: WatchFile) -> dict[str, object]:
    kinds = {channel.id: channel.kind for channel in file.channels}
    timing = []
    if watch.quiet is not None:
        quiet = watch.quiet
        timing.append(f"quiet {quiet.start:%H:%M} to {quiet.end:%H:%M} {quiet.zone.key}")
    if watch.per_hour is not None:
        timing.append(f"at most {watch.per_hour} an hour")
    if watch.digest is not None:
        timing.append(f"digest every {watch.digest.every_minutes} min")
    if watch.critical_at_once:
        timing.append("critical at once")
    return {
        "id": watch.id,
        "name": watch.name,
        "when": _asked(watch),
        "channels": ", ".join(f"{id_} ({kinds[id_]})" for id_ in watch.channels),
        "timing": ", ".join(timing) or "at once",
    }


def _asked(watch: Watch) -> str:
    when, parts = watch.when, []
    named = {
        "topics": when.topics,
        "all topics": when.all_topics,
        "actors": when.actors,
        "all actors": when.all_actors,
        "outlets": when.outlets,
        "languages": when.languages,
        "changes": when.changes,
    }
    parts += [f"{name}: {', '.join(sorted(values))}" for name, values in named.items() if values]
    if when.event is not None:
        event = when.event
        lists = {"agent": event.agent, "object": event.object, "act": event.act, "mode": event.mode}
        lists["dyad"] = frozenset("-".join(sorted(pair)) for pair in event.dyad)
        parts += [f"event {name}: {', '.join(sorted(values))}" for name, values in lists.items() if values]
    if when.min_severity != "low":
        parts.append(f"at least {when.min_severity}")
    if when.confidence is not None:
        parts.append(when.confidence.replace("_", " "))
    if when.places is not None:
        near = [f"within {c.km:g} km of {c.lat:g}, {c.lon:g}" for c in when.places.near]
        parts.append(f"places: {', '.join([*sorted(when.places.countries), *sorted(when.places.ids), *near])}")
    for name, phrases in (
        (("any of", when.words.any), ("all of", when.words.all), ("none of", when.words.none)) if when.words else ()
    ):
        if phrases:
            parts.append(f"{name}: {', '.join(phrase.strip() for phrase in phrases)}")
    return "; ".join(parts) or "every alert"


def _plain(value: object) -> str:
    """Text from outside, for a table: no markup in it, and no control characters."""
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else " " for c in str(value)))
