"""Reads the severity rules (``schemas/severity.v1.schema.json`` describes the file)."""

from __future__ import annotations

from pathlib import Path

from services.alerter.core.severity import Rules
from services.runtime.files import yaml


def load(path: Path) -> Rules:
    """The rules in ``path``. Raises :class:`~services.runtime.errors.UnusableFilesError` with all that is wrong."""
    document = yaml.read(path, "severity.v1", Rules)
    document.refuse(yaml.repeated_ids("rules", [rule.id for rule in document.value.rules]))
    return document.value
