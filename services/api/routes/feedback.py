"""What analysts think of the alerts: precision by topic, rule, act and source, and the rules that they reject."""

from collections.abc import Sequence
from contextlib import suppress

from fastapi import FastAPI, Response
from msgspec.structs import asdict

from services.api.core.query import MAX_PAGE, Cursor, Query, parse_cursor
from services.api.edges.redis import RedisAlertReader
from services.api.metrics import ApiMetrics
from services.api.routes import openapi
from services.api.routes.answers import as_json
from services.contracts import codec, feedback
from services.contracts.messages import Alert
from services.runtime.errors import TransientError
from services.runtime.process.clock import Clock

MOST = 2000  # alerts with feedback that are counted, the last updated first
EVERY_SECONDS = 60.0


def add(app: FastAPI, reader: RedisAlertReader) -> None:
    @app.get(
        "/api/v1/feedback",
        summary="Precision as analysts see it, and the rules that they reject",
        responses=openapi.gives(openapi.FEEDBACK),
    )
    async def judged() -> Response:
        """Of the alerts that are stored, each by its last verdict. ``gain`` and ``loss`` of a rejected rule: how many
        rejected and how many useful alerts rest on it alone, and would not open without it.
        """
        alerts = await with_feedback(reader)
        counted = [{**asdict(one), "precision": round(one.precision, 3)} for one in feedback.count(alerts)]
        return as_json({"alerts": len(alerts), "judged": counted, "rejected_rules": feedback.rejected_rules(alerts)})


async def with_feedback(reader: RedisAlertReader) -> Sequence[Alert]:
    """The alerts that analysts judged."""
    found: list[Alert] = []
    cursor: Cursor | None = None
    while len(found) < MOST:
        page = await reader.page(Query(judged=True, cursor=cursor, limit=MAX_PAGE))
        found += [codec.decode(body, Alert) for body in page.alerts]
        cursor = parse_cursor(page.next_cursor)
        if cursor is None:
            break
    return found


async def measure(reader: RedisAlertReader, metrics: ApiMetrics, clock: Clock) -> None:
    """Keep the metrics up to date until cancelled."""
    while True:
        with suppress(TransientError):  # the store is away: what was counted last stands
            metrics.judged(feedback.count(await with_feedback(reader)))
        await clock.sleep(EVERY_SECONDS)
