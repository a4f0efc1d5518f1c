"""What every release wrote is read by this version, and this one reads what a later minor change would add."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.contracts import codec, redis_keys, topics
from tests.contracts import schemas
from tests.support.releases import EVERY, STRUCTS, Message, Release

MESSAGES = [message for release in EVERY for message in release.messages()]
MAPS = ("headers",)  # their names are data, not fields
SCHEMAS = {
    "articles": "article.v1",
    "articles.unique": "unique_article.v1",
    "articles.duplicates": "duplicate.v1",
    "articles.tagged": "tagged_article.v1",
    "alerts": "alert.v1",
    "articles.dead": "dead_letter.v1",
}


def named(message: Message) -> str:
    return f"{message.topic}-{message.key[:8]}"


def with_news(value: Any) -> Any:
    """``value`` as a later version would write it: with a field more in every object that has fixed fields."""
    if isinstance(value, dict):
        parts = {name: held if name in MAPS else with_news(held) for name, held in value.items()}
        return {**parts, "of_a_later_version": {"x": [1]}}
    return [with_news(held) for held in value] if isinstance(value, list) else value


def contains(whole: Any, part: Any) -> bool:
    """Whether nothing of ``part`` is missing or different in ``whole``."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("release", EVERY, ids=lambda release: release.name)
def test_there_is_a_message_of_every_topic(release: Release) -> None:
    assert STRUCTS.keys() == SCHEMAS.keys()
    assert {message.topic for message in release.messages()} >= STRUCTS.keys() - {topics.DEAD}


@pytest.mark.parametrize("message", MESSAGES, ids=named)
def test_it_is_read_and_written_again_without_loss(message: Message) -> None:
    read = codec.decode(message.value, STRUCTS[message.topic])
    assert contains(json.loads(codec.encode(read)), json.loads(message.value))


@pytest.mark.parametrize("message", MESSAGES, ids=named)
def test_it_is_still_what_its_schema_says(message: Message) -> None:
    assert schemas.problem(SCHEMAS[message.topic], json.loads(message.value)) is None


@pytest.mark.parametrize("message", MESSAGES, ids=named)
def test_fields_of_a_later_version_are_passed_over(message: Message) -> None:
    later = with_news(json.loads(message.value))
    kind = STRUCTS[message.topic]
    assert codec.decode(json.dumps(later).encode(), kind) == codec.decode(message.value, kind)
    assert schemas.problem(SCHEMAS[message.topic], later) is None


@pytest.mark.parametrize("release", EVERY, ids=lambda release: release.name)
def test_every_key_carries_the_version_of_its_layout(release: Release) -> None:
    keys = release.key_names()
    assert len(keys) > 100
    assert {key.split(b":{")[0].decode() for key in keys} <= {redis_keys.PREFIX, redis_keys.DEDUPE_PREFIX}
