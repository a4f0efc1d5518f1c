"""The HTTP application, put together. Alerts pass through as the JSON they are stored as; no HTML is made here."""

from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from services.api import page
from services.api.edges.actions import RedisAlertActions
from services.api.edges.archive import ArchiveReader
from services.api.edges.redis import RedisAlertReader
from services.api.errors import ActionError, QueryError, SignInError
from services.api.metrics import ApiMetrics
from services.api.ports import Services
from services.api.routes import actions as actions_route
from services.api.routes import (
    alerts,
    authorization,
    feedback,
    grafana,
    oidc,
    openapi,
    pipeline,
    search,
    session,
    stream,
)
from services.api.routes import desk as desk_route
from services.api.routes.answers import error
from services.api.routes.authorization import Authorization
from services.api.routes.desk import Desk
from services.api.routes.stream import Followers
from services.runtime.errors import TransientError, UsageError
from services.runtime.process.clock import Clock

_CODES: dict[type[Exception], int] = {QueryError: 400, SignInError: 403, UsageError: 409, ActionError: 409}
_SENTENCES = {404: "There is nothing at this address.", 405: "This address does not take this method."}


def build_app(
    reader: RedisAlertReader,
    actions: RedisAlertActions,
    services: Services,
    desk: Desk,
    *,
    archive: ArchiveReader,
    access: Authorization,
    metrics: ApiMetrics,
    clock: Clock,
    followers: Followers,
) -> FastAPI:
    """The application on a reader of alerts, what analysts do with them, and what knows how the pipeline is up."""
    # The framework's own documentation pages load scripts from elsewhere; ours is page/docs.html.
    app = openapi.Described(
        title="Wirewatch",
        version=version("wirewatch"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        default_response_class=Response,
    )
    authorization.add(app, access, metrics, clock)
    _give_errors_one_shape(app)
    actions_route.add(app, actions, access)
    alerts.add(app, reader)
    feedback.add(app, reader)
    desk_route.add(app, reader, archive, desk, access)
    pipeline.add(app, services)
    stream.add(app, reader, followers)
    session.add(app, access)
    oidc.add(app, access)
    grafana.add(app, reader, clock)
    search.add(app, archive, clock)
    page.add(app)
    app.openapi()  # made before HEAD is added: the document names what is answered, not its head once more
    for route in app.routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")
    metrics.begin(route.path for route in app.routes if isinstance(route, Route))
    return app


def _give_errors_one_shape(app: FastAPI) -> None:
    async def said(_: Request, failure: Exception) -> Response:
        return error(next(code for kind, code in _CODES.items() if isinstance(failure, kind)), str(failure))

    for kind in _CODES:
        app.add_exception_handler(kind, said)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, failure: RequestValidationError) -> Response:
        first = failure.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "the body"
        return error(400, f"{where}: {first['msg']}.")

    @app.exception_handler(HTTPException)
    async def refused(request: Request, failure: HTTPException) -> Response:
        sentence = _SENTENCES.get(failure.status_code, f"{failure.detail}.")
        # Several routes have one address: the framework names the methods of the first of them alone.
        routes = [route for route in app.routes if isinstance(route, Route)]
        there = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
        methods = {method for route in there for method in route.methods or ()}
        headers = {"Allow": ", ".join(sorted(methods))} if failure.status_code == 405 else dict(failure.headers or {})
        return error(failure.status_code, sentence, headers)

    @app.exception_handler(TransientError)
    async def unavailable(_: Request, failure: TransientError) -> Response:
        return error(503, str(failure), {"Retry-After": "5"})
