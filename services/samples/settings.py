"""Settings of the samples service: ``WIREWATCH_SAMPLES_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesSettings(CommonSettings):
    """``WIREWATCH_SAMPLES_<FIELD>``."""

    host: Annotated[str, "The address on which the sample feeds are served."] = "127.0.0.1"
    port: Annotated[int, "The port of that address; 0 takes a free one and logs it."] = 0
    folder: Annotated[Path | None, "The folder of the sample feeds; empty is `seeds/samples`."] = None
