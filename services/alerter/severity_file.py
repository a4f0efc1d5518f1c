"""Reads the severity rules (``schemas/severity.v1.schema.json`` describes the file)."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from services.alerter.core.severity import Rule, Rules, Velocity
from services.contracts.messages import Role, Severity
from services.runtime.files import yaml


class _Base(Struct, frozen=True):
    level: Severity
    because: str


class _When(Struct, frozen=True, forbid_unknown_fields=True):
    all_topics: tuple[str, ...] = ()
    any_topic: tuple[str, ...] = ()
    role: Role | None = None
    min_score: float = 0.0
    min_sources: int = 1
    velocity: Velocity | None = None
    phrases: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()


class _Rule(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    level: Severity
    because: str
    when: _When
    alone: bool = False


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    base: _Base
    rules: tuple[_Rule, ...]
    version: str = "1"
    single_source_limit: Severity = "high"


def load(path: Path) -> Rules:
    """The rules in ``path``. Raises :class:`~services.runtime.errors.UnusableFilesError` with all that is wrong."""
    document = yaml.read(path, "severity.v1", _File)
    file = document.value
    document.refuse(yaml.repeated_ids("rules", [rule.id for rule in file.rules]))
    return Rules(
        version=file.version,
        base=file.base.level,
        base_because=file.base.because,
        single_source_limit=file.single_source_limit,
        rules=tuple(
            Rule(id=rule.id, level=rule.level, because=rule.because, alone=rule.alone, **asdict(rule.when))
            for rule in file.rules
        ),
    )
