"""What a person types: ``wirewatch doctor``."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from services.cli.family import single
from services.cli.options import JsonOption, KafkaOption, RedisOption
from services.cli.output import json_lines, out, plain, table

if TYPE_CHECKING:
    from services.cli.doctor.checks import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "skipped": "dim"}

app = single()


@app.command()
def doctor(kafka: KafkaOption = None, redis: RedisOption = None, json: JsonOption = False) -> None:
    """Check everything the pipeline needs: servers, topics, files, secrets, clock, disk. Changes nothing.

    Exit code 1 where something has to be fixed before the pipeline can work; a warning alone is 0.
    """
    from services.cli.broker import quiet
    from services.cli.doctor import checks

    quiet()
    found = asyncio.run(checks.examine(os.environ, kafka=kafka, redis=redis))
    if json:
        json_lines(found)
    else:
        _show(found)
    if any(finding.state == "fail" for finding in found):
        raise typer.Exit(1)


def _show(found: list[Finding]) -> None:
    made = table("check", "state", "found, and what to do", whole=("check", "state"))
    for finding in found:
        state = Text(finding.state, style=_COLOURS[finding.state])
        text = Text(plain(finding.found))
        if finding.fix:
            text.append(f"\n→ {plain(finding.fix)}", style=_COLOURS[finding.state])
        made.add_row(finding.check, state, text)
    out.print(made)
    wrong = sum(finding.state == "fail" for finding in found)
    warned = sum(finding.state == "warn" for finding in found)
    out.print(f"\n{len(found)} checks: {wrong} failed, {warned} warnings")
