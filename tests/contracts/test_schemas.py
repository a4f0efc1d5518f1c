"""The schemas are valid, the examples are what their folder says, and the code's structs are the same contract."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from services.contracts import codec, messages, stories, topics
from services.runtime.files import shipped as files
from services.runtime.kafka import topics as declared
from services.runtime.services import names as service_names
from tests.contracts import schemas, shape

STRUCTS: dict[str, type[msgspec.Struct]] = {
    "article.v1": messages.Article,
    "unique_article.v1": messages.UniqueArticle,
    "duplicate.v1": messages.Duplicate,
    "tagged_article.v1": messages.TaggedArticle,
    "alert.v1": messages.Alert,
    "dead_letter.v1": messages.DeadLetter,
    "story_member.v1": stories.StoryMember,
}
VALID = schemas.examples(valid=True)
INVALID = schemas.examples(valid=False)


@pytest.mark.parametrize("name", schemas.documents())
def test_schema_is_valid_2020_12_and_named_after_its_file(name: str) -> None:
    document = schemas.documents()[name]
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert document["$id"] == name + schemas.SUFFIX


@pytest.mark.parametrize("name", schemas.documents())
def test_every_field_is_described_and_objects_are_open(name: str) -> None:
    silent = [path for path, node in _fields(schemas.documents()[name]) if not _says_something(node, name)]
    assert silent == []
    assert '"additionalProperties": false' not in json.dumps(schemas.documents()[name])


@pytest.mark.parametrize("example", VALID, ids=str)
def test_valid_example_is_accepted(example: schemas.Example) -> None:
    assert schemas.problem(example.schema, example.message) is None


@pytest.mark.parametrize("example", INVALID, ids=str)
def test_invalid_example_is_refused(example: schemas.Example) -> None:
    assert example.reason
    assert schemas.problem(example.schema, example.message) is not None


@pytest.mark.parametrize("example", VALID, ids=str)
def test_valid_example_passes_through_the_code_unharmed(example: schemas.Example) -> None:
    kind: type[Any] = STRUCTS[example.schema]
    message = codec.decode(json.dumps(example.message).encode(), kind)
    encoded = codec.encode(message)
    assert schemas.problem(example.schema, json.loads(encoded)) is None
    assert codec.decode(encoded, kind) == message


@pytest.mark.parametrize("name", schemas.messages())
def test_struct_and_schema_are_the_same_contract(name: str) -> None:
    assert shape.of_struct(STRUCTS[name]) == shape.of_schema(name)


@pytest.mark.parametrize("name", schemas.messages())
def test_schema_did_not_break_those_who_rely_on_it(name: str) -> None:
    kept = files.schemas().parent / "tests" / "contracts" / "baseline" / f"{name}.json"
    baseline: shape.Shape = json.loads(kept.read_text())
    assert shape.breaks(baseline, shape.of_schema(name)) == []


def test_topics_of_the_code_are_those_declared() -> None:
    named = {value for name, value in vars(topics).items() if name.isupper()}
    assert named == set(declared.read())


def test_who_sets_messages_aside_is_a_producer_of_dead_letters_and_nobody_else() -> None:
    producers = declared.read()[topics.DEAD].producers
    assert set(producers) == {*service_names(stream=True), "cli"}


def test_no_file_is_orphaned() -> None:
    folder = files.schemas()
    used = {topic.schema for topic in declared.read().values()} | set(schemas.NO_TOPIC)
    assert used == set(schemas.messages()) == set(STRUCTS)
    assert {path.name for path in (folder / "examples").iterdir()} == used
    assert {path.stem for path in (folder.parent / "tests" / "contracts" / "baseline").iterdir()} == used
    for name in used:
        assert len(schemas.examples(valid=True, schema=name)) >= 3, name
        assert len(schemas.examples(valid=False, schema=name)) >= 5, name


def _fields(node: dict[str, Any], path: str = "$") -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, child in (node.get("properties", {}) | node.get("$defs", {})).items():
        found.append((f"{path}.{name}", child))
        found += _fields(child, f"{path}.{name}")
    return found


def _says_something(node: dict[str, Any], file: str) -> bool:
    return "description" in node or ("$ref" in node and "description" in shape.resolve(node, file))
