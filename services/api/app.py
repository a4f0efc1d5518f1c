"""The HTTP application. Alerts pass through as the JSON they are stored as; nothing is rendered on the server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from pathlib import Path as File
from typing import Annotated

import msgspec
from fastapi import FastAPI, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from services.api.core import query as queries
from services.api.errors import QueryError
from services.api.metrics import ApiMetrics
from services.api.ports import AlertReader, Page
from services.contracts import stories
from services.runtime.clock import Clock
from services.runtime.errors import TransientError

Id = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hexadecimal characters")]
_EVENT_ID = re.compile(r"\d{1,20}-\d{1,20}")
_HERE = File(__file__).parent
_PAGE_FILES = {"": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_Next = Callable[[Request], Awaitable[Response]]
_encode = msgspec.json.Encoder().encode


def build_app(reader: AlertReader, *, metrics: ApiMetrics, clock: Clock, max_streams: int) -> FastAPI:
    """The application on a reader of alerts."""
    # The interactive documentation pages load scripts from elsewhere: only the OpenAPI document is served.
    app = FastAPI(
        title="Wirewatch",
        version=version("wirewatch"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    followers = Followers(max_streams, metrics)
    app.middleware("http")(_watched(metrics, clock))
    app.add_exception_handler(QueryError, _bad_request)
    app.add_exception_handler(TransientError, _unavailable)
    _add_alerts(app, reader)
    _add_stream(app, reader, followers)
    _add_page(app)
    return app


class Followers:
    """Counts the open streams; each holds a connection to Redis."""

    def __init__(self, most: int, metrics: ApiMetrics) -> None:
        self._most = most
        self._metrics = metrics
        self._now = 0

    def change(self, by: int) -> None:
        """One came or went."""
        self._now += by
        self._metrics.followers.set(self._now)

    def full(self) -> bool:
        """Whether one more would be too many."""
        return self._now >= self._most


def _add_alerts(app: FastAPI, reader: AlertReader) -> None:
    @app.get("/api/v1/alerts", summary="Alerts, the last updated first", response_class=Response)
    async def alerts(
        topic: Annotated[str | None, Query(max_length=100)] = None,
        actor: Annotated[str | None, Query(max_length=100, description="for instance RUS or nato")] = None,
        place: Annotated[str | None, Query(max_length=100, description="ISO 3166-1 alpha-3 country")] = None,
        min_severity: Annotated[str | None, Query(description="low, medium, high or critical")] = None,
        since: Annotated[str | None, Query(max_length=40, description="RFC 3339 time")] = None,
        cursor: Annotated[str | None, Query(max_length=100, description="next_cursor of the page before")] = None,
        limit: Annotated[int, Query(description="1 to 200")] = 50,
    ) -> Response:
        """A page can be shorter than asked for and still have a ``next_cursor``; without one it is the last."""
        asked = queries.parse(
            topic=topic,
            actor=actor,
            place=place,
            min_severity=min_severity,
            since=since,
            cursor=cursor,
            limit=limit,
        )
        return _json(_page_json(await reader.page(asked)))

    @app.get("/api/v1/alerts/{alert_id}", summary="One alert as it stands", response_class=Response)
    async def alert(alert_id: Id) -> Response:
        body = await reader.alert(alert_id)
        return _json(body) if body is not None else _not_found("alert", alert_id)

    @app.get("/api/v1/stories/{story_id}", summary="Who carried a story, when, and who counts", response_class=Response)
    async def story(story_id: Id, language: Annotated[str | None, Query(max_length=8)] = "en") -> Response:
        folded = stories.fold(await reader.members(story_id, language))
        if not folded:
            return _not_found("story", story_id)
        count = stories.independent_sources(folded)
        return _json(_encode({"story_id": story_id, "independent_sources": count, "members": folded}))

    @app.get("/api/v1/health", summary="Whether alerts can be read now", response_class=Response)
    async def health() -> Response:
        await reader.ping()
        return _json(b'{"status":"ok"}')


def _add_stream(app: FastAPI, reader: AlertReader, followers: Followers) -> None:
    @app.get("/api/v1/stream", summary="Revisions as they come (server-sent events)", response_class=Response)
    async def stream(last_event_id: Annotated[str | None, Header(max_length=50)] = None) -> Response:
        """Events named ``alert``. After a lost connection a browser names the last event it saw and misses none,
        for as long as the followers' stream goes back.
        """
        if last_event_id is not None and not _EVENT_ID.fullmatch(last_event_id):
            raise QueryError(f"Last-Event-ID is {last_event_id!r}: give the id of an event of this stream.")
        if followers.full():
            return JSONResponse({"error": "Too many followers now: try again later."}, 503, {"Retry-After": "30"})
        after = last_event_id if last_event_id is not None else await reader.last_event()
        return StreamingResponse(
            _events(reader, after, followers),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


async def _events(reader: AlertReader, after: str, followers: Followers) -> AsyncIterator[bytes]:
    followers.change(+1)
    try:
        yield b"retry: 2000\n\n"
        async for event in reader.follow(after):
            if event is None:
                yield b": quiet\n\n"
            else:
                # The alert is one line of JSON: a line break within it is escaped by the encoder.
                yield b"id: %s\nevent: alert\ndata: %s\n\n" % (event.id.encode(), event.alert)
    except TransientError:
        return  # the client connects again and goes on where it was
    finally:
        followers.change(-1)


def _add_page(app: FastAPI) -> None:
    for name, media_type in _PAGE_FILES.items():
        body = (_HERE / (name or "page.html")).read_bytes()

        def answer(body: bytes = body, media_type: str = media_type) -> Response:
            return Response(body, media_type=f"{media_type}; charset=utf-8", headers={"Cache-Control": "no-cache"})

        app.add_api_route(f"/{name}", lambda answer=answer: answer(), include_in_schema=False, methods=["GET"])


def _watched(metrics: ApiMetrics, clock: Clock) -> Callable[[Request, _Next], Awaitable[Response]]:
    """Counts every answer, and puts the security headers on it."""

    async def watch(request: Request, call_next: _Next) -> Response:
        began = clock.monotonic()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.request_seconds.labels(route).observe(clock.monotonic() - began)
        metrics.requests.labels(route, str(response.status_code)).inc()
        response.headers.update(_SECURITY)
        return response

    return watch


async def _bad_request(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _unavailable(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 503, {"Retry-After": "5"})


def _page_json(page: Page) -> bytes:
    following = _encode(page.next_cursor)
    return b'{"alerts":[' + b",".join(page.alerts) + b'],"next_cursor":' + following + b"}"


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def _not_found(kind: str, id_: str) -> Response:
    return JSONResponse({"error": f"No {kind} {id_} is stored."}, 404)
