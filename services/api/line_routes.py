"""How the line stands: whether new alerts can come at all."""

from __future__ import annotations

import msgspec
from fastapi import FastAPI, Response

from services.api import openapi
from services.api.ports import Rooms

_encode = msgspec.json.Encoder().encode


def add(app: FastAPI, rooms: Rooms) -> None:
    """Add the route."""

    @app.get(
        "/api/v1/line",
        summary="How the rooms before the api stand, and since when",
        responses=openapi.gives(openapi.LINE),
        response_class=Response,
    )
    async def line() -> Response:
        """The rooms that WIREWATCH_API_ROOMS names, as they stood in the last five seconds."""
        body = _encode({"rooms": rooms.states()})
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
