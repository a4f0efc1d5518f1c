"""The latest alerts for a table in Grafana: a few answers of Prometheus' query api, so that no plugin is needed.

Grafana's own Prometheus data source can be pointed at ``/grafana`` and asked for ``latest_alerts``, whatever else the
query says. Each alert is a series of the answer with what a reader needs in its labels. Nothing is stored: these
labels exist in the answer alone, so that headlines never become series of a real Prometheus.
"""

import re
from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI, Request, Response

from services.api.core import query as queries
from services.api.edges.redis import RedisAlertReader
from services.api.errors import QueryError
from services.api.routes.answers import as_json
from services.contracts import codec
from services.contracts.messages import SEVERITIES, Alert, Severity
from services.runtime.process.clock import Clock

QUERY: Final = re.compile(r"\s*latest_alerts(?:\{(.*)\})?\s*", re.DOTALL)
_SEVERITY = re.compile(r'min_severity="([^"]*)"')
_TOPIC = re.compile(r'topic=~?"([^"]*)"')
_ALL = ("", ".*")  # what a variable of Grafana says when nothing is chosen
LIMIT: Final = 20
_HEADLINE_CHARACTERS: Final = 160


def add(app: FastAPI, reader: RedisAlertReader, clock: Clock) -> None:
    """Add the routes. They take GET and nothing else: the data source is provisioned with that method."""

    @app.get("/grafana/api/v1/query", include_in_schema=False)
    async def query(request: Request) -> Response:
        """The latest alerts as a vector; the value is when each was last updated, in ms since 1970."""
        return _answer("vector", await latest(reader, request.query_params.get("query", ""), clock.now()))

    @app.get("/grafana/api/v1/query_range", include_in_schema=False)
    async def query_range() -> Response:
        """Nothing: the alerts have no history here."""
        return _answer("matrix", [])

    @app.get("/grafana/api/v1/status/buildinfo", include_in_schema=False)
    async def buildinfo() -> Response:
        """Asked by Grafana to see what it talks to."""
        return as_json({"status": "success", "data": {"version": "3.0.0"}})


async def latest(reader: RedisAlertReader, asked: str, now: datetime) -> list[dict[str, object]]:
    """The series. Anything but ``latest_alerts`` has none, as an unknown metric has in Prometheus."""
    wanted = QUERY.fullmatch(asked)
    if wanted is None:
        return []
    severity, topic = _SEVERITY.search(wanted.group(1) or ""), _TOPIC.search(wanted.group(1) or "")
    page = await reader.page(
        queries.parse(
            topic=topic.group(1) if topic and topic.group(1) not in _ALL else None,
            min_severity=_level(severity.group(1)) if severity else None,
            limit=LIMIT,
        )
    )
    return [_series(codec.decode(body, Alert), now) for body in page.alerts]


def _level(text: str) -> Severity | None:
    """The level of that name. Raises :class:`QueryError`."""
    for level in SEVERITIES:
        if text == level:
            return level
    raise QueryError(f"min_severity is {text!r}: give one of {', '.join(SEVERITIES)}.")


def _series(alert: Alert, now: datetime) -> dict[str, object]:
    first = alert.sources[0]
    labels = {
        "id": alert.id,
        "updated": alert.last_updated.astimezone(UTC).strftime("%m-%d %H:%M"),
        "severity": alert.severity,
        "headline": alert.headline[:_HEADLINE_CHARACTERS],
        "topics": ", ".join(topic.topic for topic in alert.topics),
        "sources": str(alert.independent_sources),
        "outlet": first.outlet,
        "url": first.url or "",
    }
    return {"metric": labels, "value": [now.timestamp(), str(int(alert.last_updated.timestamp() * 1000))]}


def _answer(kind: str, result: list[dict[str, object]]) -> Response:
    return as_json({"status": "success", "data": {"resultType": kind, "result": result}})
