"""docs/runbooks.md as a board, so that an alarm leads to what to do without leaving Grafana."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.grafana.boards.model import Dashboard, Json

RUNBOOKS = Path(__file__).parents[3] / "docs/runbooks.md"
_HEADING = re.compile(r"^## (\w+)$", re.MULTILINE)


def json() -> Json:
    """One panel of words for each alarm, in the order of the alphabet, two beside each other."""
    _, *parts = _HEADING.split(RUNBOOKS.read_text("utf-8"))
    sections = sorted(zip(parts[::2], parts[1::2], strict=True))
    board = Dashboard(
        uid="wirewatch-runbooks",
        title="Wirewatch: Runbooks",
        description="What each alarm means, what to look at and what to do.",
        panels=(),
    ).json()
    board["panels"] = [_section(at, name, words) for at, (name, words) in enumerate(sections)]
    return board


def _section(at: int, name: str, words: str) -> Json:
    return {
        "id": at + 1,
        "type": "text",
        "title": name,
        "description": f"What to do when {name} fires.",
        "gridPos": {"x": 12 * (at % 2), "y": 9 * (at // 2), "w": 12, "h": 9},
        "options": {"mode": "markdown", "content": words.strip()},
    }
