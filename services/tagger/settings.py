"""Settings of the tagger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerSettings(CommonSettings):
    """``WIREWATCH_TAGGER_<FIELD>``."""

    packs: Annotated[Path | None, "The folder of topic packs; empty is `seeds/topics`."] = None
    reload_seconds: Annotated[float, "How often that folder is checked for changes."] = 2.0
