"""Alerts and stories over HTTP: the list, one alert, the feeds."""

from typing import Annotated

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from msgspec import Raw

from services.api.core import feeds
from services.api.core import query as queries
from services.api.core.summaries import with_summaries
from services.api.edges.redis import RedisAlertReader
from services.api.routes import openapi
from services.api.routes.answers import as_feed, as_json, not_found
from services.contracts import codec, stories
from services.contracts.messages import Alert, Severity

Id = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hexadecimal characters")]


def asked(
    topic: Annotated[str | None, Query(max_length=100)] = None,
    actor: Annotated[str | None, Query(max_length=100, description="for instance RUS or nato")] = None,
    place: Annotated[
        str | None, Query(max_length=100, description="country (ISO 3166-1 alpha-3) or id of a place")
    ] = None,
    min_severity: Annotated[Severity | None, Query(description="this level and those above it")] = None,
    since: Annotated[
        str | None,
        Query(pattern=queries.TIME, json_schema_extra={"format": "date-time"}, description="RFC 3339 time"),
    ] = None,
    cursor: Annotated[
        str | None, Query(pattern=queries.CURSOR, description="next_cursor of the page before, as it was")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=queries.MAX_PAGE)] = 50,
) -> queries.Query:
    """The parameters of every list."""
    return queries.parse(
        topic=topic, actor=actor, place=place, min_severity=min_severity, since=since, cursor=cursor, limit=limit
    )


Asked = Annotated[queries.Query, Depends(asked)]


def add(app: FastAPI, reader: RedisAlertReader) -> None:
    """Add the routes. The feeds come before the route of one alert, whose pattern their names would meet."""
    _add_lists(app, reader)
    _add_single(app, reader)


def _add_lists(app: FastAPI, reader: RedisAlertReader) -> None:
    @app.get("/api/v1/alerts", summary="Alerts, the last updated first", responses=openapi.gives(openapi.PAGE))
    async def alerts(query: Asked) -> Response:
        """A page can be shorter than asked for and still have a ``next_cursor``; without one it is the last."""
        page = await reader.page(query)
        return as_json(
            {"alerts": [Raw(with_summaries(alert)) for alert in page.alerts], "next_cursor": page.next_cursor}
        )

    @app.get(
        "/api/v1/alerts.atom",
        summary="The same as an Atom feed",
        responses=openapi.gives({"type": "string"}, "application/atom+xml"),
    )
    async def atom(request: Request, query: Asked) -> Response:
        body = feeds.atom(await _decoded(reader, query), base=str(request.base_url), here=str(request.url))
        return as_feed(body, "application/atom+xml")

    @app.get(
        "/api/v1/alerts.json",
        summary="The same as a JSON Feed",
        responses=openapi.gives({"type": "object"}, "application/feed+json"),
    )
    async def json_feed(request: Request, query: Asked) -> Response:
        body = feeds.json_feed(await _decoded(reader, query), base=str(request.base_url), here=str(request.url))
        return as_feed(body, "application/feed+json")


def _add_single(app: FastAPI, reader: RedisAlertReader) -> None:
    @app.get(
        "/api/v1/alerts/{alert_id}",
        summary="One alert as it stands",
        responses=openapi.gives(openapi.ALERT, c404="No such alert."),
    )
    async def alert(alert_id: Id) -> Response:
        body = await reader.alert(alert_id)
        return as_json(with_summaries(body)) if body is not None else not_found("alert", alert_id)

    @app.get(
        "/api/v1/stories/{story_id}",
        summary="Who carried a story, when, and who counts",
        responses=openapi.gives(openapi.STORY, c404="No such story."),
    )
    async def story(story_id: Id, language: Annotated[str | None, Query(max_length=8)] = "en") -> Response:
        folded = stories.fold(await reader.members(story_id, language))
        if not folded:
            return not_found("story", story_id)
        count = stories.independent_sources(folded)
        return as_json({"story_id": story_id, "independent_sources": count, "members": folded})

    @app.get(
        "/api/v1/health",
        summary="Whether alerts can be read now",
        responses=openapi.gives(openapi.HEALTH, c503="Alerts cannot be read now."),
    )
    async def health() -> Response:
        await reader.ping()
        return as_json({"status": "ok"})


async def _decoded(reader: RedisAlertReader, query: queries.Query) -> list[Alert]:
    return [codec.decode(body, Alert) for body in (await reader.page(query)).alerts]
