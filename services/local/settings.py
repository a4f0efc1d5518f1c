"""Settings of the embedded stack: ``WIREWATCH_LOCAL_<FIELD>``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.runtime.process.settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings(CommonSettings):
    """``WIREWATCH_LOCAL_<FIELD>``."""

    home: Annotated[Path, "The folder of `wirewatch up`: data, logs and addresses."] = Path(".wirewatch")
    samples: Annotated[bool, "Whether `wirewatch up` serves the sample feeds."] = True
