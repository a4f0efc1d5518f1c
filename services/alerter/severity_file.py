"""Reads the severity rules (``seeds/severity.yaml`` explains their form)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import yaml

from services.alerter.core.severity import Rule, Rules, Velocity
from services.alerter.rule_files import RuleFile
from services.contracts.messages import SEVERITIES, Role

T = TypeVar("T")

_ROLES: tuple[Role, ...] = ("primary", "mention")
_TOP = ("version", "base", "single_source_limit", "rules")
_RULE = ("id", "level", "because", "when", "alone")
_WHEN = ("all_topics", "any_topic", "role", "min_score", "min_sources", "velocity", "phrases", "actors")


def load(path: Path) -> Rules:
    """The rules in ``path``. Raises ``RuleFileError``."""
    file = RuleFile(path)
    top = file.mapping(file.root(), _TOP, required=("base", "rules"))
    base = file.mapping(top["base"], ("level", "because"), required=("level", "because"))
    rules = [_rule(file, node) for node in file.items(top["rules"])]
    file.unique(top["rules"], "rule id", [rule.id for rule in rules])
    limit = top.get("single_source_limit")
    return Rules(
        version=file.text(top["version"]) if "version" in top else "1",
        base=file.choice(base["level"], "level", SEVERITIES),
        base_because=file.text(base["because"]),
        single_source_limit=file.choice(limit, "level", SEVERITIES) if limit is not None else "high",
        rules=tuple(rules),
    )


def _rule(file: RuleFile, node: yaml.Node) -> Rule:
    fields = file.mapping(node, _RULE, required=("id", "level", "because", "when"))
    when = file.mapping(fields["when"], _WHEN)

    def given(key: str, read: Callable[[yaml.Node], T], default: T) -> T:
        return read(when[key]) if key in when else default

    def role(found: yaml.Node) -> Role | None:
        return file.choice(found, "role", _ROLES)

    return Rule(
        id=file.text(fields["id"]),
        level=file.choice(fields["level"], "level", SEVERITIES),
        because=file.text(fields["because"]),
        alone="alone" in fields and file.flag(fields["alone"]),
        all_topics=given("all_topics", file.texts, ()),
        any_topic=given("any_topic", file.texts, ()),
        role=given("role", role, None),
        min_score=given("min_score", lambda n: file.number(n, 0, 1), 0.0),
        min_sources=int(given("min_sources", lambda n: file.number(n, 1, 1000), 1.0)),
        velocity=given("velocity", lambda n: _velocity(file, n), None),
        phrases=given("phrases", file.texts, ()),
        actors=given("actors", file.texts, ()),
    )


def _velocity(file: RuleFile, node: yaml.Node) -> Velocity | None:
    fields = file.mapping(node, ("sources", "minutes"), required=("sources", "minutes"))
    return Velocity(
        sources=int(file.number(fields["sources"], 2, 1000)), minutes=file.number(fields["minutes"], 1, 10_000)
    )
