"""What the OpenAPI document says about answers. They are sent as stored bytes, so FastAPI cannot know their shape."""

from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.core.pipeline import ServiceState
from services.api.core.tokens import PERMISSIONS, ROLES
from services.archive_store.reader import AlertLine
from services.archive_store.search import FacetValue, Hit
from services.contracts.feed_health import FeedHealth
from services.contracts.feedback import BY, RejectedRule
from services.contracts.messages import Alert
from services.contracts.stories import Folded

_REF = "#/components/schemas/{name}"
_TEXT = {"type": "string"}
_ERROR = {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}


def ref(name: str) -> dict[str, str]:
    """A reference to a schema of the document."""
    return {"$ref": _REF.format(name=name)}


def an_object(**properties: Any) -> dict[str, Any]:
    """The schema of an object that has all of these."""
    return {"type": "object", "properties": properties, "required": list(properties)}


ALERT = {
    "allOf": [
        ref("Alert"),
        an_object(event_summaries={"type": "array", "items": _TEXT}, also_reported_in={"type": ["string", "null"]}),
    ]
}
PAGE = an_object(alerts={"type": "array", "items": ALERT}, next_cursor={"type": ["string", "null"]})
RESULTS = an_object(
    results={
        "type": "array",
        "items": an_object(id=_TEXT, alert={"anyOf": [ALERT, {"type": "null"}]}, error={"type": ["string", "null"]}),
    }
)
FEEDBACK = an_object(
    alerts={"type": "integer"},
    judged={
        "type": "array",
        "items": an_object(
            by={"enum": list(BY)},
            name=_TEXT,
            useful={"type": "integer"},
            rejected={"type": "object", "additionalProperties": {"type": "integer"}},
            precision={"type": "number"},
        ),
    },
    rejected_rules={"type": "array", "items": ref("RejectedRule")},
)
STORY = an_object(
    story_id=_TEXT, independent_sources={"type": "integer"}, members={"type": "array", "items": ref("Folded")}
)
_NULLABLE_TEXT = {"type": ["string", "null"]}
_ALERTS = {"type": "array", "items": ref("AlertLine")}
_COUNTS = {"type": "array", "items": {"type": "array"}}
FOUND = an_object(
    hits={"type": "array", "items": ref("Hit")},
    next_cursor=_NULLABLE_TEXT,
    count={"type": ["integer", "null"]},
    more={"type": "boolean"},
    facets={"type": "object", "additionalProperties": {"type": "array", "items": ref("FacetValue")}},
)
BEFORE = an_object(alerts=_ALERTS)
ABOUT = an_object(
    kind=_TEXT,
    value=_TEXT,
    name=_TEXT,
    months=_COUNTS,
    actors=_COUNTS,
    acts=_COUNTS,
    places=_COUNTS,
    alerts=_ALERTS,
    next_cursor=_NULLABLE_TEXT,
)
HEALTH = an_object(status=_TEXT)
PIPELINE = an_object(
    services={"type": "array", "items": ref("ServiceState")}, feeds={"anyOf": [ref("FeedHealth"), {"type": "null"}]}
)
SESSION = an_object(
    name={"type": ["string", "null"]},
    role={"enum": [*ROLES, None]},
    may={"type": "array", "items": {"enum": list(PERMISSIONS)}},
    tokens={"type": "boolean"},
    oidc={"type": "boolean"},
)
NEEDS_A_TOKEN: Final[dict[str, Any]] = {"security": [{"token": []}]}


def gives(schema: dict[str, Any], media: str = "application/json", **sentences: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: 200 with ``schema``; ``sentences`` are others, as ``c404="No such alert."``."""
    answers: dict[int | str, dict[str, Any]] = {200: {"description": "Done", "content": {media: {"schema": schema}}}}
    for code, sentence in sentences.items():
        answers[int(code[1:])] = {"description": sentence, "content": {"application/json": {"schema": ref("Error")}}}
    return answers


class Described(FastAPI):
    """An application whose document carries the schemas that :func:`gives` refers to."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            made = get_openapi(title=self.title, version=self.version, routes=self.routes)
            _, shapes = msgspec.json.schema_components(
                [Alert, Folded, ServiceState, FeedHealth, RejectedRule, Hit, FacetValue, AlertLine], ref_template=_REF
            )
            parts = made.setdefault("components", {})
            schemas = parts.setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas.update({**shapes, "Error": _ERROR})
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for operation in (operation for path in made["paths"].values() for operation in path.values()):
                _say_what_every_route_answers(operation["responses"])
            self.openapi_schema = made
        return self.openapi_schema


def _say_what_every_route_answers(answers: dict[str, Any]) -> None:
    """Every route refuses a request of the wrong form alike, and one that is asked for without the right to."""
    answers.pop("422", None)
    shape = {"application/json": {"schema": ref("Error")}}
    answers.setdefault("400", {"description": "Something of the request is of the wrong form.", "content": shape})
    answers.setdefault("401", {"description": "A token is needed.", "content": shape})
    answers.setdefault("403", {"description": "Not for this host, this origin or this role.", "content": shape})
    answers.setdefault("503", {"description": "Redis or the archive is away.", "content": shape})
