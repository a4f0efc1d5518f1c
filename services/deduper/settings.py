"""Settings of the deduper: ``WIREWATCH_DEDUPER_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeduperSettings(CommonSettings):
    """``WIREWATCH_DEDUPER_<FIELD>``.

    96 hours is what the peers settled on (worldmonitor 96 h, NewsBlur 120 h): copies come within a day, follow-ups
    within four.
    """

    window_hours: Annotated[int, "How long an article attracts copies and follow-ups."] = 96
