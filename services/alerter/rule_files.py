"""Reads a rule file as YAML nodes, so that every error knows its line. Unknown keys are errors: nothing is ignored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.alerter.errors import RuleFileError

C = TypeVar("C", bound=str)


class RuleFile:
    """One file being read. Every method raises :class:`RuleFileError` with the line of the node it was given."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def root(self) -> yaml.Node:
        """The whole file."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleFileError(self.path, 1, f"the file cannot be read ({error}).") from None
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            raise RuleFileError(self.path, mark.line + 1 if mark else 1, f"not valid YAML: {problem}.") from None
        if root is None:
            raise RuleFileError(self.path, 1, "the file is empty.")
        return root

    def mapping(self, node: yaml.Node, known: Iterable[str], *, required: Iterable[str] = ()) -> dict[str, yaml.Node]:
        """The fields of a mapping, all of them known, those required all there."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"expected a mapping with {', '.join(known)}.")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in known:
                raise self.error(key, f"unknown key {key.value!r}: known are {', '.join(known)}.")
            if key.value in fields:
                raise self.error(key, f"{key.value!r} is given twice.")
            fields[key.value] = value
        for name in required:
            if name not in fields:
                raise self.error(node, f"{name!r} is missing.")
        return fields

    def items(self, node: yaml.Node) -> list[yaml.Node]:
        """The entries of a list that has at least one."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.error(node, "expected a list with at least one entry.")
        entries: list[yaml.Node] = node.value
        return entries

    def choice(self, node: yaml.Node, what: str, options: Sequence[C]) -> C:
        """One of ``options``."""
        for option in options:
            if node.value == option:
                return option
        raise self.error(node, f"a {what} is one of {', '.join(options)}.")

    def text(self, node: yaml.Node) -> str:
        """Some text."""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.error(node, "expected some text.")
        text: str = node.value
        return text.strip()

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item) for item in self.items(node))

    def number(self, node: yaml.Node, least: float, most: float) -> float:
        """A number within bounds."""
        try:
            number = float(node.value)
        except (TypeError, ValueError):
            raise self.error(node, f"expected a number from {least:g} to {most:g}.") from None
        if not least <= number <= most:
            raise self.error(node, f"expected a number from {least:g} to {most:g}, not {number:g}.")
        return number

    def flag(self, node: yaml.Node) -> bool:
        """True or false."""
        if node.value not in ("true", "false"):
            raise self.error(node, "expected true or false.")
        return bool(node.value == "true")

    def unique(self, node: yaml.Node, what: str, ids: Sequence[str]) -> None:
        """Refuses a name that is given twice."""
        twice = {id_ for id_ in ids if ids.count(id_) > 1}
        if twice:
            raise self.error(node, f"{what} {min(twice)!r} is given twice.")

    def error(self, node: Any, problem: str) -> RuleFileError:
        """What is wrong, at the line of ``node``."""
        return RuleFileError(self.path, node.start_mark.line + 1, problem)
