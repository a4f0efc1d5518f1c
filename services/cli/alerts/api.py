"""The API as ``wirewatch act`` uses it: whose token, which alerts, one call."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from services.cli import addresses
from services.local.home import home_in
from services.local.token import NAME
from services.runtime.errors import UsageError

TIMEOUT_SECONDS = 30.0
_FULL = re.compile("[0-9a-f]{24}")


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
    file = Path(environ.get("WIREWATCH_API_TOKEN_FILE") or home_in(environ).path / "tokens")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error}): set WIREWATCH_API_TOKEN_FILE.") from None
    pairs = [line.partition(":") for line in lines if not line.startswith("#")]
    held = {who.split()[0]: secret.strip() for who, colon, secret in pairs if colon and who.split()}
    found = held.get(name or NAME) or (None if name else next(iter(held.values()), None))
    if found is None:
        raise UsageError(f"{file} has no token of {name or NAME}.")
    return found
