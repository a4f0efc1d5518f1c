"""Settings of the deduper: ``WIREWATCH_DEDUPER_<FIELD>``."""

from dataclasses import dataclass
from typing import Annotated

from services.contracts.stories import WINDOW_HOURS
from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeduperSettings(CommonSettings):
    """``WIREWATCH_DEDUPER_<FIELD>``."""

    window_hours: Annotated[int, "How long an article attracts copies and follow-ups."] = WINDOW_HOURS
