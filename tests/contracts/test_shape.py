"""The guard against breaking changes breaks when it should, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.shape import Shape, breaks

OLD: Shape = {
    "id": {"required": True, "types": ["string"]},
    "at": {"required": False, "types": ["null", "string"], "format": "date-time"},
    "role": {"required": True, "types": ["string"], "enum": ["mention", "primary"]},
    "tags": {"required": True, "types": ["array"]},
    "tags[]": {"required": False, "types": ["object"]},
    "tags[].topic": {"required": True, "types": ["string"]},
}


@pytest.mark.parametrize(
    "added",
    [
        {},
        {"note": {"required": False, "types": ["null", "string"]}},
        {"role": {"required": True, "types": ["string"], "enum": ["mention", "primary", "quote"]}},
        {
            "place": {"required": False, "types": ["object"]},
            "place.name": {"required": True, "types": ["string"]},
        },
    ],
)
def test_additions_break_nobody(added: Shape) -> None:
    assert breaks(OLD, OLD | added) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": {"required": False, "types": ["string"]}}, "id was always there and may be missing now"),
        ({"id": {"required": True, "types": ["integer"]}}, "id was ['string'] and is ['integer'] now"),
        ({"at": {"required": False, "types": ["string"], "format": "date-time"}}, "at was ['null', 'string']"),
        ({"at": {"required": True, "types": ["null", "string"], "format": "date-time"}}, "at is required now"),
        ({"at": {"required": False, "types": ["null", "string"]}}, "at was date-time and is None now"),
        ({"role": {"required": True, "types": ["string"], "enum": ["primary"]}}, "role no longer allows ['mention']"),
        ({"id": {"required": True, "types": ["string"], "enum": ["a"]}}, "id allowed any value"),
        ({"note": {"required": True, "types": ["string"]}}, "note is new and required"),
        ({"tags[].score": {"required": True, "types": ["number"]}}, "tags[].score is new and required"),
    ],
)
def test_a_breaking_change_is_named(changed: dict[str, Any], said: str) -> None:
    found = breaks(OLD, OLD | changed)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_a_removed_field_is_named() -> None:
    assert breaks(OLD, {path: entry for path, entry in OLD.items() if path != "at"}) == ["at is gone"]
