"""What ``schemas/asyncapi.yaml`` must say, given topics.yaml, the schemas and the code that sets headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from services.contracts import codec
from services.contracts.cloudevents import alert_headers
from services.contracts.messages import Alert
from services.runtime.files import shipped as files
from services.runtime.kafka import topics as declared
from tests.contracts import schemas

_DAY_MS = 24 * 60 * 60 * 1000


def drift() -> list[str]:
    """Where the document and its sources part, one sentence each."""
    document = yaml.safe_load((files.schemas() / "asyncapi.yaml").read_bytes())
    public = {name: topic for name, topic in declared.read().items() if topic.public}
    channels = {channel["address"]: channel for channel in document["channels"].values()}
    found = [f"{name} is public in topics.yaml and not in asyncapi.yaml" for name in public.keys() - channels.keys()]
    found += [f"{name} is in asyncapi.yaml and not public" for name in channels.keys() - public.keys()]
    found += [
        f"{pointer} leads nowhere" for pointer in _references(document) if not _leads_somewhere(document, pointer)
    ]
    if found:
        return found
    for name, topic in public.items():
        found += _channel(document, topic, channels[name])
    return [*found, *_headers(document)]


def _channel(document: Any, topic: declared.Topic, channel: Any) -> Iterator[str]:
    messages = [_at(document, message["$ref"]) for message in channel["messages"].values()]
    message = messages[0]
    wanted = {
        "description": (channel["description"], topic.purpose),
        "topic": (channel["bindings"]["kafka"]["topic"], topic.name),
        "partitions": (channel["bindings"]["kafka"]["partitions"], topic.partitions),
        "topicConfiguration": (
            channel["bindings"]["kafka"]["topicConfiguration"],
            {
                "cleanup.policy": [topic.cleanup_policy],
                "retention.ms": topic.retention_days * _DAY_MS,
                "max.message.bytes": topic.max_message_bytes,
            },
        ),
        "messages": ([m["name"] for m in messages], [topic.schema]),
        "payload": (message["payload"]["schema"]["$ref"], f"./{topic.schema}{schemas.SUFFIX}"),
        "title": (message["title"], schemas.documents()[topic.schema]["title"]),
        "key": (message["bindings"]["kafka"]["key"]["description"], topic.key),
    }
    for what, (there, here) in wanted.items():
        if there != here:
            yield f"{topic.name}: {what} is {there!r} in asyncapi.yaml, {here!r} in its source"


def _headers(document: Any) -> Iterator[str]:
    described = document["components"]["schemas"]["alertHeaders"]
    found: set[str] = set()
    for example in schemas.examples(valid=True, schema="alert.v1"):
        headers = alert_headers(codec.decode(json.dumps(example.message).encode(), Alert))
        for error in Draft202012Validator(described).iter_errors(headers):
            yield f"{example}: {error.message}"
        found |= set(headers)
    if found != set(described["properties"]):
        yield f"alert headers are {sorted(found)} in the code, {sorted(described['properties'])} in asyncapi.yaml"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _leads_somewhere(document: Any, pointer: str) -> bool:
    if not pointer.startswith("#"):
        return (files.schemas() / pointer).is_file()
    try:
        _at(document, pointer)
    except KeyError:
        return False
    return True


def _at(document: Any, pointer: str) -> Any:
    for step in pointer.removeprefix("#/").split("/"):
        document = document[step]
    return document
