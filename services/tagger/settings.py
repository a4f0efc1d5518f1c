"""Settings of the tagger."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from services.runtime.settings import CommonSettings
from services.tagger.library import default_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerSettings(CommonSettings):
    """``packs`` is the folder of topic packs; ``reload_seconds`` is how often it is looked at for changes."""

    packs: Path = field(default_factory=default_folder)
    reload_seconds: float = 2.0
