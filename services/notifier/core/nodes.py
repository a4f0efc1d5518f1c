"""Reads values out of YAML nodes, so that every error knows its line and says what is allowed there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import time
from typing import Any, TypeVar

import yaml

from services.notifier.errors import WatchFileError

T = TypeVar("T")

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class Nodes:
    """The readers of one file. Each takes a node and returns a value, or raises :class:`WatchFileError`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def root(self, text: str) -> yaml.Node:
        """The top of the file."""
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error) or type(error).__name__
            raise self.at(mark.line + 1 if mark else 1, f"not valid YAML: {problem}.") from None
        if root is None:
            raise self.at(1, "the file is empty.")
        return root

    def at(self, line: int, problem: str) -> WatchFileError:
        """An error at a line."""
        return WatchFileError((f"{self._name}, line {line}: {problem}",))

    def error(self, node: Any, problem: str) -> WatchFileError:
        """An error at a node."""
        return self.at(node.start_mark.line + 1, problem)

    def mapping(self, node: yaml.Node, known: Sequence[str], *, required: Iterable[str] = ()) -> dict[str, yaml.Node]:
        """The values of a mapping that has ``known`` keys only and all the ``required`` ones."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"expected keys and values here: {', '.join(known)}.")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value not in known:
                name = key.value if isinstance(key, yaml.ScalarNode) else "?"
                raise self.error(key, f"unknown key {name!r}: allowed are {', '.join(known)}.")
            if key.value in fields:
                raise self.error(key, f"{key.value!r} is given twice.")
            fields[key.value] = value
        missing = [name for name in required if name not in fields]
        if missing:
            raise self.error(node, f"{' and '.join(repr(name) for name in missing)} must be given here.")
        return fields

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The entries of a list; it may be empty only where its caller says so."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, f"expected a list of {what}.")
        found: list[yaml.Node] = node.value
        return found

    def list_of(self, node: yaml.Node, what: str, read: Callable[[yaml.Node], T]) -> tuple[T, ...]:
        """A list with at least one entry."""
        nodes = self.items(node, what)
        if not nodes:
            raise self.error(node, f"an empty list matches nothing: give {what}, or leave the key out.")
        return tuple(read(item) for item in nodes)

    def text(self, node: yaml.Node) -> str:
        """Some text."""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.error(node, "expected some text.")
        found: str = node.value.strip()
        return found

    def matching(self, node: yaml.Node, pattern: re.Pattern[str], form: str) -> str:
        """Text of a form."""
        found = self.text(node)
        if not pattern.fullmatch(found):
            raise self.error(node, f"{found[:60]!r} is not {form}.")
        return found

    def choice(self, node: yaml.Node, options: Sequence[T]) -> T:
        """One of some words."""
        found = self.text(node)
        for option in options:
            if found == option:
                return option
        raise self.error(node, f"{found[:60]!r} is not one of {', '.join(str(option) for option in options)}.")

    def number(self, node: yaml.Node, least: float, most: float) -> float:
        """A number within borders."""
        try:
            if node.tag not in _NUMBER_TAGS:
                raise ValueError
            found = float(node.value)
        except (TypeError, ValueError):
            raise self.error(node, f"expected a number from {least:g} to {most:g}.") from None
        if not least <= found <= most:
            raise self.error(node, f"expected a number from {least:g} to {most:g}, not {node.value}.")
        return found

    def whole(self, node: yaml.Node, least: int, most: int) -> int:
        """A whole number within borders."""
        found = self.number(node, least, most)
        if found != int(found):
            raise self.error(node, f"expected a whole number, not {node.value}.")
        return int(found)

    def flag(self, node: yaml.Node) -> bool:
        """true or false."""
        if not isinstance(node, yaml.ScalarNode) or node.value not in ("true", "false"):
            raise self.error(node, "expected true or false.")
        return bool(node.value == "true")

    def clock(self, node: yaml.Node) -> time:
        """A time of the day."""
        match = _CLOCK.fullmatch(node.value) if isinstance(node, yaml.ScalarNode) else None
        if match is None or node.tag != "tag:yaml.org,2002:str":
            raise self.error(node, 'expected a time from "00:00" to "23:59", in quotes.')
        return time(int(match[1]), int(match[2]))
