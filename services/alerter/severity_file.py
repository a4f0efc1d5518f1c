"""Reads the severity rules. A file that cannot be used is one sentence with its line; nothing is ignored silently."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.alerter.core.severity import Rule, Rules, Velocity
from services.alerter.errors import SeverityFileError
from services.contracts.messages import SEVERITIES, Role, Severity

T = TypeVar("T")

_ROLES: tuple[Role, ...] = ("primary", "mention")
_RULE_KEYS = ("id", "level", "because", "when", "alone")
_WHEN_KEYS = (
    "all_topics",
    "any_topic",
    "role",
    "min_score",
    "min_sources",
    "velocity",
    "phrases",
    "actors",
)


def load(path: Path) -> Rules:
    """The rules in ``path``. Raises :class:`SeverityFileError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SeverityFileError(path, 1, f"the severity rules cannot be read ({error}).") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise SeverityFileError(path, mark.line + 1 if mark else 1, f"not valid YAML: {problem}.") from None
    return _File(path).rules(root)


class _File:
    """One file being read; every method takes a YAML node, so that an error knows its line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rules(self, root: yaml.Node | None) -> Rules:
        if root is None:
            raise SeverityFileError(self._path, 1, "the file is empty.")
        top = self._mapping(root, ("version", "base", "single_source_limit", "rules"), required=("base", "rules"))
        base = self._mapping(top["base"], ("level", "because"), required=("level", "because"))
        items = top["rules"]
        if not isinstance(items, yaml.SequenceNode) or not items.value:
            raise self._error(items, "rules must be a list with at least one rule.")
        rules = [self._rule(node) for node in items.value]
        self._unique(items, [rule.id for rule in rules])
        limit = top.get("single_source_limit")
        return Rules(
            version=self._text(top["version"]) if "version" in top else "1",
            base=self._level(base["level"]),
            base_because=self._text(base["because"]),
            single_source_limit=self._level(limit) if limit is not None else "high",
            rules=tuple(rules),
        )

    def _rule(self, node: yaml.Node) -> Rule:
        fields = self._mapping(node, _RULE_KEYS, required=("id", "level", "because", "when"))
        when = self._mapping(fields["when"], _WHEN_KEYS, required=())

        def given(key: str, read: Callable[[yaml.Node], T], default: T) -> T:
            return read(when[key]) if key in when else default

        return Rule(
            id=self._text(fields["id"]),
            level=self._level(fields["level"]),
            because=self._text(fields["because"]),
            alone="alone" in fields and self._flag(fields["alone"]),
            all_topics=given("all_topics", self._texts, ()),
            any_topic=given("any_topic", self._texts, ()),
            role=given("role", self._role, None),
            min_score=given("min_score", lambda n: self._number(n, 0, 1), 0.0),
            min_sources=int(given("min_sources", lambda n: self._number(n, 1, 1000), 1.0)),
            velocity=given("velocity", self._velocity, None),
            phrases=given("phrases", self._texts, ()),
            actors=given("actors", self._texts, ()),
        )

    def _velocity(self, node: yaml.Node) -> Velocity | None:
        fields = self._mapping(node, ("sources", "minutes"), required=("sources", "minutes"))
        return Velocity(
            sources=int(self._number(fields["sources"], 2, 1000)), minutes=self._number(fields["minutes"], 1, 10_000)
        )

    def _mapping(self, node: yaml.Node, known: Iterable[str], *, required: Iterable[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"expected a mapping with {', '.join(known)}.")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in known:
                raise self._error(key, f"unknown key {key.value!r}: known are {', '.join(known)}.")
            if key.value in fields:
                raise self._error(key, f"{key.value!r} is given twice.")
            fields[key.value] = value
        for name in required:
            if name not in fields:
                raise self._error(node, f"{name!r} is missing.")
        return fields

    def _level(self, node: yaml.Node) -> Severity:
        for severity in SEVERITIES:
            if node.value == severity:
                return severity
        raise self._error(node, f"a level is one of {', '.join(SEVERITIES)}.")

    def _role(self, node: yaml.Node) -> Role | None:
        for role in _ROLES:
            if node.value == role:
                return role
        raise self._error(node, f"a role is one of {', '.join(_ROLES)}.")

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self._error(node, "expected some text.")
        text: str = node.value
        return text.strip()

    def _texts(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self._error(node, "expected a list with at least one entry.")
        return tuple(self._text(item) for item in node.value)

    def _number(self, node: yaml.Node, least: float, most: float) -> float:
        try:
            number = float(node.value)
        except (TypeError, ValueError):
            raise self._error(node, f"expected a number from {least:g} to {most:g}.") from None
        if not least <= number <= most:
            raise self._error(node, f"expected a number from {least:g} to {most:g}, not {number:g}.")
        return number

    def _flag(self, node: yaml.Node) -> bool:
        if node.value not in ("true", "false"):
            raise self._error(node, "expected true or false.")
        return bool(node.value == "true")

    def _unique(self, node: yaml.Node, ids: list[str]) -> None:
        twice = {id_ for id_ in ids if ids.count(id_) > 1}
        if twice:
            raise self._error(node, f"rule id {min(twice)!r} is given twice.")

    def _error(self, node: Any, problem: str) -> SeverityFileError:
        return SeverityFileError(self._path, node.start_mark.line + 1, problem)
