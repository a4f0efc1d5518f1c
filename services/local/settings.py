"""Settings of the embedded stack: ``WIREWATCH_LOCAL_<FIELD>``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings(CommonSettings):
    """``home`` is the directory of data, logs and ``run.json``; ``samples`` whether the sample feeds are served."""

    home: Path = Path(".wirewatch")
    samples: bool = True
