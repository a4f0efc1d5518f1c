"""Settings of the tagger."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerSettings(CommonSettings):
    """``WIREWATCH_TAGGER_<FIELD>``."""

    packs: Annotated[
        Path | None,
        "A folder of topic packs beside those of `seeds/topics`; a file replaces the shipped one of its name.",
    ] = None
    reload_seconds: Annotated[float, "How often that folder is checked for changes."] = 2.0
