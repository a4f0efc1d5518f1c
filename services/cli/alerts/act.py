"""``wirewatch act``: what an analyst does with alerts, over the API of a running Wirewatch."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from services.cli.family import single
from services.cli.options import JsonOption, span
from services.cli.output import json_line, say, warn
from services.contracts.analyst_actions import ACTION_KINDS, REJECTED_BECAUSE
from services.runtime.errors import UsageError

KINDS = (*ACTION_KINDS, "undo")

app = single()


@app.command()
def act(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")],
    alerts: Annotated[list[str], typer.Argument(metavar="ALERT...", help="Ids, or their first 8 characters.")],
    state: Annotated[str | None, typer.Option(metavar="STATE", help="new, acknowledged, muted or closed.")] = None,
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="The text of a note.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="Whose the alerts are; nobody's if none.")
    ] = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="How long to snooze: 30m, 4h, 3d; ends if none.")
    ] = None,
    why: Annotated[
        str | None, typer.Option(metavar="WHY", help=f"Why not useful: {', '.join(REJECTED_BECAUSE)}.")
    ] = None,
    article: Annotated[str | None, typer.Option(metavar="ID", help="The article to split off, or judged.")] = None,
    into: Annotated[str | None, typer.Option(metavar="ALERT", help="The alert that goes on.")] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Whose token of the token file to use.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Act on alerts: change the state, note, assign, snooze, give feedback, merge, split, undo.

    The token is read from WIREWATCH_API_TOKEN_FILE, else from the home of `wirewatch up`. Exit code 1 where an alert
    stayed as it was.
    """
    if kind not in KINDS:
        raise UsageError(f"KIND is {kind!r}: give one of {', '.join(KINDS)}.")
    action = {
        "kind": kind,
        "state": state,
        "text": text,
        "assigned_to": to,
        "until": until(lasts, datetime.now(UTC)),
        "useful": why is None if kind == "feedback" else None,
        "why": why,
        "article_id": article,
    }
    from services.cli.alerts import api

    results = asyncio.run(api.acted(alerts, action, into, api.token(as_, os.environ)))
    for result in results:
        if json:
            json_line(result)
        elif result["error"]:
            warn(result["error"])
        else:
            say(f"{result['id'][:8]}: {kind}, revision {result['alert']['revision']}.")
    if any(result["error"] for result in results):
        raise typer.Exit(1)


def until(lasts: str | None, now: datetime) -> str | None:
    """When a snooze of that length ends. Raises :class:`UsageError`."""
    if lasts is None:
        return None
    lasting = span(lasts)
    if lasting is None:
        raise UsageError(f"--for is {lasts!r}: give a time such as 30m, 4h or 3d.")
    return (now + lasting).isoformat()
