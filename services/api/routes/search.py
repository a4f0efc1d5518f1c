"""The archive over HTTP: search, what came before an alert, an actor, a place, a brief. All of it reads only."""

from dataclasses import replace
from datetime import UTC
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from msgspec import Raw

from services.api.core import feeds
from services.api.core import query as queries
from services.api.edges.archive import ArchiveReader
from services.api.errors import QueryError
from services.api.routes import openapi
from services.api.routes.alerts import Id
from services.api.routes.answers import as_feed, as_json, error
from services.archive_store import reader
from services.archive_store.brief import brief
from services.archive_store.errors import SearchError
from services.archive_store.search import MAX_PAGE, Found, Order, Search, search, understood
from services.archive_store.tokens import Kind
from services.archive_store.watch import watch_of
from services.contracts.messages import Severity
from services.runtime.process.clock import Clock

_Values = Annotated[list[str] | None, Query(max_length=20)]
_Time = Annotated[
    str | None, Query(pattern=queries.TIME, json_schema_extra={"format": "date-time"}, description="RFC 3339 time")
]
_Value = Annotated[str, Path(max_length=100, pattern=r"^[^/\x00-\x1f]+$")]


def asked(
    q: Annotated[
        str | None,
        Query(
            max_length=1000,
            description='words, "a phrase", begin*, a OR b, -without, a NEAR/5 b, title:word',
            examples=['"shadow fleet" tanker* -insurance'],
        ),
    ] = None,
    topic: _Values = None,
    act: _Values = None,
    actor: _Values = None,
    place: _Values = None,
    outlet: _Values = None,
    language: _Values = None,
    min_severity: Annotated[Severity | None, Query(description="of the alert that an article belongs to")] = None,
    since: _Time = None,
    until: _Time = None,
    order: Annotated[Order, Query(description="the newest first, or the best match first")] = "time",
    cursor: Annotated[str | None, Query(max_length=40, description="next_cursor of the page before, as it was")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
) -> Search:
    """The parameters of every search. Values of one filter are alternatives; several filters all hold."""
    values = {"topic": topic, "act": act, "actor": actor, "place": place, "outlet": outlet, "language": language}
    try:
        words, filters = understood(q, min_severity=min_severity, **values)
    except SearchError as failure:
        raise QueryError(f"q: {failure}") from None
    return Search(
        query=words,
        filters=filters,
        since=queries.moment("since", since),
        until=queries.moment("until", until),
        order=order,
        cursor=cursor or None,
        limit=limit,
    )


Asked = Annotated[Search, Depends(asked)]


def add(app: FastAPI, archive: ArchiveReader, clock: Clock) -> None:
    _add_search(app, archive)
    _add_context(app, archive, clock)


def _add_search(app: FastAPI, archive: ArchiveReader) -> None:
    @app.get("/api/v1/search", summary="Search the articles of the archive", responses=openapi.gives(openapi.FOUND))
    async def found(search_for: Asked) -> Response:
        """``count`` ends at 10,000 (``more`` says so); ``facets`` count the newest 1,000 matches.

        ``title`` and ``snippet`` are plain text with the places of what was found, as ``[start, end]``.
        """
        return as_json(await archive.ask(lambda db: search(db, search_for)))

    @app.get(
        "/api/v1/search.atom",
        summary="The newest matches as an Atom feed",
        responses=openapi.gives({"type": "string"}, "application/atom+xml"),
    )
    async def atom(request: Request, search_for: Asked) -> Response:
        """The same address always stands for the same search: a feed reader can keep it."""
        newest = replace(search_for, order="time", cursor=None)
        result: Found = await archive.ask(lambda db: search(db, newest))
        body = feeds.search_atom(result.hits, base=str(request.base_url), here=str(request.url))
        return as_feed(body, "application/atom+xml")

    @app.get(
        "/api/v1/search/watch",
        summary="A search as a watch, in YAML",
        responses=openapi.gives({"type": "array", "items": {"type": "object"}}, "application/yaml"),
    )
    async def watch(search_for: Asked, name: Annotated[str, Query(max_length=100)] = "Search") -> Response:
        """To be put into the watch file, whose list it belongs to; nothing is changed by asking."""
        try:
            return Response(watch_of(name, search_for), media_type="application/yaml")
        except SearchError as failure:
            raise QueryError(str(failure)) from None


def _add_context(app: FastAPI, archive: ArchiveReader, clock: Clock) -> None:
    @app.get(
        "/api/v1/alerts/{alert_id}/before",
        summary="Earlier alerts about the same actors, act or place",
        responses=openapi.gives(openapi.BEFORE),
    )
    async def before(alert_id: Id) -> Response:
        """Those that share two of them, of which one is who or what; the newest first, at most ten."""
        return as_json({"alerts": await archive.ask(lambda db: reader.before_this(db, alert_id))})

    @app.get(
        "/api/v1/alerts/{alert_id}/revisions/{revision}",
        summary="One revision of an alert as it was sent",
        responses=openapi.gives(openapi.ALERT, c404="No such revision."),
    )
    async def revision(alert_id: Id, revision: Annotated[int, Path(ge=1, le=2**53)]) -> Response:
        message = await archive.ask(lambda db: reader.message_of(db, alert_id, revision))
        if message is None:
            return error(404, f"The archive has no revision {revision} of an alert {alert_id}.")
        return as_json(Raw(message))

    def _add_about(path: str, kind: Kind) -> None:
        @app.get(
            path,
            summary=f"A {kind} of alerts: which ones, in which months, and what stands beside it",
            responses=openapi.gives(openapi.ABOUT),
        )
        async def about(
            value: _Value,
            cursor: Annotated[str | None, Query(max_length=40, description="next_cursor of the page before")] = None,
            limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
        ) -> Response:
            return as_json(await archive.ask(lambda db: reader.about(db, kind, value, before=cursor, limit=limit)))

    _add_about("/api/v1/actors/{value}", "actor")
    _add_about("/api/v1/places/{value}", "place")

    @app.get(
        "/api/v1/brief",
        summary="A brief of the last days, in Markdown",
        responses=openapi.gives({"type": "string"}, "text/markdown"),
    )
    async def written(days: Annotated[int, Query(ge=1, le=31)] = 1) -> Response:
        """Extracts with their sources; nothing is generated."""
        now = clock.now().astimezone(UTC)
        text = await archive.ask(lambda db: brief(db, now, days=days))
        return Response(text, media_type="text/markdown; charset=utf-8", headers={"Cache-Control": "no-store"})
