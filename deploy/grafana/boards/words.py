"""What a colour and a word mean: the same on every board."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

ACTORS = Path(__file__).parents[3] / "seeds/actors.yaml"

BAD, WARN, GOOD, UNKNOWN, PLAIN = "red", "orange", "green", "#8e8e8e", "text"
MEDIUM = "#c79100"  # a yellow that can be read on white

Colours = Mapping[str, str]

SEVERITY: Colours = {"critical": "red", "high": "orange", "medium": MEDIUM, "low": "blue"}
FEED_HEALTH: Colours = {
    "ok": "green",
    "failing": "red",
    "silent": "orange",
    "lying": MEDIUM,
    "gone": "purple",
    "merged": "#8e8e8e",
    "new": "light-blue",
}
TIER: Colours = {"breaking": "red", "daily": "blue", "slow": "#8e8e8e"}
POLL_OUTCOME: Colours = {
    "ok": "green",
    "not_modified": "light-green",
    "redirect": "blue",
    "rate_limited": "orange",
    "gone": "purple",
    "timeout": MEDIUM,
    "dns": "dark-red",
    "tls": "light-red",
    "connect": "red",
}
STATUS: Colours = {
    "published": "green",
    "new": "green",
    "tagged": "green",
    "opened": "green",
    "sent": "green",
    "revised": "blue",
    "update": "blue",
    "same_story": "light-blue",
    "updated_silently": "light-blue",
    "duplicate": "purple",
    "queued": "light-blue",
    "held": MEDIUM,
    "digested": "purple",
    "retried": "orange",
    "untagged": "#8e8e8e",
    "known": "#8e8e8e",
    "unchanged": "#8e8e8e",
    "stale": "dark-yellow",
    "minor": "#8e8e8e",
    "backfill": "dark-blue",
    "dead": "red",
}

AWAY, WAITS, STUCK, BEHIND, WELL = range(5)
HEALTH: Mapping[int, tuple[str, str]] = {
    AWAY: ("away", BAD),
    WAITS: ("waits", BAD),
    STUCK: ("stuck", BAD),
    BEHIND: ("behind", WARN),
    WELL: ("well", GOOD),
}
"""The codes of the record ``service:wirewatch_health:code``."""


@cache
def actors() -> dict[str, str]:
    """Id to name of every actor of ``seeds/actors.yaml``; of a state, the ISO 3166-1 alpha-3 code."""
    known = yaml.safe_load(ACTORS.read_text("utf-8"))
    return {str(key): entry["name"] for kind in ("states", "others") for key, entry in known[kind].items()}
