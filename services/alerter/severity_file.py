"""Reads the severity rules (``schemas/severity.v1.schema.json`` describes the file), and whom they have to know."""

from functools import cache
from pathlib import Path

import msgspec

from services.alerter.core.severity import Rules
from services.runtime.files import publishers, shipped, yaml


def load(path: Path) -> Rules:
    """The rules in ``path``. Raises :class:`~services.runtime.errors.UnusableFilesError` with all that is wrong."""
    document = yaml.read(path, "severity.v1", Rules)
    document.refuse(yaml.repeated_ids("rules", [rule.id for rule in document.value.rules]))
    known = publishers.read_shipped().by_family()
    return msgspec.structs.replace(document.value, publishers=known, state_names=state_names())


@cache
def state_names() -> dict[str, str]:
    """The names of states by ISO 3166-1 alpha-3 code."""
    file = shipped.seeds() / "actors.yaml"
    states = yaml.parse(yaml.read_bytes(file), str(file)).value["states"]
    return {code: entry["name"] for code, entry in states.items()}
