"""Settings of the tagger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerSettings(CommonSettings):
    """``packs`` is the folder of topic packs, None for the shipped ones; it is looked at every ``reload_seconds``."""

    packs: Path | None = None
    reload_seconds: float = 2.0
