"""docker-compose.yml as data, for the tests beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.runtime.services import names

ROOT = Path(__file__).resolve().parents[3]
SERVICES = names(demo=True)
ONE_SHOT = ("topics", "secrets", "operator", "feeds")


@cache
def document() -> dict[str, Any]:
    """The Compose file, its anchors resolved, its variables not."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Name to definition."""
    found: dict[str, dict[str, Any]] = document()["services"]
    return found
