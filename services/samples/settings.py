"""Settings of the samples service: ``WIREWATCH_SAMPLES_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesSettings(CommonSettings):
    """``port`` 0 takes a free one (it is logged); ``folder`` is by default ``seeds/samples``."""

    host: str = "127.0.0.1"
    port: int = 0
    folder: Path | None = None
