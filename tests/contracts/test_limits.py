"""What a schema refuses the code refuses, too: values out of range are dead letters at the boundary."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import codec
from services.contracts.messages import FIRST_YEAR, LAST_YEAR, Article
from tests.contracts import schemas
from tests.contracts.test_schemas import STRUCTS
from tests.support.articles import an_article

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize("example", schemas.examples(valid=False), ids=str)
def test_an_invalid_example_does_not_decode(example: schemas.Example) -> None:
    with pytest.raises(codec.UndecodableError):
        codec.decode(json.dumps(example.message).encode(), STRUCTS[example.schema])


@given(st.datetimes(timezones=offsets | st.just(UTC)))
def test_schema_and_struct_take_the_same_times(time: datetime) -> None:
    message = schemas.examples(valid=True, schema="article.v1")[0].message | {"published_at": time.isoformat()}
    taken = schemas.problem("article.v1", message) is None
    assert taken == (FIRST_YEAR <= time.year <= LAST_YEAR)
    value = json.dumps(message).encode()
    if taken:
        published = codec.decode(value, Article).published_at
        assert published is not None
        assert published.astimezone(UTC) - timedelta(days=100) < published < published + timedelta(days=100)
    else:
        with pytest.raises(codec.UndecodableError, match="published_at is of the year"):
            codec.decode(value, Article)


@pytest.mark.parametrize(
    ("schema", "changed"),
    [
        ("duplicate.v1", {"containment": -1}),
        ("duplicate.v1", {"containment": 1.0000001}),
        ("unique_article.v1", {"story_id": ""}),
        ("alert.v1", {"revision": 0}),
        ("alert.v1", {"revision": 10**30}),
        ("alert.v1", {"revision": -1}),
        ("alert.v1", {"topics": []}),
        ("alert.v1", {"independent_sources": -1}),
        ("alert.v1", {"last_updated": "9999-12-31T23:59:59-12:00"}),
        ("article.v1", {"first_seen_at": "0001-01-01T00:00:00+12:00"}),
        ("article.v1", {"language": "e"}),
        ("tagged_article.v1", {"tags": []}),
        ("dead_letter.v1", {"offset": -1}),
    ],
)
def test_what_is_out_of_range_is_refused_by_schema_and_struct(schema: str, changed: dict[str, Any]) -> None:
    message = schemas.examples(valid=True, schema=schema)[0].message | changed
    assert schemas.problem(schema, message) is not None
    with pytest.raises(codec.UndecodableError):
        codec.decode(json.dumps(message).encode(), STRUCTS[schema])


def test_a_time_that_cannot_be_sent_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="first_seen_at is of the year 1:"):
        an_article(seen=datetime(1, 1, 1, tzinfo=UTC))
