"""Files that people write: every mistake is named with its line, once; none takes the process with it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from services.runtime.errors import UnusableFilesError
from services.runtime.files import yaml
from services.runtime.files.paths import KeyPath
from services.runtime.files.violations import violations

RULE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["trigger", "weight"],
    "properties": {
        "trigger": {
            "type": "string",
            "pattern": "^[a-z]+$",
            "description": "A concept: lower case letters. More here.",
        },
        "weight": {"type": "number", "minimum": 0, "maximum": 1},
        "in": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": ["title", "lead"]}},
        "zone": {"type": "string", "format": "iana-timezone", "description": "A time zone."},
        "near": {"type": "array"},
        "order": {"type": "array"},
        "names": {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}},
    },
}
EITHER = {"oneOf": [{"required": ["near"]}, {"required": ["order"]}]}
BY_KIND = {
    "oneOf": [
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["kind", *more],
            "properties": {"kind": {"const": kind}, **{key: {"type": "string"} for key in more}},
        }
        for kind, more in (("log", ()), ("hook", ("url", "secret")))
    ]
}
TEXT_OR_KEYS = {"anyOf": [{"type": "string"}, {"type": "object", "required": ["text"]}]}


def problems_of(content: str | bytes, schema: dict[str, object] | None = None) -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    try:
        document = yaml.parse(raw, "f")
        document.refuse(violations(document.value, schema or {}, written=document.written))
    except UnusableFilesError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("content", "schema", "says"),
    [
        ("triger: a\nweight: 1", RULE, ["f, line 1: unknown key 'triger': did you mean 'trigger'?"]),
        ("weight: 1", RULE, ["f, line 1: 'trigger' must be given."]),
        ("{}", RULE, ["f, line 1: 'trigger' and 'weight' must be given."]),
        ("trigger: a\nweight: 3", RULE, ["f, line 2: weight: expected a number from 0 to 1, not 3."]),
        ("trigger: a\nweight: x", RULE, ["f, line 2: weight: expected a number from 0 to 1, not 'x'."]),
        ("trigger: A\nweight: 1", RULE, ["f, line 1: trigger: 'A' is not a concept: lower case letters."]),
        ("trigger: 'a\n\n'\nweight: 1", RULE, ["f, line 1: trigger: 'a\\n' is not a concept: lower case letters."]),
        ("trigger: no\nweight: 1", RULE, ["f, line 1: trigger: expected text, not no: put it in quotes."]),
        ("trigger:\nweight: 1", RULE, ["f, line 1: trigger: expected text, not nothing."]),
        ("trigger: a\nweight: 1\nin: []", RULE, ["f, line 3: in: give at least one entry, or leave the key out."]),
        ("trigger: a\nweight: 1\nin: [x]", RULE, ["f, line 3: in: 'x' is not one of title, lead."]),
        ("trigger: a\nweight: 1\nin: [lead, lead]", RULE, ["f, line 3: in: 'lead' is given twice."]),
        ("trigger: a\nweight: 1\nin: title", RULE, ["f, line 3: in: expected a list, not 'title'."]),
        ("trigger: a\nweight: 1\nzone: Mars/X", RULE, ["f, line 3: zone: 'Mars/X' is not a time zone."]),
        ("trigger: a\nweight: 1\nnames:\n  a: 1\n  B: 1", RULE, ["f, line 5: 'B' is not text of the form ^[a-z]+$."]),
        ("trigger: a\nweight: 1\nweight: 2", RULE, ["f, line 3: 'weight' is given twice: keep one."]),
        ("[1]", RULE, ["f, line 1: expected keys and values, not a list."]),
        ("a: 1", EITHER, ["f, line 1: give one of near, order, and only one."]),
        ("near: []\norder: []", EITHER, ["f, line 1: give one of near, order, and only one."]),
        ("a: 1\nkind: pigeon", BY_KIND, ["f, line 2: kind: 'pigeon' is not one of log, hook."]),
        ("kind: log\nurl: x", BY_KIND, ["f, line 2: unknown key 'url': allowed are kind."]),
        ("url: 5\nkind: hook", BY_KIND, [
            "f, line 1: 'secret' must be given.",
            "f, line 1: url: expected text, not 5: put it in quotes.",
        ]),
        ("3", TEXT_OR_KEYS, ["f, line 1: expected text or keys and values, not 3: put it in quotes."]),
        ("title: x", TEXT_OR_KEYS, ["f, line 1: 'text' must be given."]),
        ("near: 1\ntriger: A\nweight: 5\nzone: x", RULE, [
            "f, line 1: near: expected a list, not 1.",
            "f, line 2: unknown key 'triger': did you mean 'trigger'?",
            "f, line 3: weight: expected a number from 0 to 1, not 5.",
            "f, line 4: zone: 'x' is not a time zone.",
        ]),
    ],
)  # fmt: skip
def test_every_mistake_is_named_once(content: str, schema: dict[str, object], says: list[str]) -> None:
    assert problems_of(content, schema) == says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1: the file is empty"),
        (b"# only a comment\n", "line 1: the file is empty"),
        (b"a: [1, 2\nb: 3", "line 2: not valid YAML"),
        (b"a: \0", "line 1: not valid YAML"),
        (b"a: b\nc: \xff", "line 2: not UTF-8 text"),
        (b"a: 1\n---\nb: 2", "line 2: a second document"),
        (b"? [a]\n: 1", "line 1: a key has to be a word"),
        (b"a: 1\nb: !!python/object:os.system x", "line 2: the tag"),
        (b"a: !!set {x}", "line 1: the tag"),
        (b"a: 2026-13-45", "line 1: '2026-13-45' cannot be read: put it in quotes"),
        (b"a: 0x_", "put it in quotes"),
        (b"a: =", "put it in quotes"),
        (b"a: " + b"9" * 5000, "put it in quotes"),
        (b"a: .nan", "expected a number, not .nan"),
        (b"a: 1\nb: *a", "line 2: *a stands for nothing"),
        (b"a: &a [*a]", "line 1: *a stands for nothing"),
    ],
)
def test_what_is_no_yaml_of_ours_is_refused(content: bytes, says: str) -> None:
    (problem,) = problems_of(content)
    assert says in problem


BOMB = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        b"[" * 200_000,
        b"{a: " * 200_000,
        b"- " * 200_000,
        b"? " * 200_000,
        b"a: &x " + b"y" * 100_000 + b"\nb: [" + b"*x," * 1000 + b"]",
        b"!" * 200_000,
    ],
)
def test_bombs_are_refused_in_milliseconds(content: bytes) -> None:
    began = time.process_time()
    (problem,) = problems_of(content)
    assert time.process_time() - began < 0.2
    assert len(problem) < 200


def test_a_long_list_is_refused_before_it_is_checked() -> None:
    (problem,) = problems_of(b"[" + b"1," * 500_000 + b"]")
    assert "too much for one file" in problem


def test_of_a_thousand_mistakes_a_hundred_are_named() -> None:
    content = (
        b"trigger: a\nweight: 1\nin: [" + b"{}, " * 20_000 + b"]\n" + b"".join(b"k%d: 1\n" % n for n in range(9_000))
    )
    assert 100 <= len(problems_of(content, RULE)) <= 200


def test_aliases_are_what_they_stand_for() -> None:
    document = yaml.parse(b"a: &a [x, y]\nb: *a\nc: &n 5\nd: *n", "f")
    assert document.value == {"a": ["x", "y"], "b": ["x", "y"], "c": 5, "d": 5}
    assert document.line_of(("b", 1)) == 2


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 1), (("a",), 1), (("b",), 2), (("b", 1), 4), (("b", 1, "c"), 5), (("b", 1, "absent"), 4), (("x", 3), 1)],
)
def test_the_line_of_a_value_or_of_the_nearest_around_it(path: KeyPath, line: int) -> None:
    assert yaml.parse(b"a: 1\nb:\n  - 1\n  - d: 2\n    c: 3\n", "f").line_of(path) == line


class Small(Struct, frozen=True, forbid_unknown_fields=True):
    format: int


def test_a_file_becomes_a_struct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small.v1.schema.json").write_text('{"type": "object", "required": ["format"]}')
    monkeypatch.setattr("services.runtime.files.shipped.schemas", lambda: tmp_path)
    file = tmp_path / "f.yaml"
    file.write_text("format: 3\n")
    assert yaml.read(file, "small.v1", Small).value == Small(3)
    file.write_text("format: x\n")
    with pytest.raises(UnusableFilesError, match="Expected `int`, got `str`"):
        yaml.read(file, "small.v1", Small)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    (tmp_path / "long").write_bytes(b"#" * (yaml.MAX_BYTES + 1))
    for name, says in [
        ("pipe", "not a regular file"),
        ("zeros", "not a regular file"),
        (".", "Is a directory"),
        ("absent", "No such file"),
        ("nul\0", "null byte"),
        ("long", "larger than"),
    ]:
        with pytest.raises(UnusableFilesError, match=says):
            yaml.read_bytes(tmp_path / name)


@given(st.binary(max_size=60) | st.text("ab:-[]{}&*!?#,\n '\"|>%0x", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    assert all(problem.startswith("f, line ") for problem in problems_of(content, RULE))
