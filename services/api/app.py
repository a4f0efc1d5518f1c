"""The HTTP application, put together. Alerts pass through as the JSON they are stored as; no HTML is made here."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.routing import Route

from services.api import alert_routes, grafana_routes, guard, openapi, page, pipeline_routes, stream_routes
from services.api.errors import QueryError
from services.api.guard import Guard
from services.api.metrics import ApiMetrics
from services.api.ports import AlertReader, AlertStates, Services
from services.api.stream_routes import Followers
from services.runtime.errors import TransientError
from services.runtime.process.clock import Clock


def build_app(
    reader: AlertReader,
    states: AlertStates,
    services: Services,
    *,
    access: Guard,
    metrics: ApiMetrics,
    clock: Clock,
    followers: Followers,
) -> FastAPI:
    """The application on a reader of alerts, a writer of their states, and what knows how the pipeline is up."""
    # The interactive documentation pages load scripts from elsewhere: only the OpenAPI document is served.
    app = openapi.Described(
        title="Wirewatch",
        version=version("wirewatch"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    guard.add(app, access, metrics, clock)
    app.add_exception_handler(QueryError, _bad_request)
    app.add_exception_handler(TransientError, _unavailable)
    alert_routes.add(app, reader, states)
    pipeline_routes.add(app, services)
    stream_routes.add(app, reader, followers)
    grafana_routes.add(app, reader, clock)
    page.add(app)
    metrics.begin(route.path for route in app.routes if isinstance(route, Route))
    return app


async def _bad_request(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _unavailable(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 503, {"Retry-After": "5"})
