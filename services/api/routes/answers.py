"""The forms of an answer: JSON, a feed, an error."""

from typing import Any

import msgspec
from fastapi import Response
from fastapi.responses import JSONResponse

_encode = msgspec.json.Encoder().encode


def as_json(value: Any) -> Response:
    """An answer that is not kept. Bytes are JSON already."""
    body = value if isinstance(value, bytes) else _encode(value)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def as_feed(body: bytes, media_type: str) -> Response:
    """A feed, which readers may keep for half a minute."""
    return Response(body, media_type=media_type, headers={"Cache-Control": "max-age=30"})


def error(code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The one shape of every error: ``{"error": "a sentence"}``."""
    if code == 401:
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    return JSONResponse({"error": sentence}, code, headers)


def not_found(kind: str, id_: str) -> Response:
    """The answer where nothing has that id."""
    return error(404, f"No {kind} {id_} is stored.")
