"""Reads YAML files that people write: bounded, with line numbers, checked by a JSON Schema, converted to a struct.

One document a file. Tags (``!!python/object``, ``!set``) are refused, numbers are finite, keys are words. Nothing that
a file holds costs more than a second or a few megabytes: see the ``MAX_`` constants.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import msgspec
import yaml

from services.runtime.errors import UnusableFilesError
from services.runtime.files import shipped
from services.runtime.files.paths import KeyPath

T = TypeVar("T")
V = TypeVar("V")

MAX_BYTES = 1 << 20  # the largest file that ships has 58 kB
MAX_DEPTH = 20
MAX_EXPANDED = 4 * MAX_BYTES  # characters once every alias is replaced by what it stands for ...
_PER_VALUE = 32  # ... where each value counts for so many more

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A file that was read. ``line_of`` and ``problem`` are for checks that no schema can make."""

    name: str
    value: T
    lines: Mapping[KeyPath, int]
    written: Mapping[KeyPath, str]
    _problems: tuple[str, ...] = ()

    def line_of(self, path: KeyPath) -> int:
        """The line, from 1, of the value at ``path`` such as ``("rules", 3, "any")``, or of the nearest around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: KeyPath, sentence: str) -> str:
        """``sentence`` with file and line in front."""
        return f"{self.name}, line {self.line_of(path)}: {sentence}"

    def refuse(self, problems: Iterable[tuple[KeyPath, str]]) -> None:
        """Raise :class:`UnusableFilesError` with all ``problems`` in order of line, if there are any."""
        found = {(self.line_of(path), self.problem(path, sentence)) for path, sentence in problems}
        if found or self._problems:
            raise UnusableFilesError((*self._problems, *(sentence for _, sentence in sorted(found))))

    def converted(self, schema: str, to: type[V]) -> Document[V]:
        """The value checked by ``schema`` (``watches.v1``) and converted to a struct. Raises all that is wrong."""
        from services.runtime.files.violations import violations  # jsonschema: 2 MB that not every service needs

        self.refuse(violations(self.value, _schema(schema), written=self.written))
        try:
            value = msgspec.convert(self.value, to, dec_hook=lambda kind, value: kind(value))
        except msgspec.ValidationError as error:  # the schema lets something through that the struct does not
            raise UnusableFilesError((self.problem((), f"{error}."),)) from None
        return Document(self.name, value, self.lines, self.written)


def read(path: Path, schema: str, to: type[T]) -> Document[T]:
    """The file at ``path`` as a struct. Raises :class:`UnusableFilesError` with everything that is wrong with it.

    ``schema`` is the name of a file in ``schemas/`` without ``.schema.json``. A field whose type is a class of its own
    is made by calling that class with the value of the file.
    """
    return parse(read_bytes(path), str(path)).converted(schema, to)


def read_bytes(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """A regular file of at most ``max_bytes``. Raises :class:`UnusableFilesError`; it never blocks on a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnusableFilesError((f"{path}: cannot be read (not a regular file).",))
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableFilesError((f"{path}: cannot be read ({reason}).",)) from None
    if len(content) > max_bytes:
        raise UnusableFilesError((f"{path}: larger than the {max_bytes} bytes allowed.",))
    return content


def parse(content: bytes, name: str) -> Document[Any]:
    """The plain values of a file, not checked by any schema. ``name`` is what its problems begin with."""
    builder = _Builder(name)
    try:
        loader = _Loader(_decoded(content, name))
        try:
            builder.build(loader)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise builder.problem(
            mark.line + 1 if mark else 1, f"not valid YAML: {error.problem or error.context}."
        ) from None
    except yaml.YAMLError as error:
        raise builder.problem(1, f"not valid YAML: {str(error).splitlines()[0]}.") from None
    return Document(name, builder.root, builder.lines, builder.written, tuple(builder.repeated))


