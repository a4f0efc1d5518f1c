"""Settings of the deduper: ``WIREWATCH_DEDUPER_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass

from services.contracts.stories import WINDOW_HOURS
from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeduperSettings(CommonSettings):
    """``window_hours`` is how long an article can still attract copies and follow-ups."""

    window_hours: int = WINDOW_HOURS
