"""``wirewatch act``: what an analyst does with alerts, over the API of a running Wirewatch."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from services.cli import addresses
from services.cli.family import single
from services.cli.options import JsonOption
from services.cli.output import json_line, say, warn
from services.contracts.analyst_actions import ACTION_KINDS, REJECTED_BECAUSE
from services.local.token import NAME
from services.runtime.errors import UsageError

KINDS = (*ACTION_KINDS, "undo")
TIMEOUT_SECONDS = 30.0
_FULL = re.compile("[0-9a-f]{24}")
_LASTS = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

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
    results = asyncio.run(acted(alerts, action, into, token(as_, os.environ)))
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
    match = _LASTS.fullmatch(lasts)
    if match is None:
        raise UsageError(f"--for is {lasts!r}: give a time such as 30m, 4h or 3d.")
    return (now + int(match[1]) * _UNITS[match[2]]).isoformat()


async def acted(alerts: Sequence[str], action: dict[str, Any], into: str | None, secret: str) -> list[dict[str, Any]]:
    """The result for each alert, as the API gives it. Raises :class:`UsageError`."""
    headers = {"Authorization": f"Bearer {secret}"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(addresses.api(), headers=headers, timeout=timeout) as session:
        known = [] if all(map(_FULL.fullmatch, (*alerts, into or "0" * 24))) else await _ids(session)
        if into:
            action = action | {"other": full_id(into, known)}
        body = {name: value for name, value in action.items() if value is not None}
        if action["kind"] in ("assign", "snooze"):  # nobody and never are values, too
            body |= {name: action[name] for name in ("assigned_to", "until")}
        return list(
            (
                await _call(
                    session, "POST", "/api/v1/actions", json={"alerts": [full_id(id_, known) for id_ in alerts], **body}
                )
            )["results"]
        )


async def _ids(session: aiohttp.ClientSession) -> list[str]:
    answer = await _call(session, "GET", "/api/v1/alerts", params={"limit": "200"})
    return [alert["id"] for alert in answer["alerts"]]


def full_id(given: str, known: Sequence[str]) -> str:
    """The id that begins like that. Raises :class:`UsageError` where there is none, or several."""
    if _FULL.fullmatch(given):
        return given
    found = [id_ for id_ in known if id_.startswith(given)]
    if len(found) != 1:
        raise UsageError(f"{given} begins the id of {len(found)} of the last {len(known)} alerts: give all of the id.")
    return found[0]


async def _call(session: aiohttp.ClientSession, method: str, path: str, **more: Any) -> dict[str, Any]:
    try:
        async with session.request(method, path, **more) as answer:
            said: dict[str, Any] = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise UsageError(f"The API does not answer ({error}): set WIREWATCH_API_URL.") from None
    if "error" in said:
        raise UsageError(said["error"])
    return said


def token(name: str | None, environ: Mapping[str, str]) -> str:
    """The token of ``name``, else that of `wirewatch up`, else the first of the file. Raises :class:`UsageError`."""
    file = Path(
        environ.get("WIREWATCH_API_TOKEN_FILE") or Path(environ.get("WIREWATCH_LOCAL_HOME") or ".wirewatch") / "tokens"
    )
    try:
        lines = [
            line.partition(":") for line in file.read_text(encoding="utf-8").splitlines() if line[:1] not in ("#", "")
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error}): set WIREWATCH_API_TOKEN_FILE.") from None
    held = {who.split()[0]: secret.strip() for who, colon, secret in lines if colon and who.split()}
    found = held.get(name or NAME) or (None if name else next(iter(held.values()), None))
    if found is None:
        raise UsageError(f"{file} has no token of {name or NAME}.")
    return found
