"""``wirewatch doctor``: what keeps the line from working, or will, and in words what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.addresses import KafkaOption, RedisOption

if TYPE_CHECKING:
    from services.cli.examination import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "dim"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        kafka: KafkaOption = None,
        redis: RedisOption = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check.")] = False,
    ) -> None:
        """Look at everything the line needs: servers, topics, files, secrets, clock, disk. Changes nothing.

        Exit code 1 where something has to be mended before the line can work; a warning alone is 0.
        """
        import asyncio
        import os

        from services.cli import examination
        from services.cli.broker import quiet
        from services.cli.console import json_line

        quiet()
        found = asyncio.run(examination.examine(os.environ, kafka=kafka, redis=redis))
        if as_json:
            for finding in found:
                json_line(finding)
        else:
            _show(found)
        if any(finding.state == "fail" for finding in found):
            raise typer.Exit(1)


def _show(found: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    from services.cli.console import out
    from services.cli.render import plain

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("check", "state", "found", "what to do"):
        table.add_column(column, no_wrap=column in ("check", "state"), overflow="fold")
    for finding in found:
        state = Text(finding.state, style=_COLOURS[finding.state])
        table.add_row(finding.check, state, Text(plain(finding.found)), Text(plain(finding.mend)))
    out.print(table)
    wrong = sum(finding.state == "fail" for finding in found)
    warned = sum(finding.state == "warn" for finding in found)
    out.print(f"{len(found)} checks: {wrong} to mend, {warned} to look at")