def repeated_ids(key: str, ids: Sequence[str]) -> Iterator[tuple[KeyPath, str]]:
    """Problems for :meth:`Document.refuse`: the entries of the list at ``key`` whose id stands above already."""
    seen: set[str] = set()
    for index, id_ in enumerate(ids):
        if id_ in seen:
            yield (key, index, "id"), f"the id {id_!r} is given twice in {key}: ids are unique."
        seen.add(id_)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read. ``key`` is the key that waits for its value."""

    value: Any
    path: KeyPath
    anchor: str | None
    size_before: int
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Makes values of the parser's events: without recursion, so nesting cannot exhaust the stack of the process."""

    name: str
    root: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    written: dict[KeyPath, str] = field(default_factory=dict)  # scalars that YAML does not take for text
    repeated: list[str] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)  # what an alias stands for, and its size
    _size: int = 0
    _documents: int = 0

    def problem(self, line: int, sentence: str) -> UnusableFilesError:
        return UnusableFilesError((f"{self.name}, line {line}: {sentence}",))

    def build(self, loader: Any) -> None:
        while loader.check_event():
            event = loader.get_event()
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise self.problem(line, "a second document begins here: a file holds one.")
            elif isinstance(event, yaml.CollectionEndEvent):
                ended = self._open.pop()
                self._remember(ended.anchor, ended.value, ended.size_before)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, line, loader)
        if not self._documents:
            raise self.problem(1, "the file is empty.")

    def _node(self, event: Any, line: int, loader: Any) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._take_key(parent, event, line)
            return
        if getattr(event, "tag", None) not in (None, "!"):
            raise self.problem(line, f"the tag {event.tag[:60]!r} is not allowed here: remove it.")
        path = () if parent is None else (*parent.path, len(parent.value) if parent.key is None else parent.key)
        before = self._size
        if isinstance(event, yaml.AliasEvent):
            value = self._aliased(str(event.anchor), line)
        elif isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, path, line, loader)
            self._remember(event.anchor, value, before)
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._count(0, line)
            if len(self._open) == MAX_DEPTH:
                raise self.problem(line, f"nested more than {MAX_DEPTH} deep.")
            self._open.append(_Open(value, path, event.anchor, before))
        self.lines.setdefault(path, line)
        self._place(parent, value)

    def _take_key(self, parent: _Open, event: Any, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.problem(line, "a key has to be a word.")
        parent.key = event.value
        self._count(len(event.value), line)
        if event.value in parent.value:
            self.repeated.append(f"{self.name}, line {line}: {event.value[:60]!r} is given twice: keep one.")
        self.lines.setdefault((*parent.path, event.value), line)

    def _place(self, parent: _Open | None, value: Any) -> None:
        if parent is None:
            self.root = value
        elif parent.key is None:
            parent.value.append(value)
        else:
            parent.value.setdefault(parent.key, value)
            parent.key = None

    def _scalar(self, event: Any, path: KeyPath, line: int, loader: Any) -> Any:
        self._count(len(event.value), line)
        node = yaml.ScalarNode(loader.resolve(yaml.ScalarNode, event.value, event.implicit), event.value)
        try:
            value = loader.construct_object(node)
        except (ValueError, yaml.YAMLError):  # 0x_, 2026-13-45, =: they look like values and are none
            raise self.problem(line, f"{event.value[:60]!r} cannot be read: put it in quotes.") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self.problem(line, f"expected a number, not {event.value[:60]}.")
        if not isinstance(value, str):
            self.written[path] = event.value
        return value

    def _aliased(self, anchor: str, line: int) -> Any:
        if anchor not in self._anchors:
            raise self.problem(line, f"*{anchor} stands for nothing: there is no complete &{anchor} before it.")
        value, size = self._anchors[anchor]
        self._count(size, line)
        return value

    def _remember(self, anchor: str | None, value: Any, size_before: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, self._size - size_before)

    def _count(self, characters: int, line: int) -> None:
        self._size += characters + _PER_VALUE
        if self._size > MAX_EXPANDED:
            raise self.problem(line, "too much for one file, counting each alias as what it stands for.")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnusableFilesError((f"{name}, line {line}: not UTF-8 text; save the file as UTF-8.",)) from None


@cache
def _schema(name: str) -> dict[str, Any]:
    """With every definition where it is referred to: to look it up for each of ten thousand phrases takes a second."""
    schema: dict[str, Any] = json.loads((shipped.schemas() / f"{name}.schema.json").read_bytes())
    return cast("dict[str, Any]", _inlined(schema, schema.get("$defs", {})))


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    name = str(part.get("$ref", "")).removeprefix("#/$defs/")
    if name in definitions:
        part = {key: value for key, value in part.items() if key not in ("$ref", "description")} | definitions[name]
    return {key: _inlined(value, definitions) for key, value in part.items() if key != "$defs"}
