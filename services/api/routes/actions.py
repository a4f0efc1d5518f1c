"""What analysts do with alerts: one act on one alert or on many."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from msgspec import Raw
from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass as validated

from services.api.core.action_request import ActionRequest
from services.api.core.summaries import with_summaries
from services.api.edges.actions import RedisAlertActions
from services.api.errors import ActionError
from services.api.routes import openapi
from services.api.routes.alerts import Id
from services.api.routes.answers import as_json, not_found
from services.api.routes.authorization import Authorization
from services.contracts import codec
from services.contracts.messages import AlertState

MAX_AT_ONCE = 200
AlertId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")]


@validated(frozen=True, kw_only=True, config={"extra": "forbid"})
class StateChange:
    """The body of a state change."""

    state: AlertState


@validated(frozen=True, kw_only=True, config={"extra": "forbid"})
class Act(ActionRequest):
    """The body of an action: on which alerts, of which kind, and what that kind needs."""

    alerts: Annotated[list[AlertId], Field(min_length=1, max_length=MAX_AT_ONCE)]


def add(app: FastAPI, actions: RedisAlertActions, access: Authorization) -> None:
    """Add the routes. Both need the role of an analyst."""

    def name_of(request: Request) -> str:
        user = access.user(request)
        return user.name if user else "somebody"

    @app.post(
        "/api/v1/alerts/{alert_id}/state",
        summary="Acknowledge, mute, close, reopen",
        responses=openapi.gives(openapi.ALERT, c404="No such alert.", c409="It was merged into another alert."),
        openapi_extra=openapi.NEEDS_A_TOKEN,
    )
    async def state(request: Request, alert_id: Id, change: StateChange) -> Response:
        """Needs the role of an analyst. The answer is the alert as it stands then.

        Its new revision goes to everyone who follows.
        """
        moved = await actions.act(alert_id, ActionRequest(kind="state", state=change.state), name_of(request))
        return as_json(with_summaries(codec.encode(moved))) if moved is not None else not_found("alert", alert_id)

    @app.post(
        "/api/v1/actions",
        summary="Note, assign, snooze, give feedback, merge, split, change the state, undo; on up to 200 alerts",
        responses=openapi.gives(openapi.RESULTS),
        openapi_extra=openapi.NEEDS_A_TOKEN,
    )
    async def act(request: Request, body: Act) -> Response:
        """Needs the role of an analyst. Repeating an action changes nothing.

        What each kind needs: ``state``: state; ``note``: text; ``assign``: assigned_to, null for nobody; ``snooze``:
        until, null to end it; ``feedback``: useful, or why not, and the article and rule if not those that the alert is
        about; ``merge``: other, the alert that goes on; ``split``: article_id; ``undo``: nothing, it undoes your last.
        Each alert has a result of its own: the alert as it stands then, or an error.
        """
        fields: dict[str, Any] = asdict(body)
        asked = ActionRequest(**{name: value for name, value in fields.items() if name != "alerts"})
        by = name_of(request)
        return as_json({"results": [await _result(actions, id_, asked, by) for id_ in dict.fromkeys(body.alerts)]})


async def _result(actions: RedisAlertActions, alert_id: str, asked: ActionRequest, by: str) -> dict[str, Any]:
    try:
        alert = await actions.act(alert_id, asked, by)
    except ActionError as failure:
        return {"id": alert_id, "alert": None, "error": str(failure)}
    if alert is None:
        return {"id": alert_id, "alert": None, "error": f"No alert {alert_id} is stored."}
    return {"id": alert_id, "alert": Raw(with_summaries(codec.encode(alert))), "error": None}
