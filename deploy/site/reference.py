"""Write docs/reference/: the HTTP API from OpenAPI, the topics from topics.yaml and the schemas, the metrics from code.

``python -m deploy.site.reference`` writes the pages; a test compares them with what this module makes of the sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from services.api.core.tokens import PERMISSIONS, ROLES
from services.api.metrics import ApiMetrics
from services.api.routes.app import build_app
from services.api.routes.authorization import permission_for
from services.api.routes.stream import Followers
from services.runtime.files import shipped
from services.runtime.kafka import topics
from services.runtime.process.clock import SystemClock
from tests.support.metrics import SERVICES, Service

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
_WRITTEN = "<!-- Written by `python -m deploy.site.reference`: change the source, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """File name to text."""
    return {"api.md": _api(), "topics.md": _topics(), "metrics.md": _metrics()}


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |\n" for row in lines
    )


# --- HTTP


def _openapi() -> dict[str, Any]:
    """The document of the application; nothing that it would ask is asked."""
    metrics, nobody = ApiMetrics(CollectorRegistry()), cast("Any", None)
    app = build_app(
        nobody,
        nobody,
        nobody,
        nobody,
        archive=nobody,
        access=nobody,
        metrics=metrics,
        clock=SystemClock(),
        followers=Followers(1, metrics),
    )
    return app.openapi()


def _api() -> str:
    document = _openapi()
    text = "# HTTP API\n\n" + _WRITTEN
    text += "The document itself is at `/api/v1/openapi.json` of a running API. Every error has the form\n"
    text += '`{"error": "..."}`.\n'
    for path, methods in sorted(document["paths"].items()):
        for method, route in methods.items():
            text += f"\n## {method.upper()} {path}\n\n{_said(route)}\n\n{_role(method.upper(), path)}\n"
            if parameters := route.get("parameters"):
                text += "\n" + _table(("parameter", "in", "type", ""), (_parameter(one) for one in parameters))
            answers = ((code, answer.get("description", "")) for code, answer in route["responses"].items())
            text += "\n" + _table(("status", ""), answers)
    return text


def _role(method: str, path: str) -> str:
    wanted = permission_for(method, path)
    return "No role is needed." if wanted is None else f"Role: {ROLES[PERMISSIONS.index(wanted)]}."


def _said(route: Mapping[str, Any]) -> str:
    return str(route.get("description") or route.get("summary") or "").strip()


def _parameter(one: Mapping[str, Any]) -> tuple[str, ...]:
    required = ", required" if one.get("required") else ""
    return f"`{one['name']}`", one["in"], _type(one.get("schema", {})) + required, str(one.get("description", ""))


# --- topics


def _topics() -> str:
    text = "# Topics\n\n" + _WRITTEN
    text += "The topics are declared in [topics.yaml](../../schemas/topics.yaml); those for subscribers also in\n"
    text += "[asyncapi.yaml](../../schemas/asyncapi.yaml). Within a version, fields are added and never removed.\n"
    for topic in topics.read().values():
        text += f"\n## {topic.name}\n\n{topic.purpose}\n\n"
        facts = {
            "message": f"[{topic.schema}](../../schemas/{topic.schema}.schema.json)",
            "key": topic.key,
            "written by": ", ".join(topic.producers),
            "read by": ", ".join((*topic.consumers, *(("your consumers",) if topic.public else ()))),
            "kept": f"{topic.retention_days} days, {topic.partitions} partitions",
        }
        text += _table(("", ""), iter(facts.items()))
    text += "\n## Fields\n"
    definitions = json.loads((shipped.schemas() / "definitions.v1.schema.json").read_text())["$defs"]
    for name in dict.fromkeys(topic.schema for topic in topics.read().values()):
        schema = json.loads((shipped.schemas() / f"{name}.schema.json").read_text())
        text += f"\n### {name}\n\n{schema['description']}\n\n" + _fields(schema, definitions)
    objects = ((name, one) for name, one in definitions.items() if "properties" in one)
    for name, one in objects:
        text += f"\n### {name}\n\n{one['description']}\n\n" + _fields(one, definitions)
    return text


def _fields(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    return _table(
        ("field", "type", ""),
        (
            (f"`{name}`" + ("" if name in required else " (optional)"), _type(field), _meaning(field, definitions))
            for name, field in schema["properties"].items()
        ),
    )


def _meaning(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "description" in field:
        return str(field["description"])
    named = definitions.get(str(field.get("$ref", "")).rpartition("/")[2], {})
    return str(named.get("description", ""))


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].removesuffix(".schema.json")
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    kinds = schema.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if text == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return text + (": " + ", ".join(map(str, schema["enum"])) if "enum" in schema else "")


# --- metrics


def _metrics() -> str:
    text = "# Metrics\n\n" + _WRITTEN
    text += "Each service serves these at `/metrics` of its operations port, beside those of the process itself.\n"
    for service in SERVICES:
        text += f"\n## {service}\n\n" + _table(("metric", "type", "labels", ""), _rows(_with_samples(service)))
    return text


def _with_samples(service: str) -> CollectorRegistry:
    """The metrics of a service after one event of every kind: labels show only on samples."""
    made = Service(service)
    made.look()
    return made.registry


def _rows(registry: CollectorRegistry) -> Iterator[tuple[str, ...]]:
    for metric in sorted(registry.collect(), key=lambda one: one.name):
        if metric.name.startswith("wirewatch"):
            suffix = "_total" if metric.type == "counter" else ""
            yield f"`{metric.name}{suffix}`", metric.type, _labels(metric), metric.documentation


def _labels(metric: Metric) -> str:
    names = {label for sample in metric.samples for label in sample.labels} - {"le"}
    return ", ".join(sorted(names))


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
