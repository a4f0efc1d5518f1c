"""The schemas as tests and checks see them: read from ``schemas/``, references resolved locally, formats checked."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from services.runtime.files import shipped as files

SUFFIX = ".schema.json"
DEFINITIONS = "definitions.v1"
NO_TOPIC = ("story_member.v1",)  # kept in Redis, described for those who read it there
# Of files that people write, not of messages: their service tests them.
FILE_FORMATS = (
    "grammar.v1",
    "names.v1",
    "publishers.v1",
    "severity.v1",
    "topic_pack.v2",
    "topic_words.v2",
    "watches.v1",
)

Json = Any

_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@dataclass(frozen=True)
class Example:
    """One file of ``schemas/examples``; ``reason`` says why an invalid one is invalid."""

    schema: str
    path: Path
    message: Json
    reason: str | None

    def __str__(self) -> str:
        return f"{self.schema}/{self.path.parent.name}/{self.path.stem}"


@cache
def documents() -> dict[str, dict[str, Json]]:
    """Every schema of the wire by name, for instance ``article.v1``, the shared definitions included."""
    found = {path.name.removesuffix(SUFFIX): path for path in sorted(files.schemas().glob(f"*{SUFFIX}"))}
    return {name: json.loads(path.read_text()) for name, path in found.items() if name not in FILE_FORMATS}


def messages() -> list[str]:
    """The names of the schemas that describe a message."""
    return [name for name in documents() if name != DEFINITIONS]


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of one schema. References are resolved among our own files only."""
    resources = [(f"{other}{SUFFIX}", Resource.from_contents(document)) for other, document in documents().items()]
    registry: Registry[Json] = Registry().with_resources(resources)
    return Draft202012Validator(documents()[name], registry=registry, format_checker=_formats)


def problem(name: str, message: Json) -> str | None:
    """What is wrong with a message, or None."""
    for error in validator(name).iter_errors(message):
        return f"{error.json_path}: {error.message}"
    return _bad_base64(name, message)


def _bad_base64(name: str, message: Json) -> str | None:
    """``contentEncoding`` is a mere note to JSON Schema; here it is checked, as it is when decoding."""
    for field, described in documents()[name].get("properties", {}).items():
        if described.get("contentEncoding") == "base64" and isinstance(message.get(field), str):
            try:
                base64.b64decode(message[field], validate=True)
            except binascii.Error as error:
                return f"$.{field}: not base64: {error}"
    return None


def examples(*, valid: bool, schema: str | None = None) -> list[Example]:
    """The examples of one schema, or of all."""
    kind = "valid" if valid else "invalid"
    paths = sorted((files.schemas() / "examples").glob(f"{schema or '*'}/{kind}/*.json"))
    return [_example(path, valid=valid) for path in paths]


def _example(path: Path, *, valid: bool) -> Example:
    content = json.loads(path.read_text())
    return Example(
        schema=path.parent.parent.name,
        path=path,
        message=content if valid else content["message"],
        reason=None if valid else content["reason"],
    )
