"""How the pipeline is up: whether new alerts can come at all."""

from __future__ import annotations

import msgspec
from fastapi import FastAPI, Response

from services.api import openapi
from services.api.ports import Services

_encode = msgspec.json.Encoder().encode


def add(app: FastAPI, services: Services) -> None:
    """Add the route."""

    @app.get(
        "/api/v1/pipeline",
        summary="How the services before the api stand, and since when",
        responses=openapi.gives(openapi.PIPELINE),
        response_class=Response,
    )
    async def line() -> Response:
        """The services that WIREWATCH_API_SERVICES names, as they stood in the last five seconds."""
        body = _encode({"services": services.states()})
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
