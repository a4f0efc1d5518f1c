"""How the pipeline is up: whether new alerts can come at all."""

from fastapi import FastAPI, Response

from services.api.ports import Services
from services.api.routes import openapi
from services.api.routes.answers import as_json


def add(app: FastAPI, services: Services) -> None:
    @app.get(
        "/api/v1/pipeline",
        summary="How the services before the api and the feeds stand, and since when",
        responses=openapi.gives(openapi.PIPELINE),
    )
    async def pipeline() -> Response:
        """The services that WIREWATCH_API_SERVICES names, as they stood in the last five seconds.

        ``feeds`` is null until the poller has polled one, and where the poller is not among the services.
        """
        return as_json({"services": services.states(), "feeds": services.feeds()})
