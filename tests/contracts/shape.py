"""The shape of a message, flattened to one line per field, from a schema and from a struct alike.

``article.feed.id`` maps to ``{"required": true, "types": ["string"]}``; ``[]`` steps into a list, ``{}`` into a
map, ``enum``, ``format`` and ``limits`` are there where they are given. Equal shapes mean equal contracts; the shape
of a released version is kept in ``baseline/`` and may only grow.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect

from tests.contracts.schemas import SUFFIX, documents

Shape = dict[str, dict[str, Any]]


def of_schema(name: str) -> Shape:
    """The shape that a schema gives."""
    shape: Shape = {}
    _object(documents()[name], name, "", shape)
    return shape


def of_struct(kind: type[msgspec.Struct]) -> Shape:
    """The shape that a struct gives."""
    shape: Shape = {}
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    _struct(described, "", shape)
    return shape


def breaks(old: Shape, new: Shape) -> list[str]:
    """What a consumer of ``old`` could trip over in ``new``, one sentence each. Additions break nobody.

    A producer of ``old`` must stay valid, too, so nothing may become required and no type or enum may shrink; a
    consumer of ``old`` must understand ``new``, so nothing that was required may become optional.
    """
    found = []
    for path, before in old.items():
        after = new.get(path)
        if after is None:
            found.append(f"{path} is gone")
            continue
        if before["required"] and not after["required"]:
            found.append(f"{path} was always there and may be missing now")
        if after["required"] and not before["required"]:
            found.append(f"{path} is required now")
        if before["types"] != after["types"]:
            found.append(f"{path} was {before['types']} and is {after['types']} now")
        if "enum" in before and "enum" in after and (gone := set(before["enum"]) - set(after["enum"])):
            found.append(f"{path} no longer allows {sorted(gone)}")
        if after.get("enum") and not before.get("enum"):
            found.append(f"{path} allowed any value and has a fixed set now")
        if before.get("limits") != after.get("limits"):
            found.append(f"{path} had the limits {before.get('limits')} and has {after.get('limits')} now")
        if before.get("format") != after.get("format"):
            found.append(f"{path} was {before.get('format')} and is {after.get('format')} now")
    found += [f"{path} is new and required" for path in new.keys() - old.keys() if _tightens(path, old, new)]
    return sorted(found)


def _tightens(path: str, old: Shape, new: Shape) -> bool:
    """A required field inside something new is no burden: only one beside fields that were there is."""
    parent = path.rpartition(".")[0].rstrip("[]{}")
    return bool(new[path]["required"]) and not path.endswith(("[]", "{}")) and (not parent or parent in old)


# --- from a schema


_LIMITS = {
    "minimum": "from",
    "maximum": "to",
    "minLength": "shortest",
    "maxLength": "longest",
    "minItems": "fewest",
}


def resolve(node: dict[str, Any], file: str) -> dict[str, Any]:
    """The node that a reference of ``file`` stands for."""
    return _resolve(node, file)[0]


def _resolve(node: dict[str, Any], file: str) -> tuple[dict[str, Any], str]:
    """The node that a reference stands for, and the file it is in."""
    while "$ref" in node:
        target, _, pointer = node["$ref"].partition("#")
        file = target.removesuffix(SUFFIX) or file
        node = documents()[file]
        for step in pointer.split("/")[1:]:
            node = node[step]
    return node, file


def _object(node: dict[str, Any], file: str, prefix: str, shape: Shape) -> None:
    required = node.get("required", ())
    for field, described in node["properties"].items():
        _field(described, file, f"{prefix}{field}", field in required, shape)


def _field(described: dict[str, Any], file: str, path: str, required: bool, shape: Shape) -> None:
    node, file = _resolve(described, file)
    options = [_resolve(option, file) for option in node["anyOf"]] if "anyOf" in node else [(node, file)]
    types: set[str] = set()
    entry: dict[str, Any] = {"required": required}
    shape[path] = entry
    for option, where in options:
        kinds = option["type"]
        types |= {kinds} if isinstance(kinds, str) else set(kinds)
        if "enum" in option:
            entry["enum"] = sorted(option["enum"])
        if limits := {name: option[word] for word, name in _LIMITS.items() if word in option}:
            entry["limits"] = limits
        if "format" in option or "contentEncoding" in option:
            entry["format"] = option.get("format") or option["contentEncoding"]
        if "properties" in option:
            _object(option, where, f"{path}.", shape)
        elif "additionalProperties" in option:
            _field(option["additionalProperties"], where, f"{path}{{}}", False, shape)
        if "items" in option:
            _field(option["items"], where, f"{path}[]", False, shape)
    entry["types"] = sorted(types)


# --- from a struct

_SIMPLE: dict[type[inspect.Type], tuple[str, str | None]] = {
    inspect.StrType: ("string", None),
    inspect.IntType: ("integer", None),
    inspect.FloatType: ("number", None),
    inspect.BoolType: ("boolean", None),
    inspect.NoneType: ("null", None),
    inspect.DateTimeType: ("string", "date-time"),
    inspect.BytesType: ("string", "base64"),
}


def _limits(kind: inspect.Type) -> dict[str, Any]:
    match kind:
        case inspect.IntType() | inspect.FloatType():
            found = {"from": kind.ge, "to": kind.le}
        case inspect.StrType():
            found = {"shortest": kind.min_length, "longest": kind.max_length}
        case inspect.VarTupleType():
            found = {"fewest": kind.min_length}
        case _:
            found = {}
    return {name: limit for name, limit in found.items() if limit is not None}


def _struct(kind: inspect.StructType, prefix: str, shape: Shape) -> None:
    for field in kind.fields:
        _typed(field.type, f"{prefix}{field.encode_name}", field.required, shape)


def _typed(kind: inspect.Type, path: str, required: bool, shape: Shape) -> None:
    types: set[str] = set()
    entry: dict[str, Any] = {"required": required}
    shape[path] = entry
    for option in kind.types if isinstance(kind, inspect.UnionType) else (kind,):
        if limits := _limits(option):
            entry["limits"] = limits
        if isinstance(option, inspect.StructType):
            types.add("object")
            _struct(option, f"{path}.", shape)
        elif isinstance(option, inspect.VarTupleType):
            types.add("array")
            _typed(option.item_type, f"{path}[]", False, shape)
        elif isinstance(option, inspect.DictType):
            types.add("object")
            _typed(option.value_type, f"{path}{{}}", False, shape)
        elif isinstance(option, inspect.LiteralType):
            types.add("string")
            entry["enum"] = sorted(option.values)
        else:
            name, format_ = _SIMPLE[type(option)]
            types.add(name)
            if format_:
                entry["format"] = format_
            if isinstance(option, inspect.DateTimeType):
                assert option.tz, f"{path}: a time must have an offset"
    entry["types"] = sorted(types)
