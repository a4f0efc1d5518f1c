"""How the pipeline is up: whether new alerts can come at all."""

import msgspec
from fastapi import FastAPI, Response

from services.api.ports import Services
from services.api.routes import openapi

_encode = msgspec.json.Encoder().encode


def add(app: FastAPI, services: Services) -> None:
    """Add the route."""

    @app.get(
        "/api/v1/pipeline",
        summary="How the services before the api and the feeds stand, and since when",
        responses=openapi.gives(openapi.PIPELINE),
        response_class=Response,
    )
    async def pipeline() -> Response:
        """The services that WIREWATCH_API_SERVICES names, as they stood in the last five seconds.

        ``feeds`` is null until the poller has polled one, and where the poller is not among the services.
        """
        body = _encode({"services": services.states(), "feeds": services.feeds()})
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
